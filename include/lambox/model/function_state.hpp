#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/function_config.hpp"
#include "lambox/model/retry_policy.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lambox::model {

/// Names a function, or a layer, within everything that one process serves.
struct ResourceKey {
    std::string account;
    std::string region;
    std::string name;
    auto operator<=>(const ResourceKey&) const = default;
};

enum class PackageKind {
    zip,    ///< kept by lambox under its hash
    folder, ///< the host's, used where it is
};

/// A code package as a definition names it.
struct PackageInfo {
    PackageKind kind = PackageKind::zip;
    std::string location;   ///< hexadecimal SHA-256 of the zip, or the folder's absolute path
    std::string sha256;     ///< base64, as CodeSha256; of a folder: of its path, as nobody uploads it
    std::uint64_t size = 0; ///< of the zip; zero for a folder
    bool operator==(const PackageInfo&) const = default;
};

struct UsedLayer {
    std::string arn; ///< with its version
    PackageInfo package;
    bool operator==(const UsedLayer&) const = default;
};

struct VpcSettings {
    std::vector<std::string> subnets;
    std::vector<std::string> security_groups;
    enum class DualStack { refused, allowed };
    DualStack ipv6 = DualStack::refused;
    bool operator==(const VpcSettings&) const = default;
};

struct FileSystemMount {
    std::string arn;
    std::string path;
    bool operator==(const FileSystemMount&) const = default;
};

/// What AWS keeps of a function beyond what an execution environment needs; stored and returned.
struct FunctionSettings {
    std::string description;
    std::string role;
    std::string kms_key;
    std::string tracing_mode = "PassThrough";
    std::string dead_letter_target;
    std::string snap_start = "None";
    VpcSettings vpc;
    LoggingSettings logging;
    std::vector<FileSystemMount> file_systems;
    bool operator==(const FunctionSettings&) const = default;
};

/// One version of a function, immutable: `$LATEST` as it is now, or a published one.
struct FunctionRecord {
    FunctionConfig config; ///< `code` and `layers` are used by configured functions alone
    FunctionSettings settings;
    PackageInfo package;
    std::vector<UsedLayer> layers;
    std::string version = "$LATEST";
    std::string revision_id;
    WallTime last_modified{};
};

struct Alias {
    std::string name;
    std::string description;
    std::string version;
    std::map<std::string, double> weights; ///< of other versions; the alias's own has the rest
    std::string revision_id;
};

struct PolicyStatement {
    std::string id;
    std::string json; ///< the whole statement
};
struct Policy {
    std::vector<PolicyStatement> statements;
    std::string revision_id;
};

struct EventInvokeSettings {
    std::optional<std::int64_t> retries_max;
    std::optional<std::int64_t> event_age_seconds_max;
    std::string on_success; ///< ARN; empty = none
    std::string on_failure;
    WallTime last_modified{};
};

struct UrlSettings {
    std::string id; ///< the first label of the URL's host
    std::string auth_type;
    std::string invoke_mode = "BUFFERED";
    std::string cors; ///< JSON text; empty = none
    WallTime created{};
    WallTime last_modified{};
};

struct ProvisionedSettings {
    std::uint32_t requested = 0;
    WallTime last_modified{};
};

struct RuntimeManagement {
    std::string update_on = "Auto";
    std::string version_arn;
};

/// Everything known of one function. Immutable once it is in the registry; a change is a new object that shares the records that it does
/// not touch, so that equal pointers mean the same revision.
struct FunctionState {
    ResourceKey key;
    std::shared_ptr<const FunctionRecord> latest; ///< never null
    std::map<std::uint64_t, std::shared_ptr<const FunctionRecord>> versions;
    std::uint64_t next_version = 1;
    std::map<std::string, Alias> aliases;
    std::map<std::string, std::string> tags;
    std::optional<std::uint32_t> reserved_concurrency;
    std::string recursive_loop = "Terminate";
    // By qualifier; the function itself is `$LATEST`.
    std::map<std::string, Policy> policies;
    std::map<std::string, ProvisionedSettings> provisioned;
    std::map<std::string, EventInvokeSettings> event_invoke;
    std::map<std::string, UrlSettings> urls;
    std::map<std::string, RuntimeManagement> runtime_management;
};

struct LayerVersion {
    std::uint64_t version = 1;
    std::string description;
    std::string license;
    std::vector<std::string> runtimes;
    std::vector<std::string> architectures;
    PackageInfo package;
    WallTime created{};
    Policy policy;
};

struct LayerState {
    ResourceKey key;
    std::map<std::uint64_t, std::shared_ptr<const LayerVersion>> versions;
    std::uint64_t next_version = 1; ///< never used twice, deleted ones included
};

struct EventSourceMapping {
    std::string uuid;
    ResourceKey key; ///< of the function
    std::string function_arn;
    std::string event_source_arn; ///< empty for self-managed sources
    std::string settings;         ///< JSON text: the members that polling will need
    WallTime last_modified{};
    enum class Activity { enabled, disabled };
    Activity activity = Activity::enabled;
    std::map<std::string, std::string> tags;
};

/// Which version an invocation of the alias runs: `random` in [0, 1) against the weights, in the order of the version numbers.
[[nodiscard]] const std::string& routed_version(const Alias& alias, double random);

/// Whether publishing `latest` would make what `published` is already; AWS then answers with that version.
[[nodiscard]] bool same_content(const FunctionRecord& latest, const FunctionRecord& published);

/// The record that `qualifier` names (`$LATEST`, empty or a version number); null when there is none. Aliases are not looked at.
[[nodiscard]] std::shared_ptr<const FunctionRecord> find_version(const FunctionState& state, std::string_view qualifier);

/// Whether the qualifier names a version or alias that is there. Empty counts as `$LATEST`.
[[nodiscard]] bool has_qualifier(const FunctionState& state, std::string_view qualifier);

/// What the owner decided about Event invocations that ask for `qualifier` (empty = `$LATEST`) and are executed by `version`; AWS's
/// defaults where nothing was (behaviour §7.4).
[[nodiscard]] EventInvokeConfig event_invoke_config(const FunctionState& state, std::string_view version, std::string_view qualifier);

/// Bytes of all versions of a function: AWS counts a package once for each version that has it.
[[nodiscard]] std::uint64_t code_bytes(const FunctionState& state);

/// What has to be known of a function while nobody asks for it.
struct FunctionSummary {
    std::uint64_t code_bytes = 0;
    std::optional<std::uint32_t> reserved_concurrency;
    std::vector<std::string> packages; ///< locations of the zips that its versions and their layers need, each once
    enum class Environments { on_demand, kept_ready };
    Environments environments = Environments::on_demand;
    bool operator==(const FunctionSummary&) const = default;
};
[[nodiscard]] FunctionSummary summarize(const FunctionState& state);

} // namespace lambox::model
