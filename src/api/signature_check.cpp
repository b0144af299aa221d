#include "lambox/api/signature_check.hpp"

#include "lambox/api/aws_error.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/wire/sigv4.hpp"

#include <utility>

namespace lambox::api {
namespace {

namespace sigv4 = wire::sigv4;

sigv4::SignedRequest as_signed(const io::HttpRequest& request) {
    sigv4::SignedRequest made{request.method, request.target, {}, request.body};
    for (const auto& [name, value] : request.headers.all())
        made.headers.emplace_back(name, value);
    return made;
}

/// The Query protocol and S3 have their own names for some refusals.
struct Names {
    std::string_view missing = "MissingAuthenticationTokenException";
    std::string_view incomplete = "IncompleteSignatureException";
    std::string_view unknown_key = "UnrecognizedClientException";
    std::string_view wrong_signature = "InvalidSignatureException";
};

Names names_for(AwsProtocol protocol) {
    switch (protocol) {
    case AwsProtocol::query: return {"MissingAuthenticationToken", "IncompleteSignature", "InvalidClientTokenId", "SignatureDoesNotMatch"};
    case AwsProtocol::ec2: return {"MissingAuthenticationToken", "IncompleteSignature", "AuthFailure", "SignatureDoesNotMatch"};
    case AwsProtocol::rest_xml: return {"AccessDenied", "AuthorizationHeaderMalformed", "InvalidAccessKeyId", "SignatureDoesNotMatch"};
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

} // namespace

SignatureCheck::SignatureCheck(std::map<std::string, std::string> secrets, io::Clock& clock, IdSource& ids)
    : secrets_(std::move(secrets)), clock_(clock), ids_(ids) {}

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
    const auto secret = secrets_.find(claim.access_key);
    if (secret == secrets_.end()) return refuse(names.unknown_key, "The security token included in the request is invalid.");
    if (request.body_state != io::BodyState::complete) { // what was not kept cannot be hashed
        const AwsError error{413, "RequestTooLargeException", "The request's body is too large, or was cut off."};
        return aws_error_response(protocol, error, ids_.uuid());
    }
    const auto verdict = sigv4::verify(as_signed_request, claim, secret->second, clock_.wall_now(), limits::signature_skew_max);
    if (verdict == sigv4::Verdict::good) return std::nullopt;
    return refuse(names.wrong_signature, words_for(verdict, claim.time));
}

} // namespace lambox::api
