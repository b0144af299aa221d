#pragma once

#include "lambox/model/function_config.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambox::model {

using EnvironmentVariables = std::vector<std::pair<std::string, std::string>>;

/// Where the environment finds its parts; `/var/task` and so on under isolation `sandbox`, host paths under `process`.
struct EnvironmentRoots {
    std::string task;      ///< LAMBDA_TASK_ROOT and working directory
    std::string layers;    ///< `/opt`; empty = none
    std::string runtime = "/var/runtime";
    std::string temporary; ///< TMPDIR, where /tmp is the host's; empty = the function has a /tmp of its own
};

struct EnvironmentIdentity {
    std::string region;
    std::string log_stream;
    std::string version = "$LATEST";
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;
    std::string initialization_type = "on-demand";
};

/// The variables of a new runtime process (behaviour §3.1), without the ones that its protocol adds; with SnapStart, without credentials
/// and the names of its log. Later ones win over the function's own where AWS reserves the name; no name appears twice. `language` are
/// those of its language, which it may override.
[[nodiscard]] EnvironmentVariables runtime_environment(const FunctionConfig& config, const EnvironmentRoots& roots,
                                                       const EnvironmentIdentity& identity, const EnvironmentVariables& language = {});

/// The same for the program of a container image: the image's own variables (`config.environment`) stay as they are, credentials among
/// them, but for those that AWS reserves and the image cannot know (behaviour §3.1, RIE's merge order).
[[nodiscard]] EnvironmentVariables image_environment(const FunctionConfig& config, const EnvironmentIdentity& identity);

/// What is left of a runtime's variables for an external extension (behaviour §2.4).
[[nodiscard]] EnvironmentVariables extension_environment(const EnvironmentVariables& runtime);

/// `2026/01/31/[$LATEST]<32 hex>` (behaviour §3.1).
[[nodiscard]] std::string log_stream_name(WallTime now, std::string_view version, std::string_view hex);

} // namespace lambox::model
