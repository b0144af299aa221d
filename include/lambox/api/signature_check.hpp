#pragma once

#include "lambox/api/request_scope.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/engine/identity_store.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <map>
#include <optional>
#include <string>

namespace lambox::api {

/// Lets only requests through that are signed (Signature Version 4) with a configured key, or with one that AssumeRole has lent together
/// with its session token.
class SignatureCheck {
public:
    /// `secrets`: by access key.
    SignatureCheck(std::map<std::string, std::string> secrets, const engine::IdentityStore& identities, io::Clock& clock, IdSource& ids);

    /// AWS's refusal, in the caller's protocol; nothing for a request that is signed as it has to be.
    [[nodiscard]] std::optional<io::HttpResponse> refusal(const io::HttpRequest& request, const RequestScope& scope);

private:
    /// Null when the key, or its session token, is unknown.
    [[nodiscard]] const std::string* secret_of(const std::string& access_key, const std::string& token) const;

    std::map<std::string, std::string> secrets_;
    const engine::IdentityStore& identities_;
    io::Clock& clock_;
    IdSource& ids_;
};

} // namespace lambox::api
