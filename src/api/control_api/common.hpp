#pragma once

#include "api/control_api/operation.hpp"

#include <string>
#include <string_view>

namespace lambox::api::control {

/// What `FunctionName` and `Qualifier` lead to.
struct Target {
    engine::FunctionRegistry::State state;
    std::string qualifier; ///< empty = none given

    [[nodiscard]] std::string arn() const;                       ///< qualified as asked
    [[nodiscard]] std::string arn(std::string_view other) const; ///< with another qualifier
    /// The function itself is `$LATEST`.
    [[nodiscard]] std::string qualifier_or_latest() const { return qualifier.empty() ? "$LATEST" : qualifier; }
    /// A copy to change.
    [[nodiscard]] model::FunctionState copy() const { return *state; }
};

/// Errors: not_found in AWS's words, invalid_argument (two qualifiers that differ). The qualifier is not looked up.
[[nodiscard]] Result<Target> find_target(const Call& call);
/// The same, and the qualifier must name a version or alias.
[[nodiscard]] Result<Target> find_qualified_target(const Call& call);
/// Key and qualifier, of a function that need not exist.
struct NamedFunction {
    model::ResourceKey key;
    std::string qualifier;
};
[[nodiscard]] Result<NamedFunction> named_function(const Call& call, const std::string& name);
[[nodiscard]] std::string function_arn(const model::ResourceKey& key, std::string_view qualifier = {});
[[nodiscard]] std::string layer_arn(const model::ResourceKey& key);
[[nodiscard]] std::string mapping_arn(const model::EventSourceMapping& mapping);
[[nodiscard]] Error function_not_found(const model::ResourceKey& key, std::string_view qualifier);
[[nodiscard]] Error resource_missing();

/// The text member, or empty.
[[nodiscard]] std::string text_of(const Json& object, std::string_view name);
[[nodiscard]] std::vector<std::string> texts_of(const Json& object, std::string_view name);
[[nodiscard]] bool flag_of(const Json& object, std::string_view name);
[[nodiscard]] Json json_of(const std::map<std::string, std::string>& map);

/// `2026-01-31T09:05:07.123+0000`, as LastModified.
[[nodiscard]] std::string format_modified(WallTime at);
/// Seconds since 1970 with milliseconds, as AWS's timestamps.
[[nodiscard]] double epoch_seconds(WallTime at);

/// Errors: precondition_failed when a RevisionId was sent that is not `current`.
[[nodiscard]] Result<void> check_revision(const Call& call, const std::string& current, std::string_view message);
[[nodiscard]] Result<void> check_function_revision(const Call& call, const std::string& current);

/// One page of `items` (each with a marker) into `{list_name: […], NextMarker}`.
struct Listed {
    std::string marker;
    Json item;
};
[[nodiscard]] Json page_of(const Call& call, std::string_view list_name, std::vector<Listed> items, std::size_t page_max);

/// Stores a changed state and answers with its new self. Errors: those of `FunctionRegistry::replace`.
[[nodiscard]] Result<engine::FunctionRegistry::State> store(Call& call, const Target& target, model::FunctionState after);

// Shapes that several resources share.
[[nodiscard]] codec::Member function_name_in_path();
[[nodiscard]] codec::Member namespaced_function_name_in_path();
[[nodiscard]] codec::Member qualifier_in_query();
[[nodiscard]] codec::Member marker();
[[nodiscard]] codec::Member items_max(std::int64_t most);
[[nodiscard]] codec::Shape function_name_shape();
[[nodiscard]] codec::Shape namespaced_function_name_shape();
[[nodiscard]] codec::Shape any_arn();
[[nodiscard]] codec::Shape architecture_list(codec::Bounds length);
[[nodiscard]] codec::Shape runtime_name();
[[nodiscard]] codec::Shape tag_map();
[[nodiscard]] codec::Shape destination_config();
[[nodiscard]] codec::Shape layer_version_arn();
[[nodiscard]] std::vector<codec::Member> code_members();

/// The package of the call, or the hot folder that `code` names. Errors: invalid_argument, no_zip, too_large, unsupported, io.
[[nodiscard]] Result<engine::CodeStore::Stored> take_code(Call& call, const Json& code);
/// Whether S3Bucket is the name that stands for folders of this machine.
[[nodiscard]] bool is_hot_bucket(std::string_view bucket);

/// Every byte that is not plain in a path, as `%41`.
[[nodiscard]] std::string url_encode(std::string_view text);
/// Bucket and key of the package that an input names; empty when it names none, or a folder of this machine.
[[nodiscard]] std::pair<std::string, std::string> object_named(const Json& input);
/// Takes ZipFile out of an input; empty when there is none. Errors of the result: wrong_json_type (not base64), no_zip.
[[nodiscard]] engine::CodeStore::ReadPackage inline_package(Json& input);

} // namespace lambox::api::control
