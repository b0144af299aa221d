// GetAccountSettings.

#include "api/control_api/common.hpp"
#include "lambox/base/limits.hpp"

#include <array>

namespace lambox::api::control {

namespace {

const codec::Shape& no_input() {
    static const codec::Shape shape = codec::structure({});
    return shape;
}

Result<Reply> get_account_settings(Call& call) {
    const auto usage = call.parts.registry.usage(call.place);
    return Reply{200,
                 {{"AccountLimit",
                   {{"TotalCodeSize", limits::code_storage_bytes_max},
                    {"CodeSizeUnzipped", limits::package_unpacked_bytes_max},
                    {"CodeSizeZipped", limits::package_zip_bytes_max},
                    {"ConcurrentExecutions", limits::account_concurrency},
                    {"UnreservedConcurrentExecutions", limits::account_concurrency - usage.reserved_concurrency}}},
                  {"AccountUsage", {{"TotalCodeSize", usage.code_bytes}, {"FunctionCount", usage.functions}}}}};
}

} // namespace

std::span<const Operation> account_operations() {
    static const std::array<Operation, 1> rows{{
        {"GetAccountSettings", {"GET", "/2016-08-19/account-settings"}, get_account_settings, no_input},
    }};
    return rows;
}

} // namespace lambox::api::control
