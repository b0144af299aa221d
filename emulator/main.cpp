#include "emulator/commands/commands.hpp"
#include "emulator/commands/common.hpp"
#include "emulator/options.hpp"

#include <cstdlib>
#include <exception>

namespace {

using namespace lambox::emulator;

struct Commands {
    ExitCode operator()(const ServeAction& action) const { return serve(action); }
    ExitCode operator()(const RunAction& action) const { return run(action); }
    ExitCode operator()(const InvokeAction& action) const { return invoke(action); }
    ExitCode operator()(const CompareAction& action) const { return compare(action); }
    ExitCode operator()(const RuntimesAction& action) const { return runtimes(action); }
    ExitCode operator()(const RieAction& action) const { return rie(action); }
    ExitCode operator()(const HealthAction& action) const { return health(action); }
    ExitCode operator()(const HelpShown& help) const { return print(help.text) ? ExitCode::ok : ExitCode::could_not_start; }
    ExitCode operator()(const UsageErrors& errors) const {
        for (const auto& message : errors.messages) complain(message);
        return ExitCode::usage;
    }
};

} // namespace

int main(int argc, char** argv) {
    try {
        const auto action = parse_command_line(argc, argv, [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            if (value == nullptr || *value == '\0') return std::nullopt;
            return value;
        });
        return static_cast<int>(std::visit(Commands{}, action));
    } catch (const std::exception& error) {
        complain(std::string("internal error: ") + error.what());
        return static_cast<int>(ExitCode::could_not_start);
    }
}
