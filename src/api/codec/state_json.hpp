#pragma once

#include "lambox/model/function_state.hpp"

#include <nlohmann/json_fwd.hpp>

/// How definitions lie in the state database. Readers throw nlohmann::json::exception or std::runtime_error on what is not theirs.
namespace lambox::api::codec {

[[nodiscard]] nlohmann::json record_json(const model::FunctionRecord& record);
[[nodiscard]] model::FunctionRecord read_record(const nlohmann::json& json);

/// Without key, records and their numbers.
[[nodiscard]] nlohmann::json state_json(const model::FunctionState& state);
void read_state(const nlohmann::json& json, model::FunctionState& state);

[[nodiscard]] nlohmann::json layer_json(const model::LayerState& layer);
void read_layer(const nlohmann::json& json, model::LayerState& layer);

[[nodiscard]] nlohmann::json mapping_json(const model::EventSourceMapping& mapping);
[[nodiscard]] model::EventSourceMapping read_mapping(const nlohmann::json& json);

} // namespace lambox::api::codec
