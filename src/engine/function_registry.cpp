#include "lambox/engine/function_registry.hpp"

#include <utility>

namespace lambox::engine {

FunctionRegistry::FunctionRegistry(std::string region, std::string account) : region_(std::move(region)), account_(std::move(account)) {}

Result<std::shared_ptr<const FunctionRevision>> FunctionRegistry::add(model::FunctionConfig config, PreparedCode code) {
    auto revision = std::make_shared<FunctionRevision>();
    const wire::FunctionArnParts parts{region_, account_, config.name, {}};
    revision->arn = FunctionArn(wire::format_function_arn(parts));
    revision->config = std::move(config);
    revision->code = std::move(code);
    const auto [there, added] = functions_.emplace(revision->config.name, revision);
    if (!added) return make_error(Errc::conflict, "Function already exist: " + there->first);
    return there->second;
}

Result<ResolvedFunction> FunctionRegistry::resolve(const wire::FunctionReference& reference, std::string_view qualifier) const {
    if (reference.qualifier && !qualifier.empty() && *reference.qualifier != qualifier) {
        return make_error(Errc::invalid_argument, "The derived qualifier from the function name does not match the specified qualifier.");
    }
    const std::string asked = reference.qualifier ? *reference.qualifier : std::string(qualifier);
    const wire::FunctionArnParts parts{reference.region.value_or(region_), reference.account.value_or(account_), reference.name, asked};
    const FunctionArn arn(wire::format_function_arn(parts));
    const auto found = functions_.find(reference.name);
    const bool here = parts.region == region_ && parts.account == account_;
    if (!here || found == functions_.end() || (!asked.empty() && asked != found->second->version)) {
        return make_error(Errc::not_found, "Function not found: " + arn.str());
    }
    return ResolvedFunction{found->second, arn};
}

std::vector<std::shared_ptr<const FunctionRevision>> FunctionRegistry::list() const {
    std::vector<std::shared_ptr<const FunctionRevision>> all;
    all.reserve(functions_.size());
    for (const auto& [name, revision] : functions_) all.push_back(revision);
    return all;
}

} // namespace lambox::engine
