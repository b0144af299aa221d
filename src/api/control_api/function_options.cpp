// Small settings with an operation of their own: recursion, runtime management, the absent code signing configuration.

#include "api/control_api/common.hpp"

#include <array>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::string_view loops[] = {"Allow", "Terminate"};
constexpr std::string_view update_modes[] = {"Auto", "Manual", "FunctionUpdate"};

Member unqualified_name() {
    return in_path("FunctionName",
                   text({1, 140}, pattern(R"((arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-)"
                                          R"(\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+))")));
}

const Shape& recursion_input() {
    static const Shape shape = structure({unqualified_name()});
    return shape;
}

const Shape& put_recursion_input() {
    static const Shape shape = structure({unqualified_name(), required("RecursiveLoop", one_of(loops))});
    return shape;
}

const Shape& put_management_input() {
    const auto arn =
        text({26, 2'048}, pattern(R"(((arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}::runtime:.+)|)"
                                  R"((arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:runtime/)"
                                  R"([A-Za-z0-9_.-]{1,128}/version/[A-Za-z0-9_.-]{1,128})))"));
    static const Shape shape = structure({namespaced_function_name_in_path(), qualifier_in_query(),
                                          required("UpdateRuntimeOn", one_of(update_modes)), optional("RuntimeVersionArn", arn)});
    return shape;
}

const Shape& named_input() {
    static const Shape shape = structure({namespaced_function_name_in_path(), qualifier_in_query()});
    return shape;
}

Result<Reply> get_recursion(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    return Reply{200, {{"RecursiveLoop", target->state->recursive_loop}}};
}

Result<Reply> put_recursion(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    auto state = target->copy();
    state.recursive_loop = text_of(call.input, "RecursiveLoop");
    const auto stored = store(call, *target, std::move(state));
    if (!stored) return stored.error();
    return Reply{200, {{"RecursiveLoop", (*stored)->recursive_loop}}};
}

Json management_json(const Target& target, const model::RuntimeManagement& management) {
    Json json{{"UpdateRuntimeOn", management.update_on}, {"FunctionArn", target.arn(target.qualifier_or_latest())}};
    if (!management.version_arn.empty()) json["RuntimeVersionArn"] = management.version_arn;
    return json;
}

Result<Reply> get_management(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    const auto found = target->state->runtime_management.find(target->qualifier_or_latest());
    return Reply{200,
                 management_json(*target, found == target->state->runtime_management.end() ? model::RuntimeManagement{} : found->second)};
}

Result<Reply> put_management(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    model::RuntimeManagement management{text_of(call.input, "UpdateRuntimeOn"), text_of(call.input, "RuntimeVersionArn")};
    if ((management.update_on == "Manual") == management.version_arn.empty()) {
        return make_error(Errc::invalid_argument, management.version_arn.empty()
                                                      ? "RuntimeVersionArn is required when the UpdateRuntimeOn is Manual."
                                                      : "RuntimeVersionArn is only allowed when the UpdateRuntimeOn is Manual.");
    }
    auto state = target->copy();
    state.runtime_management[target->qualifier_or_latest()] = management;
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{200, management_json(*target, management)};
}

/// No function here has one, which AWS says by leaving the ARN out.
Result<Reply> get_code_signing(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    return Reply{200, {{"FunctionName", target->state->key.name}}};
}

const Shape& code_signing_input() {
    static const Shape shape = structure({namespaced_function_name_in_path()});
    return shape;
}

} // namespace

std::span<const Operation> function_option_operations() {
    constexpr std::string_view recursion = "/2024-08-31/functions/{}/recursion-config";
    constexpr std::string_view management = "/2021-07-20/functions/{}/runtime-management-config";
    static const std::array<Operation, 5> rows{{
        {"GetFunctionRecursionConfig", {"GET", recursion}, get_recursion, recursion_input},
        {"PutFunctionRecursionConfig", {"PUT", recursion}, put_recursion, put_recursion_input, "kept; loops are not detected"},
        {"GetRuntimeManagementConfig", {"GET", management}, get_management, named_input},
        {"PutRuntimeManagementConfig",
         {"PUT", management},
         put_management,
         put_management_input,
         "kept; the runtime is the one of the package or of this machine"},
        {"GetFunctionCodeSigningConfig",
         {"GET", "/2020-06-30/functions/{}/code-signing-config"},
         get_code_signing,
         code_signing_input,
         "always none"},
    }};
    return rows;
}

} // namespace lambox::api::control
