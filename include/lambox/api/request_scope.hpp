#pragma once

#include "lambox/io/http_message.hpp"

#include <string>

namespace lambox::api {

/// On whose behalf and where a request acts, as its signature's credential scope says.
struct RequestScope {
    std::string account;
    std::string region;
    std::string service; ///< `lambda`, `logs`, …; empty = the request is not signed
    bool operator==(const RequestScope&) const = default;
};

/// Reads `Authorization: AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request` (or the ECDSA form, which names no region),
/// else the `X-Amz-Credential` of a presigned query. An access key id of twelve digits is the account. Nothing is verified; what is
/// absent or not shaped like an account, region or service keeps the value of `defaults`, the service stays empty.
[[nodiscard]] RequestScope request_scope(const io::HttpRequest& request, const RequestScope& defaults);

} // namespace lambox::api
