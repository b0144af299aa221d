#pragma once

#include "lambox/engine/function_registry.hpp"

#include <filesystem>
#include <string>

namespace lambox::engine {

/// Makes packages runnable: a folder is used where it is, a zip is unpacked once by content hash and shared, a single binary is
/// linked under the name that its runtime looks for. Everything it makes lies below its own folder, which goes with it.
class CodeStore {
public:
    /// Takes `folder`, which must exist and be empty, and removes it in the end.
    explicit CodeStore(std::filesystem::path folder);
    CodeStore(const CodeStore&) = delete;
    CodeStore& operator=(const CodeStore&) = delete;
    ~CodeStore();

    /// Blocks while it unpacks. Errors: not_found, malformed, too_large, io.
    [[nodiscard]] Result<PreparedCode> prepare(const model::FunctionConfig& config);

private:
    [[nodiscard]] Result<std::filesystem::path> unpacked(const std::filesystem::path& archive);
    [[nodiscard]] Result<std::filesystem::path> merged_layers(const model::FunctionConfig& config);

    std::filesystem::path folder_;
    std::size_t made_ = 0;
};

/// The file name under which the runtime of `config` looks for its program in the package: `bootstrap`, or go1.x's handler.
[[nodiscard]] std::string program_name(const model::FunctionConfig& config);

} // namespace lambox::engine
