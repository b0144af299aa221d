#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/era.hpp"
#include "lambox/model/managed_instances.hpp"
#include "lambox/model/runtime_catalogue.hpp"
#include "lambox/model/snap_start.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lambox::model {

/// AWS's LoggingConfig.
struct LoggingSettings {
    std::string format = "Text"; ///< or `JSON`
    std::string application_level; ///< JSON format only; empty = INFO
    std::string system_level;
    std::string group; ///< empty = /aws/lambda/NAME
    bool operator==(const LoggingSettings&) const = default;
    [[nodiscard]] bool json() const { return format == "JSON"; }
};

/// A definition as somebody wrote it, nothing checked. Absent numbers take AWS's defaults.
struct FunctionSpec {
    std::string name;
    std::string runtime;
    std::string handler;
    std::vector<std::string> architectures; ///< empty = x86_64, as on AWS
    std::string code;                       ///< host path: folder, zip or single binary
    std::string rootfs;                     ///< host path of an unpacked container image to run inside; empty = this machine's system
    std::optional<std::int64_t> memory_size;
    std::optional<std::int64_t> timeout;
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::string> layers;
    std::optional<std::int64_t> ephemeral_storage;
    std::optional<std::int64_t> reserved_concurrent_executions;
    LoggingSettings logging;
    std::string snap_start = "None"; ///< SnapStart.ApplyOn
    std::optional<ManagedInstancesSpec> managed_instances;
};

/// One broken rule; `member` is the API's member name in snake case (`memory_size`), `message` says what is
/// allowed.
struct Violation {
    std::string member;
    std::string message;
};

/// The message without the member's name at its front, for whoever prints the name beside it.
[[nodiscard]] std::string_view message_alone(const Violation& violation);

/// A valid definition.
struct FunctionConfig {
    std::string name;
    const Runtime* runtime = nullptr; ///< into the catalogue, never null
    std::string handler;
    Architecture architecture = Architecture::x86_64;
    std::string code;
    std::string rootfs; ///< empty = none
    Mebibytes memory{128};
    Seconds timeout{3};
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::string> layers;
    Mebibytes ephemeral_storage{512};
    std::optional<std::uint32_t> reserved_concurrency;
    LoggingSettings logging; ///< JSON with `managed_instances`, whatever was written: it is all that they have (behaviour §1.11)
    SnapStart snap_start = SnapStart::none; ///< of a version that runs: whether its environments are SnapStart's
    std::optional<ManagedInstances> managed_instances; ///< nothing = an environment serves one invocation at a time
    /// RLIMIT_NOFILE of its processes.
    [[nodiscard]] std::uint64_t open_files_max() const;
};

enum class RuntimePolicy {
    lenient, ///< runtimes that AWS no longer lets you create stay creatable
    strict,  ///< refused from their create-blocked day on
};

/// The definition, or every violation at once. Rules: behaviour §3.1 (variables), §3.3, §8; era decides bounds.
[[nodiscard]] std::variant<FunctionConfig, std::vector<Violation>> make_function_config(const FunctionSpec& spec, const Era& era,
                                                                                        RuntimePolicy policy);

} // namespace lambox::model
