#include "lambox/engine/identity_store.hpp"

#include "lambox/base/limits.hpp"

namespace lambox::engine {

Result<IdentityAccount*> IdentityStore::account(const std::string& id) {
    const auto found = accounts_.find(id);
    if (found != accounts_.end()) return &found->second;
    if (accounts_.size() >= limits::identity_accounts_max) return make_error(Errc::throttled, "lambox holds no more accounts");
    return &accounts_[id];
}

} // namespace lambox::engine
