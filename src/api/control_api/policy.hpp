#pragma once

#include "api/control_api/common.hpp"

#include <string>

namespace lambox::api::control {

/// The policy document as GetPolicy returns it.
[[nodiscard]] std::string policy_text(const model::Policy& policy);
/// `{"AWS": …}` for accounts and ARNs, `{"Service": …}` for anything else, `*` for everybody.
[[nodiscard]] Json principal_json(const std::string& principal);
/// Errors: conflict (the id is taken), over_policy_size.
[[nodiscard]] Result<void> add_statement(Call& call, model::Policy& policy, std::string id, const Json& statement);
/// Errors: not_found.
[[nodiscard]] Result<void> remove_statement(Call& call, model::Policy& policy, const std::string& id);

} // namespace lambox::api::control
