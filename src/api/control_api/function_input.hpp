#pragma once

#include "api/control_api/common.hpp"

#include <optional>
#include <string>

namespace lambox::api::control {

// Inputs of the operations on functions.
[[nodiscard]] const codec::Shape& create_function_input();
[[nodiscard]] const codec::Shape& get_function_input();
[[nodiscard]] const codec::Shape& list_functions_input();
[[nodiscard]] const codec::Shape& update_function_code_input();
[[nodiscard]] const codec::Shape& update_function_configuration_input();

/// An error when a feature is asked for that lambox does not have; never a silent 200.
[[nodiscard]] std::optional<Error> refuse_unsupported(const Json& input);
/// Takes the members that are there into the record, and checks what needs more than one member, the era or other resources. Errors:
/// invalid_argument in AWS's words.
[[nodiscard]] Result<void> read_definition(Call& call, model::FunctionRecord& record);
/// A new revision id and the time.
void stamp(Call& call, model::FunctionRecord& record);
/// Errors: over_storage.
[[nodiscard]] Result<void> check_storage(const Call& call, const model::PackageInfo& package);
/// Publishes `$LATEST`, or finds it published already; returns the version. Empty description = `$LATEST`'s.
[[nodiscard]] std::string publish(Call& call, model::FunctionState& state, const std::optional<std::string>& description);
/// What hangs on a version or alias that is being deleted.
void forget_qualifier(model::FunctionState& state, const std::string& qualifier);

} // namespace lambox::api::control
