#pragma once

#include "lambox/api/request_scope.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <map>
#include <optional>
#include <string>

namespace lambox::api {

/// Lets only requests through that are signed (Signature Version 4) with a known key. Session tokens are not looked at.
class SignatureCheck {
public:
    /// `secrets`: by access key.
    SignatureCheck(std::map<std::string, std::string> secrets, io::Clock& clock, IdSource& ids);

    /// AWS's refusal, in the caller's protocol; nothing for a request that is signed as it has to be.
    [[nodiscard]] std::optional<io::HttpResponse> refusal(const io::HttpRequest& request, const RequestScope& scope);

private:
    std::map<std::string, std::string> secrets_;
    io::Clock& clock_;
    IdSource& ids_;
};

} // namespace lambox::api
