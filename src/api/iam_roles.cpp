#include "iam_detail.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace lambox::api::iam {
namespace {

using engine::IamRole;

constexpr std::size_t role_name_chars_max = 64;
constexpr std::size_t policy_name_chars_max = 128;

std::string arn_of(const Call& call, const IamRole& role) { return "arn:aws:iam::" + call.account_id + ":role" + role.path + role.name; }

std::string role_xml(const Call& call, const IamRole& role) {
    std::string text = element("Path", role.path) + element("RoleName", role.name) + element("RoleId", role.id);
    text += element("Arn", arn_of(call, role)) + element("CreateDate", format_iso8601_ms(role.created));
    text += element("AssumeRolePolicyDocument", codec::percent_encode(role.trust_policy));
    if (!role.description.empty()) text += element("Description", role.description);
    text += element("MaxSessionDuration", std::to_string(role.session_seconds_max));
    if (!role.boundary.empty()) {
        text += "<PermissionsBoundary>" + element("PermissionsBoundaryType", "Policy") + element("PermissionsBoundaryArn", role.boundary) +
                "</PermissionsBoundary>";
    }
    return text + tags_xml(role.tags);
}

boost::system::result<IamRole*, AwsError> role_of(const Call& call) {
    const std::string name = parameter(call, "RoleName");
    if (!is_entity_name(name, role_name_chars_max))
        return validation_error(
            "1 validation error detected: Value '" + name.substr(0, 128) +
            "' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+");
    const auto found = call.account.roles.find(name);
    if (found == call.account.roles.end()) return no_such_entity("The role with name " + name + " cannot be found.");
    return &found->second;
}

boost::system::result<Seconds, AwsError> session_time(const Call& call, std::int64_t fallback_seconds) {
    constexpr std::int64_t shortest = 3'600;
    constexpr std::int64_t longest = 43'200;
    const std::string text = parameter(call, "MaxSessionDuration");
    if (text.empty()) return Seconds(fallback_seconds);
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc{} && read.ptr == text.data() + text.size() && value >= shortest && value <= longest) return Seconds(value);
    return validation_error("1 validation error detected: Value '" + text.substr(0, 64) +
                            "' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200");
}

/// The policy that PermissionsBoundary names; empty when it names none.
boost::system::result<std::string, AwsError> boundary_of(const Call& call) {
    std::string arn = parameter(call, "PermissionsBoundary");
    if (arn.empty() || policy_exists(call, arn)) return arn;
    return no_such_entity("Policy " + arn.substr(0, 256) + " does not exist or is not attachable.");
}

