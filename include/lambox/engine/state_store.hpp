#pragma once

#include "lambox/base/error.hpp"
#include "lambox/model/function_state.hpp"

#include <memory>
#include <vector>

namespace lambox::engine {

/// A function that a store holds; what is in it is read when somebody asks for it.
struct StoredFunction {
    model::ResourceKey key;
    model::FunctionSummary summary;
};

/// Everything that a store holds.
struct StoredState {
    std::vector<StoredFunction> functions; ///< by key
    std::vector<model::LayerState> layers;
    std::vector<model::EventSourceMapping> mappings;
};

/// Port: where definitions outlive the process, or not. Each call is whole or has not happened, and durable when it returns. Blocks.
/// Errors: io (a full disk among them), malformed (what is stored cannot be read).
class StateStore {
public:
    virtual ~StateStore() = default;
    /// Writes `after`; `before` is what is stored now (null = nothing), so that versions that both share are left alone.
    [[nodiscard]] virtual Result<void> put(const model::FunctionState* before, const model::FunctionState& after) = 0;
    [[nodiscard]] virtual Result<void> erase(const model::FunctionState& state) = 0;
    [[nodiscard]] virtual Result<void> put(const model::LayerState& state) = 0;
    [[nodiscard]] virtual Result<void> put(const model::EventSourceMapping& mapping) = 0;
    [[nodiscard]] virtual Result<void> erase(const model::EventSourceMapping& mapping) = 0;
    /// Forgets everything.
    [[nodiscard]] virtual Result<void> clear() = 0;
    [[nodiscard]] virtual Result<StoredState> load() = 0;
    /// One function that the store holds, as it was put last.
    [[nodiscard]] virtual Result<model::FunctionState> read(const model::ResourceKey& key) = 0;
};

} // namespace lambox::engine
