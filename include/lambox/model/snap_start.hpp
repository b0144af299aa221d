#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/era.hpp"
#include "lambox/model/runtime_catalogue.hpp"

#include <chrono>
#include <optional>
#include <string_view>

/// SnapStart's rules (behaviour §1.10; AWS's page "Improving startup performance with Lambda SnapStart").
namespace lambox::model {

/// SnapStart.ApplyOn.
enum class SnapStart { none, published_versions };

/// `None`, `PublishedVersions`.
[[nodiscard]] std::string_view to_string(SnapStart setting);
[[nodiscard]] std::optional<SnapStart> parse_snap_start(std::string_view text);

/// Java 11, Python 3.12, .NET 8 and later, each from the day on which AWS began with it.
[[nodiscard]] bool supports_snap_start(const Runtime& runtime, const Era& era);

/// What became of the environment's call for its first event after a restore.
enum class RestoreFailure {
    hook,      ///< the after-restore hooks reported an error, or the runtime ended in them: SnapStartException
    timed_out, ///< they took more than 10 s: SnapStartTimeoutException
};

/// AWS's name for it, and AWS's sentence.
[[nodiscard]] std::string_view exception_name(RestoreFailure failure);
[[nodiscard]] std::string_view exception_message(RestoreFailure failure);

/// REPORT's `Restore Duration` and `Billed Restore Duration`.
struct RestoreTime {
    Microseconds duration{0};
    std::chrono::milliseconds billed{0};
};
/// Loading a snapshot costs nothing on AWS and takes no time here, so all that was measured is billed, in whole milliseconds.
[[nodiscard]] RestoreTime restore_time(Microseconds measured);

} // namespace lambox::model
