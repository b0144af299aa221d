#pragma once

#include "emulator/exit_code.hpp"
#include "emulator/options.hpp"

/// One function a command, one file each. Results go to stdout, everything else to stderr.
namespace lambox::emulator {

[[nodiscard]] ExitCode serve(const ServeAction& action);
[[nodiscard]] ExitCode run(const RunAction& action);
[[nodiscard]] ExitCode invoke(const InvokeAction& action);
[[nodiscard]] ExitCode compare(const CompareAction& action);
[[nodiscard]] ExitCode runtimes(const RuntimesAction& action);
[[nodiscard]] ExitCode rie(const RieAction& action);
[[nodiscard]] ExitCode health(const HealthAction& action);

} // namespace lambox::emulator
