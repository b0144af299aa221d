#include "lambox/engine/identity_store.hpp"

#include "lambox/base/limits.hpp"

#include <utility>

namespace lambox::engine {

Result<IdentityAccount*> IdentityStore::account(const std::string& id) {
    const auto found = accounts_.find(id);
    if (found != accounts_.end()) return &found->second;
    if (accounts_.size() >= limits::identity_accounts_max) return make_error(Errc::throttled, "lambox holds no more accounts");
    return &accounts_[id];
}

void IdentityStore::lend(std::string token, LentKey key) {
    lent_order_.push_back(token);
    lent_[std::move(token)] = std::move(key);
    if (lent_order_.size() <= limits::lent_keys_max) return;
    lent_.erase(lent_order_.front());
    lent_order_.pop_front();
}

const LentKey* IdentityStore::lent(const std::string& token) const {
    const auto found = lent_.find(token);
    return found == lent_.end() ? nullptr : &found->second;
}

void IdentityStore::clear() {
    accounts_.clear();
    lent_.clear();
    lent_order_.clear();
}

} // namespace lambox::engine
