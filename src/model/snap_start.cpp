#include "lambox/model/snap_start.hpp"

#include <charconv>

namespace lambox::model {
namespace {

using namespace std::chrono;

/// The number that follows `prefix` in an identifier; nothing when another text does.
std::optional<int> number_after(std::string_view identifier, std::string_view prefix) {
    if (!identifier.starts_with(prefix)) return std::nullopt;
    identifier.remove_prefix(prefix.size());
    int number = 0;
    const auto [end, error] = std::from_chars(identifier.data(), identifier.data() + identifier.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
}

} // namespace

std::string_view to_string(SnapStart setting) {
    switch (setting) {
    case SnapStart::none: return "None";
    case SnapStart::published_versions: return "PublishedVersions";
    }
    return "";
}

std::optional<SnapStart> parse_snap_start(std::string_view text) {
    for (const SnapStart one : {SnapStart::none, SnapStart::published_versions}) {
        if (text == to_string(one)) return one;
    }
    return std::nullopt;
}

bool supports_snap_start(const Runtime& runtime, const Era& era) {
    constexpr year_month_day java_from = 2022y / 11 / 28;
    constexpr year_month_day others_from = 2024y / 11 / 18;
    if (runtime.image_only) return false;
    switch (runtime.family) {
    case RuntimeFamily::java: return era.reached(java_from) && number_after(runtime.identifier, "java").value_or(0) >= 11;
    case RuntimeFamily::python: return era.reached(others_from) && number_after(runtime.identifier, "python3.").value_or(0) >= 12;
    case RuntimeFamily::dotnet: return era.reached(others_from) && number_after(runtime.identifier, "dotnet").value_or(0) >= 8;
    case RuntimeFamily::nodejs:
    case RuntimeFamily::ruby:
    case RuntimeFamily::go:
    case RuntimeFamily::os_only: return false;
    }
    return false;
}

std::string_view exception_name(RestoreFailure failure) {
    switch (failure) {
    case RestoreFailure::hook: return "SnapStartException";
    case RestoreFailure::timed_out: return "SnapStartTimeoutException";
    }
    return "";
}

std::string_view exception_message(RestoreFailure failure) {
    switch (failure) {
    case RestoreFailure::hook:
        return "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.";
    case RestoreFailure::timed_out: return "Lambda couldn't restore the snapshot within the timeout limit.";
    }
    return "";
}

RestoreTime restore_time(Microseconds measured) { return {measured, ceil<milliseconds>(measured)}; }

} // namespace lambox::model
