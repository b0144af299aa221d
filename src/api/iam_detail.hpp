#pragma once

#include "lambox/api/aws_error.hpp"
#include "lambox/api/codec/query_form.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/engine/identity_store.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// What the files of IAM and STS share.
namespace lambox::api::iam {

/// The inside of the result element, or AWS's error.
using Outcome = boost::system::result<std::string, AwsError>;

struct Call {
    engine::IdentityStore& store;
    engine::IdentityAccount& account;
    const std::string& account_id;
    const codec::QueryForm& form;
    WallTime now;
    IdSource& ids;
};

/// Whether an answer without content has a result element: SDKs refuse an answer that lacks one where the service's model names it.
enum class ResultElement { when_filled, always };

struct Operation {
    std::string_view name;
    Outcome (*run)(const Call&);
    ResultElement result = ResultElement::when_filled;
};

/// Empty when absent.
[[nodiscard]] std::string parameter(const Call& call, std::string_view name);
/// `<Name>value</Name>`, escaped.
[[nodiscard]] std::string element(std::string_view name, std::string_view value);
[[nodiscard]] std::string tags_xml(const engine::IdentityTags& tags);
/// The form's tags laid over `current`. Errors: ValidationError for a key or value of a wrong length, LimitExceeded.
[[nodiscard]] boost::system::result<engine::IdentityTags, AwsError> with_new_tags(const Call& call, engine::IdentityTags current);
/// Takes away those that TagKeys names.
void remove_named_tags(const Call& call, engine::IdentityTags& tags);
/// `AROA` and 17 random capitals and digits.
[[nodiscard]] std::string unique_id(const Call& call, std::string_view prefix);
[[nodiscard]] AwsError validation_error(std::string message);
[[nodiscard]] AwsError no_such_entity(std::string message);
/// A JSON object of bounded size?
[[nodiscard]] bool is_policy_document(const std::string& text);
[[nodiscard]] AwsError malformed_document();
/// 1 to `most` characters of `[\w+=,.@-]`.
[[nodiscard]] bool is_entity_name(std::string_view text, std::size_t most);

/// The parameter Path, `/` when absent. Errors: ValidationError.
[[nodiscard]] boost::system::result<std::string, AwsError> path_of(const Call& call);
/// The parameter Description. Errors: ValidationError when it is too long.
[[nodiscard]] boost::system::result<std::string, AwsError> description_of(const Call& call);

/// Writes a page of `items` (a map by name) as `<list>…</list><IsTruncated>…`, as Marker and MaxItems say.
template <class Map, class Write>
Outcome listed(const Call& call, std::string_view list, const Map& items, Write write);

/// The operations on managed policies; those on roles are in `iam_roles.cpp`.
[[nodiscard]] const Operation* find_policy_operation(std::string_view name);
[[nodiscard]] const Operation* find_role_operation(std::string_view name);

inline constexpr std::string_view aws_policy_prefix = "arn:aws:iam::aws:policy/";
/// Of this account, or one of AWS's own, whatever its name.
[[nodiscard]] bool policy_exists(const Call& call, const std::string& arn);

struct PageSize {
    std::size_t items;
};
/// As MaxItems says.
[[nodiscard]] boost::system::result<PageSize, AwsError> page_size(const Call& call);

template <class Map, class Write>
Outcome listed(const Call& call, std::string_view list, const Map& items, Write write) {
    const auto most = page_size(call);
    if (!most) return most.error();
    const std::string marker = parameter(call, "Marker");
    auto at = marker.empty() ? items.begin() : items.upper_bound(marker);
    std::string text = "<" + std::string(list) + ">";
    std::string last;
    for (std::size_t count = 0; at != items.end() && count < most->items; ++at, ++count) {
        text += write(*at);
        if constexpr (requires { at->first; })
            last = at->first;
        else
            last = *at;
    }
    text += "</" + std::string(list) + ">";
    text += element("IsTruncated", at == items.end() ? "false" : "true");
    if (at != items.end()) text += element("Marker", last);
    return text;
}

} // namespace lambox::api::iam
