// Resource policies of functions, versions and aliases: kept and returned, not enforced.

#include "api/control_api/policy.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>

namespace lambox::api::control {

using namespace codec;

std::string policy_text(const model::Policy& policy) {
    Json statements = Json::array();
    for (const auto& one : policy.statements)
        statements.push_back(Json::parse(one.json));
    return Json{{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", std::move(statements)}}.dump();
}

Json principal_json(const std::string& principal) {
    const bool account = principal.size() == 12 && principal.find_first_not_of("0123456789") == std::string::npos;
    if (principal == "*") return "*";
    if (account) return {{"AWS", "arn:aws:iam::" + principal + ":root"}};
    if (principal.starts_with("arn:")) return {{"AWS", principal}};
    return {{"Service", principal}};
}

Result<void> add_statement(Call& call, model::Policy& policy, std::string id, const Json& statement) {
    const bool taken = std::any_of(policy.statements.begin(), policy.statements.end(), [&id](const auto& one) { return one.id == id; });
    if (taken) {
        return make_error(Errc::conflict, "The statement id (" + id +
                                              ") provided already exists. Please provide a new statement id, or "
                                              "remove the existing statement.");
    }
    policy.statements.push_back({std::move(id), statement.dump(-1, ' ', false, Json::error_handler_t::replace)});
    policy.revision_id = call.parts.ids.uuid();
    if (policy_text(policy).size() > limits::policy_bytes_max) {
        return make_error(Errc::over_policy_size, "The final policy size (" + std::to_string(policy_text(policy).size()) +
                                                      ") is bigger than the limit (" + std::to_string(limits::policy_bytes_max) + ").");
    }
    return {};
}

Result<void> remove_statement(Call& call, model::Policy& policy, const std::string& id) {
    const auto removed = std::erase_if(policy.statements, [&id](const auto& one) { return one.id == id; });
    if (removed == 0) return make_error(Errc::not_found, "Statement " + id + " is not found in resource policy.");
    policy.revision_id = call.parts.ids.uuid();
    return {};
}

namespace {

constexpr std::string_view url_auth_types[] = {"NONE", "AWS_IAM"};

const Shape& add_input() {
    static const Shape shape = structure({
        namespaced_function_name_in_path(),
        required("StatementId", text({1, 100}, pattern("([a-zA-Z0-9-_]+)"))),
        required("Action", text({0, 10'000}, pattern("(lambda:[*]|lambda:[a-zA-Z]+|[*])"))),
        required("Principal", text({0, 2'048}, pattern(R"([^\s]+)"))),
        optional("SourceArn", any_arn()),
        optional("FunctionUrlAuthType", one_of(url_auth_types)),
        optional("InvokedViaFunctionUrl", boolean()),
        optional("SourceAccount", text({0, 12}, pattern(R"(\d{12})"))),
        optional("EventSourceToken", text({0, 256}, pattern(R"([a-zA-Z0-9._\-]+)"))),
        qualifier_in_query(),
        optional("RevisionId", text()),
        optional("PrincipalOrgID", text({12, 34}, pattern("o-[a-z0-9]{10,32}"))),
    });
    return shape;
}

const Shape& remove_input() {
    static const Shape shape =
        structure({namespaced_function_name_in_path(), in_path("StatementId", text({1, 100}, pattern("([a-zA-Z0-9-_.]+)"))),
                   qualifier_in_query(), in_query("RevisionId", text())});
    return shape;
}

const Shape& get_input() {
    static const Shape shape = structure({namespaced_function_name_in_path(), qualifier_in_query()});
    return shape;
}

Json statement_of(const Json& input, const std::string& resource) {
    Json statement{{"Sid", input.at("StatementId")},
                   {"Effect", "Allow"},
                   {"Principal", principal_json(text_of(input, "Principal"))},
                   {"Action", input.at("Action")},
                   {"Resource", resource}};
    Json condition = Json::object();
    if (input.contains("SourceArn")) condition["ArnLike"]["AWS:SourceArn"] = input.at("SourceArn");
    if (input.contains("SourceAccount")) condition["StringEquals"]["AWS:SourceAccount"] = input.at("SourceAccount");
    if (input.contains("PrincipalOrgID")) condition["StringEquals"]["aws:PrincipalOrgID"] = input.at("PrincipalOrgID");
    if (input.contains("EventSourceToken")) condition["StringEquals"]["lambda:EventSourceToken"] = input.at("EventSourceToken");
    if (input.contains("FunctionUrlAuthType")) condition["StringEquals"]["lambda:FunctionUrlAuthType"] = input.at("FunctionUrlAuthType");
    if (input.contains("InvokedViaFunctionUrl")) condition["Bool"]["lambda:InvokedViaFunctionUrl"] = input.at("InvokedViaFunctionUrl");
    if (!condition.empty()) statement["Condition"] = std::move(condition);
    return statement;
}

Result<void> same_policy(const Call& call, const model::Policy& policy) {
    return check_revision(call, policy.revision_id,
                          "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to retrieve the latest "
                          "RevisionId");
}

Result<Reply> add_permission(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    if (target->qualifier == "$LATEST") {
        return make_error(Errc::invalid_argument, "We currently do not support adding policies for $LATEST.");
    }
    auto state = target->copy();
    model::Policy& policy = state.policies[target->qualifier_or_latest()];
    if (const auto same = same_policy(call, policy); !same) return same.error();
    const Json statement = statement_of(call.input, target->arn());
    if (auto added = add_statement(call, policy, text_of(call.input, "StatementId"), statement); !added) return added.error();
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{201, {{"Statement", statement.dump()}}};
}

Result<Reply> remove_permission(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    auto state = target->copy();
    const auto policy = state.policies.find(target->qualifier_or_latest());
    if (policy == state.policies.end()) return make_error(Errc::not_found, "No policy is associated with the given resource.");
    if (const auto same = same_policy(call, policy->second); !same) return same.error();
    if (auto removed = remove_statement(call, policy->second, text_of(call.input, "StatementId")); !removed) return removed.error();
    if (policy->second.statements.empty()) state.policies.erase(policy);
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> get_policy(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    const auto policy = target->state->policies.find(target->qualifier_or_latest());
    if (policy == target->state->policies.end()) return resource_missing();
    return Reply{200, {{"Policy", policy_text(policy->second)}, {"RevisionId", policy->second.revision_id}}};
}

} // namespace

std::span<const Operation> policy_operations() {
    constexpr std::string_view path = "/2015-03-31/functions/{}/policy";
    static const std::array<Operation, 3> rows{{
        {"AddPermission", {"POST", path}, add_permission, add_input, "kept, not enforced"},
        {"RemovePermission", {"DELETE", "/2015-03-31/functions/{}/policy/{}"}, remove_permission, remove_input},
        {"GetPolicy", {"GET", path}, get_policy, get_input},
    }};
    return rows;
}

} // namespace lambox::api::control
