#include "iam_detail.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>

namespace lambox::api::iam {
namespace {

using engine::IamPolicy;
using engine::IamPolicyVersion;

constexpr std::size_t policy_name_chars_max = 128;

std::size_t attachments(const Call& call, const std::string& arn) {
    return static_cast<std::size_t>(std::count_if(call.account.roles.begin(), call.account.roles.end(),
                                                  [&arn](const auto& entry) { return entry.second.attached.contains(arn); }));
}

std::string policy_xml(const Call& call, const std::string& arn, const IamPolicy& policy) {
    std::string text = element("PolicyName", policy.name) + element("PolicyId", policy.id) + element("Arn", arn);
    text += element("Path", policy.path) + element("DefaultVersionId", policy.default_version);
    text += element("AttachmentCount", std::to_string(attachments(call, arn)));
    text += element("PermissionsBoundaryUsageCount", "0") + element("IsAttachable", "true");
    if (!policy.description.empty()) text += element("Description", policy.description);
    text += element("CreateDate", format_iso8601_ms(policy.created)) + element("UpdateDate", format_iso8601_ms(policy.updated));
    return text + tags_xml(policy.tags);
}

enum class Document { shown, left_out };

std::string version_xml(const IamPolicy& policy, const IamPolicyVersion& version, Document document) {
    std::string text;
    switch (document) {
    case Document::shown: text += element("Document", codec::percent_encode(version.document)); break;
    case Document::left_out: break;
    }
    text += element("VersionId", version.id) + element("IsDefaultVersion", version.id == policy.default_version ? "true" : "false");
    return text + element("CreateDate", format_iso8601_ms(version.created));
}

/// One of AWS's own: any name is taken for one, allows everything and has one version.
IamPolicy policy_of_aws(const std::string& arn) {
    IamPolicy policy;
    policy.name = arn.substr(arn.rfind('/') + 1);
    policy.id = "ANPA" + std::string(17, 'A');
    policy.path = arn.substr(aws_policy_prefix.size() - 1, arn.rfind('/') - aws_policy_prefix.size() + 2);
    policy.versions.push_back({"v1", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})", {}});
    return policy;
}

AwsError no_such_policy(const std::string& arn) { return no_such_entity("Policy " + arn.substr(0, 256) + " was not found."); }

boost::system::result<IamPolicy, AwsError> policy_copy(const Call& call) {
    const std::string arn = parameter(call, "PolicyArn");
    if (!policy_exists(call, arn)) return no_such_policy(arn);
    const auto found = call.account.policies.find(arn);
    return found == call.account.policies.end() ? policy_of_aws(arn) : found->second;
}

boost::system::result<IamPolicy*, AwsError> own_policy(const Call& call) {
    const std::string arn = parameter(call, "PolicyArn");
    const auto found = call.account.policies.find(arn);
    if (found == call.account.policies.end()) return no_such_policy(arn);
    return &found->second;
}

Outcome create_policy(const Call& call) {
    IamPolicy policy;
    policy.name = parameter(call, "PolicyName");
    if (!is_entity_name(policy.name, policy_name_chars_max))
        return validation_error("The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the "
                                "following: +=,.@_-");
    const auto path = path_of(call);
    const auto description = description_of(call);
    auto tags = with_new_tags(call, {});
    if (!path) return path.error();
    if (!description) return description.error();
    if (!tags) return tags.error();
    policy.path = *path;
    const std::string arn = "arn:aws:iam::" + call.account_id + ":policy" + policy.path + policy.name;
    if (call.account.policies.contains(arn))
        return AwsError{409, "EntityAlreadyExists", "A policy called " + policy.name + " already exists. Duplicate names are not allowed."};
    if (call.account.policies.size() >= limits::policies_max)
        return AwsError{409, "LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: " + std::to_string(limits::policies_max)};
    std::string document = parameter(call, "PolicyDocument");
    if (!is_policy_document(document)) return malformed_document();
    policy.id = unique_id(call, "ANPA");
    policy.description = *description;
    policy.created = policy.updated = call.now;
    policy.versions.push_back({"v1", std::move(document), call.now});
    policy.tags = std::move(*tags);
    const auto made = call.account.policies.emplace(arn, std::move(policy)).first;
    return "<Policy>" + policy_xml(call, arn, made->second) + "</Policy>";
}

Outcome get_policy(const Call& call) {
    const auto policy = policy_copy(call);
    if (!policy) return policy.error();
    return "<Policy>" + policy_xml(call, parameter(call, "PolicyArn"), *policy) + "</Policy>";
}

Outcome delete_policy(const Call& call) {
    const auto policy = own_policy(call);
    if (!policy) return policy.error();
    const std::string arn = parameter(call, "PolicyArn");
    if (attachments(call, arn) > 0) return AwsError{409, "DeleteConflict", "Cannot delete a policy attached to entities."};
    if ((*policy)->versions.size() > 1)
        return AwsError{409, "DeleteConflict",
                        "This policy has more than one version. Before you delete a policy, you must delete the "
                        "policy's versions. The default version is deleted with the policy."};
    call.account.policies.erase(arn);
    return std::string();
}

Outcome list_policies(const Call& call) {
    return listed(call, "Policies", call.account.policies,
                  [&call](const auto& entry) { return "<member>" + policy_xml(call, entry.first, entry.second) + "</member>"; });
}

Outcome get_policy_version(const Call& call) {
    const auto policy = policy_copy(call);
    if (!policy) return policy.error();
    const std::string id = parameter(call, "VersionId");
    for (const auto& version : policy->versions) {
        if (version.id == id) return "<PolicyVersion>" + version_xml(*policy, version, Document::shown) + "</PolicyVersion>";
    }
    return no_such_entity("Policy " + parameter(call, "PolicyArn") + " version " + id.substr(0, 64) +
                          " does not exist or is not attachable.");
}

Outcome list_policy_versions(const Call& call) {
    const auto policy = policy_copy(call);
    if (!policy) return policy.error();
    std::string text = "<Versions>";
    for (const auto& version : policy->versions)
        text += "<member>" + version_xml(*policy, version, Document::left_out) + "</member>";
    return text + "</Versions>" + element("IsTruncated", "false");
}

Outcome create_policy_version(const Call& call) {
    const auto policy = own_policy(call);
    if (!policy) return policy.error();
    std::string document = parameter(call, "PolicyDocument");
    if (!is_policy_document(document)) return malformed_document();
    if ((*policy)->versions.size() >= limits::policy_versions_max)
        return AwsError{409, "LimitExceeded",
                        "A managed policy can have up to 5 versions. Before you create a new version, you must delete "
                        "an existing version."};
    const std::string id = "v" + std::to_string(++(*policy)->last_version);
    (*policy)->versions.push_back({id, std::move(document), call.now});
    (*policy)->updated = call.now;
    if (parameter(call, "SetAsDefault") == "true") (*policy)->default_version = id;
    return "<PolicyVersion>" + version_xml(**policy, (*policy)->versions.back(), Document::left_out) + "</PolicyVersion>";
}

Outcome delete_policy_version(const Call& call) {
    const auto policy = own_policy(call);
    if (!policy) return policy.error();
    const std::string id = parameter(call, "VersionId");
    if (id == (*policy)->default_version) return AwsError{409, "DeleteConflict", "Cannot delete the default version of a policy."};
    if (std::erase_if((*policy)->versions, [&id](const auto& version) { return version.id == id; }) == 0)
        return no_such_entity("Policy " + parameter(call, "PolicyArn") + " version " + id.substr(0, 64) + " does not exist.");
    return std::string();
}

Outcome list_entities_for_policy(const Call& call) {
    const auto policy = policy_copy(call);
    if (!policy) return policy.error();
    const std::string arn = parameter(call, "PolicyArn");
    std::string text = "<PolicyGroups></PolicyGroups><PolicyUsers></PolicyUsers><PolicyRoles>";
    for (const auto& [name, role] : call.account.roles) {
        if (role.attached.contains(arn)) text += "<member>" + element("RoleName", name) + element("RoleId", role.id) + "</member>";
    }
    return text + "</PolicyRoles>" + element("IsTruncated", "false");
}

Outcome set_default_policy_version(const Call& call) {
    const auto policy = own_policy(call);
    if (!policy) return policy.error();
    const std::string id = parameter(call, "VersionId");
    const auto& versions = (*policy)->versions;
    if (std::none_of(versions.begin(), versions.end(), [&id](const auto& version) { return version.id == id; }))
        return no_such_entity("Policy " + parameter(call, "PolicyArn") + " version " + id.substr(0, 64) + " does not exist.");
    (*policy)->default_version = id;
    (*policy)->updated = call.now;
    return std::string();
}

Outcome tag_policy(const Call& call) {
    const auto policy = own_policy(call);
    if (!policy) return policy.error();
    auto tags = with_new_tags(call, (*policy)->tags);
    if (!tags) return tags.error();
    (*policy)->tags = std::move(*tags);
    return std::string();
}

Outcome untag_policy(const Call& call) {
    const auto policy = own_policy(call);
    if (!policy) return policy.error();
    remove_named_tags(call, (*policy)->tags);
    return std::string();
}

Outcome list_policy_tags(const Call& call) {
    const auto policy = policy_copy(call);
    if (!policy) return policy.error();
    return tags_xml(policy->tags) + element("IsTruncated", "false");
}

constexpr std::array<Operation, 13> operations{{
    {"CreatePolicy", create_policy},
    {"CreatePolicyVersion", create_policy_version},
    {"DeletePolicy", delete_policy},
    {"DeletePolicyVersion", delete_policy_version},
    {"GetPolicy", get_policy},
    {"GetPolicyVersion", get_policy_version},
    {"ListEntitiesForPolicy", list_entities_for_policy},
    {"ListPolicies", list_policies},
    {"ListPolicyTags", list_policy_tags},
    {"ListPolicyVersions", list_policy_versions},
    {"SetDefaultPolicyVersion", set_default_policy_version},
    {"TagPolicy", tag_policy},
    {"UntagPolicy", untag_policy},
}};

} // namespace

bool policy_exists(const Call& call, const std::string& arn) {
    if (call.account.policies.contains(arn)) return true;
    return arn.starts_with(aws_policy_prefix) && is_entity_name(arn.substr(arn.rfind('/') + 1), policy_name_chars_max);
}

const Operation* find_policy_operation(std::string_view name) {
    const auto found = std::find_if(operations.begin(), operations.end(), [name](const Operation& one) { return one.name == name; });
    return found == operations.end() ? nullptr : &*found;
}

} // namespace lambox::api::iam
