#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/units.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lambox::engine {

using IdentityTags = std::map<std::string, std::string>;

struct IamRole {
    std::string name;
    std::string id; ///< `AROA…`
    std::string path = "/";
    std::string trust_policy; ///< JSON as given
    std::string description;
    std::string boundary; ///< ARN of the policy that bounds its permissions; empty = none
    std::int64_t session_seconds_max = 3600;
    WallTime created{};
    std::set<std::string> attached;              ///< policy ARNs
    std::map<std::string, std::string> policies; ///< inline: name to JSON
    IdentityTags tags;
};

struct IamPolicyVersion {
    std::string id; ///< `v1`
    std::string document;
    WallTime created{};
};

struct IamPolicy {
    std::string name;
    std::string id; ///< `ANPA…`
    std::string path = "/";
    std::string description;
    WallTime created{};
    WallTime updated{};
    std::vector<IamPolicyVersion> versions; ///< oldest first
    std::string default_version = "v1";
    std::uint32_t last_version = 1;
    IdentityTags tags;
};

/// Roles and policies of one account. Nothing is enforced with them: they are there for tools that insist.
struct IdentityAccount {
    std::map<std::string, IamRole> roles;      ///< by name
    std::map<std::string, IamPolicy> policies; ///< by ARN
};

/// What AssumeRole gave out, with its session token beside it.
struct LentKey {
    std::string access_key;
    std::string secret;
    WallTime expires{};
};

/// All accounts, bounded by `limits::identity_accounts_max`.
class IdentityStore {
public:
    /// Made when it is not there yet. Errors: throttled when there are too many.
    [[nodiscard]] Result<IdentityAccount*> account(const std::string& id);
    void lend(std::string token, LentKey key);
    /// Null when the token is none of ours, or is no longer remembered.
    [[nodiscard]] const LentKey* lent(const std::string& token) const;
    void clear();

private:
    std::map<std::string, IdentityAccount> accounts_;
    std::map<std::string, LentKey> lent_; ///< by session token
    std::deque<std::string> lent_order_;  ///< oldest first
};

} // namespace lambox::engine
