#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/model/function_config.hpp"
#include "lambox/model/retry_policy.hpp"
#include "lambox/wire/arn.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::engine {

/// Where a function's unpacked code lies. Folders are the host's; nobody writes to them while the function exists.
struct PreparedCode {
    std::filesystem::path task;
    std::filesystem::path layers; ///< empty = none
};

/// One immutable version of a function, ready to run.
struct FunctionRevision {
    model::FunctionConfig config;
    PreparedCode code;
    std::string version = "$LATEST";
    FunctionArn arn; ///< unqualified
    std::string log_group; ///< empty = `/aws/lambda/NAME`
};

/// What a caller's name and qualifier lead to.
struct ResolvedFunction {
    std::shared_ptr<const FunctionRevision> revision;
    FunctionArn invoked_arn; ///< qualified exactly if the caller qualified it
    model::EventInvokeConfig event_invoke;
};

/// Sole owner of definitions.
class FunctionRegistry {
public:
    FunctionRegistry(std::string region, std::string account);

    /// Errors: conflict when the name is taken.
    [[nodiscard]] Result<std::shared_ptr<const FunctionRevision>> add(model::FunctionConfig config, PreparedCode code);
    /// `qualifier` as given beside the name, empty if not. Errors: invalid_argument (the two qualifiers differ),
    /// not_found with AWS's message (behaviour §7.2).
    [[nodiscard]] Result<ResolvedFunction> resolve(const wire::FunctionReference& reference, std::string_view qualifier) const;
    /// By name.
    [[nodiscard]] std::vector<std::shared_ptr<const FunctionRevision>> list() const;

private:
    std::string region_;
    std::string account_;
    std::map<std::string, std::shared_ptr<const FunctionRevision>, std::less<>> functions_;
};

} // namespace lambox::engine
