// Goal: what a platform event and a line count as when a JSON log is filtered. Method: the table of behaviour §4.12.
#include "lambox/model/json_log_level.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace lambox::model;
using Level = JsonLogLevel;

namespace {

Level level(const decltype(TelemetryEvent::what)& what) { return system_level(TelemetryEvent{{}, what}); }

} // namespace

TEST_CASE("levels have names in any case, and everything else is INFO") {
    CHECK(parse_json_log_level("TRACE") == Level::trace);
    CHECK(parse_json_log_level("debug") == Level::debug);
    CHECK(parse_json_log_level("Info") == Level::info);
    CHECK(parse_json_log_level("warn") == Level::warn);
    CHECK(parse_json_log_level("ERROR") == Level::error);
    CHECK(parse_json_log_level("fatal") == Level::fatal);
    CHECK(parse_json_log_level("critical") == Level::info);
    CHECK(parse_json_log_level("") == Level::info);
    CHECK(Level::trace < Level::debug);
    CHECK(Level::error < Level::fatal);
}

TEST_CASE("platform events have the levels of AWS's table, and failures are warnings") {
    using Status = InvocationStatus;
    CHECK(level(PlatformInitStart{}) == Level::debug); // no runtime here has a version
    CHECK(level(PlatformStart{}) == Level::info);
    CHECK(level(PlatformExtension{"a", "Ready", {}, ""}) == Level::info);
    CHECK(level(PlatformExtension{"a", "LaunchError", {}, "PermissionDenied"}) == Level::warn);
    CHECK(level(PlatformSubscription{}) == Level::info);
    CHECK(level(PlatformLogsDropped{}) == Level::warn);
    for (const Status status : {Status::success, Status::error, Status::failure, Status::timeout}) {
        const bool fine = status == Status::success;
        CHECK(level(PlatformInitRuntimeDone{"on-demand", InitPhase::init, status, ""}) == (fine ? Level::debug : Level::warn));
        PlatformInitReport init{"on-demand", {}};
        init.report.status = status;
        CHECK(level(init) == (fine ? Level::debug : Level::warn));
        init.initialization = "provisioned-concurrency";
        CHECK(level(init) == (fine ? Level::info : Level::warn));
        PlatformRuntimeDone done;
        done.status = status;
        CHECK(level(done) == (fine ? Level::debug : Level::warn));
        PlatformReport report;
        report.report.status = status;
        CHECK(level(report) == (fine ? Level::info : Level::warn));
    }
}
