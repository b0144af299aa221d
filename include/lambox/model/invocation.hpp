#pragma once

#include "lambox/base/ids.hpp"
#include "lambox/base/units.hpp"
#include "lambox/model/report.hpp"
#include "lambox/model/snap_start.hpp"

#include <memory>
#include <string>
#include <variant>

namespace lambox::model {

/// One event on its way to a function.
struct Invocation {
    RequestId request_id;
    std::string payload;
    std::string content_type = "application/json";
    FunctionArn invoked_arn; ///< as the caller named it: qualified or not
    std::string trace_header;
    std::string client_context; ///< JSON text, decoded; empty = none
    std::string invocation_id;  ///< of this attempt (eras from 2026-07); empty = not sent
};

/// What the caller gets. Every alternative but Throttled, RestoreFailed and Abandoned is a billed invocation.
struct Success {
    std::string payload;
};
enum class ErrorOrigin {
    function, ///< delivered by its runtime during the invocation
    platform, ///< said on its behalf: it died, timed out or did not start
};
/// The function, or the platform on its behalf, answered with an error object.
struct FunctionError {
    std::string payload;
    std::string error_type; ///< sanitised; for logs and REPORT, not for the caller
    ErrorOrigin origin = ErrorOrigin::function;
};
enum class ThrottleReason { reserved_concurrency, account_concurrency };
struct Throttled {
    ThrottleReason reason;
};
/// SnapStart: the environment could not be restored, and the function has not run.
struct RestoreFailed {
    RestoreFailure why = RestoreFailure::hook;
    std::string error_type; ///< sanitised; for people
};
/// lambox was told to stop before the function had answered.
struct Abandoned {};

using Outcome = std::variant<Success, FunctionError, Throttled, RestoreFailed, Abandoned>;

enum class StartKind { cold, warm };

/// Everything measured of one finished invocation; REPORT, log tail and JSON output are made from it alone.
struct InvocationFigures {
    InvocationReport report;
    StartKind start = StartKind::warm;
    Microseconds end_to_end{0}; ///< from the arrival of the call to its answer
    Microseconds overhead{0};   ///< of that, what was neither init nor the function at work
};

} // namespace lambox::model
