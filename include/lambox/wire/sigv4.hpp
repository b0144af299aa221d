#pragma once

#include "lambox/base/units.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lambox::wire::sigv4 {

/// A request as its signature sees it.
struct SignedRequest {
    std::string_view method;
    std::string_view target; ///< path and query as sent
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    std::string_view body;
};

/// What a request claims about its signature.
struct Claim {
    std::string access_key;
    std::string date; ///< `20260131`
    std::string region;
    std::string service;
    std::string time; ///< `20260131T235959Z`
    std::vector<std::string> signed_headers;
    std::string signature;
    enum class Place { header, query };
    Place place = Place::header;
    Seconds valid_for{0}; ///< of a presigned query
};

/// Why a request is not accepted; `api/signature_check` knows AWS's names and words for them.
struct NoSignature {};
struct Incomplete {
    std::string what; ///< the parts that are missing or cannot be read
};
using ClaimResult = std::variant<Claim, NoSignature, Incomplete>;

/// From the Authorization header, else from the query.
[[nodiscard]] ClaimResult read_claim(const SignedRequest& request);

/// How paths are written into the canonical request: S3 takes them as they were sent, all others normalise and encode them again.
enum class PathStyle { normalised, as_sent };

[[nodiscard]] std::string canonical_request(const SignedRequest& request, const Claim& claim, PathStyle style);
[[nodiscard]] std::string string_to_sign(const Claim& claim, std::string_view canonical);
/// 64 hexadecimal digits.
[[nodiscard]] std::string signature(const Claim& claim, std::string_view secret, std::string_view to_sign);

/// Who signs, and for whom.
struct Signer {
    std::string access_key;
    std::string secret;
    std::string region;
    std::string service;
};
/// As X-Amz-Date has it: `20260131T235959Z`.
[[nodiscard]] std::string format_time(WallTime at);
/// The value of the Authorization header of a request that has all its headers, Host and X-Amz-Date (of `now`) among them; all of them
/// are signed.
[[nodiscard]] std::string authorization(const SignedRequest& request, const Signer& signer, WallTime now);

enum class Verdict {
    good,
    wrong_signature,
    wrong_body, ///< X-Amz-Content-Sha256 is of another body
    too_old,    ///< over five minutes, or a presigned query past its time
    too_new,
    wrong_scope, ///< the time is not of the scope's date
};
/// `allowed_skew`: AWS's five minutes.
[[nodiscard]] Verdict verify(const SignedRequest& request, const Claim& claim, std::string_view secret, WallTime now, Seconds allowed_skew);

/// 64 hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace lambox::wire::sigv4
