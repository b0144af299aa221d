#include "lambox/api/signature_check.hpp"

#include "lambox/api/aws_error.hpp"
#include "lambox/api/router.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/wire/sigv4.hpp"

#include <algorithm>
#include <utility>

namespace lambox::api {
namespace {

namespace sigv4 = wire::sigv4;

sigv4::SignedRequest as_signed(const io::HttpRequest& request) {
    sigv4::SignedRequest made{request.method, request.target, {}, request.body};
    for (const auto [name, value] : request.headers)
        made.headers.emplace_back(name, value);
    return made;
}

/// The Query protocol and S3 have their own names for some refusals.
struct Names {
    std::string_view missing = "MissingAuthenticationTokenException";
    std::string_view incomplete = "IncompleteSignatureException";
    std::string_view unknown_key = "UnrecognizedClientException";
    std::string_view wrong_signature = "InvalidSignatureException";
    std::string_view expired = "ExpiredTokenException";
};

Names names_for(AwsProtocol protocol) {
    switch (protocol) {
    case AwsProtocol::query:
        return {"MissingAuthenticationToken", "IncompleteSignature", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken"};
    case AwsProtocol::ec2:
        return {"MissingAuthenticationToken", "IncompleteSignature", "AuthFailure", "SignatureDoesNotMatch", "RequestExpired"};
    case AwsProtocol::rest_xml:
        return {"AccessDenied", "AuthorizationHeaderMalformed", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"};
    case AwsProtocol::rest_json:
    case AwsProtocol::json: break;
    }
    return {};
}

std::string words_for(sigv4::Verdict verdict, const std::string& time) {
    switch (verdict) {
    case sigv4::Verdict::good: return {};
    case sigv4::Verdict::wrong_signature:
        return "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
               "signing method. Consult the service documentation for details.";
    case sigv4::Verdict::wrong_body: return "The provided x-amz-content-sha256 header does not match what was computed.";
    case sigv4::Verdict::too_old: return "Signature expired: " + time + " is now too long ago";
    case sigv4::Verdict::too_new: return "Signature not yet current: " + time + " is still later than now";
    case sigv4::Verdict::wrong_scope: return "Date in Credential scope does not match the time of the request: " + time.substr(0, 32);
    }
    return {};
}

/// From where the signature is.
std::string session_token(const io::HttpRequest& request, const sigv4::Claim& claim) {
    switch (claim.place) {
    case sigv4::Claim::Place::header: {
        const auto token = request.headers.find("X-Amz-Security-Token");
        return std::string(token.value_or(""));
    }
    case sigv4::Claim::Place::query: break;
    }
    const auto question = std::min(request.target.find('?'), request.target.size());
    return query_parameter(std::string_view(request.target).substr(std::min(question + 1, request.target.size())), "X-Amz-Security-Token")
        .value_or("");
}

} // namespace

SignatureCheck::SignatureCheck(std::map<std::string, std::string> secrets, const engine::IdentityStore& identities, io::Clock& clock,
                               IdSource& ids)
    : secrets_(std::move(secrets)), identities_(identities), clock_(clock), ids_(ids) {}

const std::string* SignatureCheck::secret_of(const std::string& access_key, const std::string& token) const {
    if (const engine::LentKey* lent = identities_.lent(token)) return lent->access_key == access_key ? &lent->secret : nullptr;
    const auto configured = secrets_.find(access_key);
    return configured == secrets_.end() ? nullptr : &configured->second;
}

std::optional<io::HttpResponse> SignatureCheck::refusal(const io::HttpRequest& request, const RequestScope& scope) {
    const AwsProtocol protocol = protocol_of(request, scope.service);
    const Names names = names_for(protocol);
    const auto refuse = [&](std::string_view code, std::string message) {
        constexpr unsigned forbidden = 403;
        const AwsError error{forbidden, code, std::move(message)};
        return aws_error_response(protocol, error, ids_.uuid());
    };
    const auto as_signed_request = as_signed(request);
    const auto read = sigv4::read_claim(as_signed_request);
    if (std::holds_alternative<sigv4::NoSignature>(read)) return refuse(names.missing, "Missing Authentication Token");
    if (const auto* incomplete = std::get_if<sigv4::Incomplete>(&read)) return refuse(names.incomplete, incomplete->what);
    const auto& claim = std::get<sigv4::Claim>(read);
    const std::string token = session_token(request, claim);
    const std::string* secret = secret_of(claim.access_key, token);
    if (secret == nullptr) return refuse(names.unknown_key, "The security token included in the request is invalid.");
    const engine::LentKey* lent = identities_.lent(token);
    if (lent != nullptr && lent->expires < clock_.wall_now())
        return refuse(names.expired, "The security token included in the request is expired");
    if (request.body_state != io::BodyState::complete) { // what was not kept cannot be hashed
        const AwsError error{413, "RequestTooLargeException", "The request's body is too large, or was cut off."};
        return aws_error_response(protocol, error, ids_.uuid());
    }
    const auto verdict = sigv4::verify(as_signed_request, claim, *secret, clock_.wall_now(), limits::signature_skew_max);
    if (verdict == sigv4::Verdict::good) return std::nullopt;
    return refuse(names.wrong_signature, words_for(verdict, claim.time));
}

} // namespace lambox::api
