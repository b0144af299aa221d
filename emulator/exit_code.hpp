#pragma once

namespace lambox::emulator {

/// What the program tells the shell; documented in README.md.
enum class ExitCode : int {
    ok = 0,
    function_failed = 1, ///< the function answered with an error, crashed or timed out
    usage = 2,           ///< a wrong command line or a wrong lambox.yaml
    could_not_start = 3, ///< a port in use, an unreadable file, a machine that lacks something
    budget_missed = 4,   ///< a budget or an assertion about the figures did not hold
};

} // namespace lambox::emulator
