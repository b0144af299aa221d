#pragma once

#include "lambox/model/function_state.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace lambox::api::codec {

/// How far AWS would be with the change that is answered; here it has always happened already.
enum class Progress { settled, creating, updating, listed };

/// FunctionConfiguration (behaviour §8): a version as AWS shows it, under the ARN that was asked for.
[[nodiscard]] nlohmann::json function_configuration(const model::FunctionState& state, const model::FunctionRecord& record,
                                                    const std::string& arn, Progress progress);

/// Takes over the members of a checked CreateFunction or UpdateFunctionConfiguration that are there.
void read_settings(const nlohmann::json& input, model::FunctionSettings& settings);
/// The same for what an execution environment needs, as a spec that is still to be validated.
[[nodiscard]] model::FunctionSpec function_spec(const nlohmann::json& input, const model::FunctionConfig& current);

} // namespace lambox::api::codec