Outcome create_role(const Call& call) {
    IamRole role;
    role.name = parameter(call, "RoleName");
    if (!is_entity_name(role.name, role_name_chars_max)) return role_of(call).error();
    if (call.account.roles.contains(role.name))
        return AwsError{409, "EntityAlreadyExists", "Role with name " + role.name + " already exists."};
    if (call.account.roles.size() >= limits::roles_max)
        return AwsError{409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: " + std::to_string(limits::roles_max)};
    role.trust_policy = parameter(call, "AssumeRolePolicyDocument");
    if (!is_policy_document(role.trust_policy)) return malformed_document();
    const auto path = path_of(call);
    const auto description = description_of(call);
    const auto seconds = session_time(call, role.session_seconds_max);
    const auto boundary = boundary_of(call);
    const auto tags = with_new_tags(call, {});
    if (!path) return path.error();
    if (!description) return description.error();
    if (!seconds) return seconds.error();
    if (!boundary) return boundary.error();
    if (!tags) return tags.error();
    role.path = *path;
    role.description = *description;
    role.session_seconds_max = seconds->count();
    role.boundary = *boundary;
    role.tags = *tags;
    role.created = call.now;
    role.id = unique_id(call, "AROA");
    const auto made = call.account.roles.emplace(role.name, role).first;
    return "<Role>" + role_xml(call, made->second) + "</Role>";
}

Outcome get_role(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    return "<Role>" + role_xml(call, **role) + "</Role>";
}

Outcome delete_role(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    if (!(*role)->attached.empty()) return AwsError{409, "DeleteConflict", "Cannot delete entity, must detach all policies first."};
    if (!(*role)->policies.empty()) return AwsError{409, "DeleteConflict", "Cannot delete entity, must delete policies first."};
    call.account.roles.erase((*role)->name);
    return std::string();
}

Outcome list_roles(const Call& call) {
    const std::string prefix = parameter(call, "PathPrefix");
    std::map<std::string, const IamRole*> roles;
    for (const auto& [name, role] : call.account.roles) {
        if (role.path.starts_with(prefix)) roles.emplace(name, &role);
    }
    return listed(call, "Roles", roles, [&call](const auto& entry) { return "<member>" + role_xml(call, *entry.second) + "</member>"; });
}

Outcome update_role(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    const auto description = description_of(call);
    const auto seconds = session_time(call, (*role)->session_seconds_max);
    if (!description) return description.error();
    if (!seconds) return seconds.error();
    if (call.form.contains("Description")) (*role)->description = *description;
    (*role)->session_seconds_max = seconds->count();
    return std::string();
}

/// UpdateRole's forerunner, which Terraform still calls.
Outcome update_role_description(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    const auto description = description_of(call);
    if (!description) return description.error();
    (*role)->description = *description;
    return "<Role>" + role_xml(call, **role) + "</Role>";
}

Outcome put_role_permissions_boundary(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    const auto boundary = boundary_of(call);
    if (!boundary) return boundary.error();
    if (boundary->empty())
        return validation_error("1 validation error detected: Value at 'permissionsBoundary' failed to satisfy constraint: Member must not "
                                "be null");
    (*role)->boundary = *boundary;
    return std::string();
}

Outcome delete_role_permissions_boundary(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    if ((*role)->boundary.empty()) return no_such_entity("The role with name " + (*role)->name + " does not have a permissions boundary.");
    (*role)->boundary.clear();
    return std::string();
}

Outcome update_assume_role_policy(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    std::string document = parameter(call, "PolicyDocument");
    if (!is_policy_document(document)) return malformed_document();
    (*role)->trust_policy = std::move(document);
    return std::string();
}

Outcome attach_role_policy(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    const std::string arn = parameter(call, "PolicyArn");
    if (!policy_exists(call, arn)) return no_such_entity("Policy " + arn.substr(0, 256) + " does not exist or is not attachable.");
    if ((*role)->attached.size() >= limits::role_policies_max)
        return AwsError{409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: " + std::to_string(limits::role_policies_max)};
    (*role)->attached.insert(arn);
    return std::string();
}

Outcome detach_role_policy(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    const std::string arn = parameter(call, "PolicyArn");
    if ((*role)->attached.erase(arn) == 0) return no_such_entity("Policy " + arn.substr(0, 256) + " was not found.");
    return std::string();
}

Outcome list_attached_role_policies(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    return listed(call, "AttachedPolicies", (*role)->attached, [](const std::string& arn) {
        return "<member>" + element("PolicyName", arn.substr(arn.rfind('/') + 1)) + element("PolicyArn", arn) + "</member>";
    });
}

AwsError no_such_role_policy(const std::string& name) {
    return no_such_entity("The role policy with name " + name.substr(0, policy_name_chars_max) + " cannot be found.");
}

Outcome put_role_policy(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    const std::string name = parameter(call, "PolicyName");
    if (!is_entity_name(name, policy_name_chars_max))
        return validation_error("The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the "
                                "following: +=,.@_-");
    std::string document = parameter(call, "PolicyDocument");
    if (!is_policy_document(document)) return malformed_document();
    if ((*role)->policies.size() >= limits::role_policies_max && !(*role)->policies.contains(name))
        return AwsError{409, "LimitExceeded", "The role holds as many inline policies as lambox keeps."};
    (*role)->policies[name] = std::move(document);
    return std::string();
}

Outcome get_role_policy(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    const std::string name = parameter(call, "PolicyName");
    const auto found = (*role)->policies.find(name);
    if (found == (*role)->policies.end()) return no_such_role_policy(name);
    return element("RoleName", (*role)->name) + element("PolicyName", name) +
           element("PolicyDocument", codec::percent_encode(found->second));
}

Outcome delete_role_policy(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    const std::string name = parameter(call, "PolicyName");
    if ((*role)->policies.erase(name) == 0) return no_such_role_policy(name);
    return std::string();
}

Outcome list_role_policies(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    return listed(call, "PolicyNames", (*role)->policies, [](const auto& entry) { return element("member", entry.first); });
}

Outcome list_instance_profiles_for_role(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    return std::string("<InstanceProfiles></InstanceProfiles><IsTruncated>false</IsTruncated>");
}

Outcome tag_role(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    auto tags = with_new_tags(call, (*role)->tags);
    if (!tags) return tags.error();
    (*role)->tags = std::move(*tags);
    return std::string();
}

Outcome untag_role(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    remove_named_tags(call, (*role)->tags);
    return std::string();
}

Outcome list_role_tags(const Call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    return tags_xml((*role)->tags) + element("IsTruncated", "false");
}

constexpr std::array<Operation, 20> operations{{
    {"AttachRolePolicy", attach_role_policy},
    {"CreateRole", create_role},
    {"DeleteRole", delete_role},
    {"DeleteRolePermissionsBoundary", delete_role_permissions_boundary},
    {"DeleteRolePolicy", delete_role_policy},
    {"DetachRolePolicy", detach_role_policy},
    {"GetRole", get_role},
    {"GetRolePolicy", get_role_policy},
    {"ListAttachedRolePolicies", list_attached_role_policies},
    {"ListInstanceProfilesForRole", list_instance_profiles_for_role},
    {"ListRolePolicies", list_role_policies},
    {"ListRoleTags", list_role_tags},
    {"ListRoles", list_roles},
    {"PutRolePermissionsBoundary", put_role_permissions_boundary},
    {"PutRolePolicy", put_role_policy},
    {"TagRole", tag_role},
    {"UntagRole", untag_role},
    {"UpdateAssumeRolePolicy", update_assume_role_policy},
    {"UpdateRole", update_role, ResultElement::always},
    {"UpdateRoleDescription", update_role_description},
}};

} // namespace

const Operation* find_role_operation(std::string_view name) {
    const auto found = std::find_if(operations.begin(), operations.end(), [name](const Operation& one) { return one.name == name; });
    return found == operations.end() ? nullptr : &*found;
}

} // namespace lambox::api::iam
