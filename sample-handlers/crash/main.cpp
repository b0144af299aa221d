// Dies as the event says: {"mode": "exit", "code": N} or {"mode": "signal", "signal": "SIGSEGV"} (a name or a number).
// Any other event is answered with {"crashed": false}.
// CRASH_IN_INIT makes it fail before its first event instead: exit:N, signal:N, hang, or error (reports an init error, then exits 1).

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "event_fields.hpp"
#include "runtime_client.hpp"

namespace {

constexpr std::array<std::pair<std::string_view, int>, 10> signal_names{{{"SIGSEGV", SIGSEGV},
                                                                         {"SIGABRT", SIGABRT},
                                                                         {"SIGBUS", SIGBUS},
                                                                         {"SIGFPE", SIGFPE},
                                                                         {"SIGILL", SIGILL},
                                                                         {"SIGTRAP", SIGTRAP},
                                                                         {"SIGKILL", SIGKILL},
                                                                         {"SIGTERM", SIGTERM},
                                                                         {"SIGINT", SIGINT},
                                                                         {"SIGPIPE", SIGPIPE}}};

std::optional<int> signal_number(std::string_view name) {
    for (const auto& [known, number] : signal_names)
        if (known == name) return number;
    return std::nullopt;
}

// The address is hidden from the optimiser, which may turn a visible null store into a trap of another signal.
void touch_nothing() {
    volatile auto address = std::uintptr_t{0};
    *reinterpret_cast<volatile char*>(address) = 1;
}

[[noreturn]] void die_by_signal(int number) {
    ::signal(number, SIG_DFL);
    // The first process of a pid namespace ignores signals it sends to itself, but not a real fault.
    if (number == SIGSEGV) touch_nothing();
    ::kill(::getpid(), number);
    std::fprintf(stderr, "signal %d did not end this process\n", number);
    std::_Exit(128 + (number & 0x7f));
}

[[noreturn]] void hang() {
    for (;;)
        ::pause();
}

runtime_client::Answer handle(const runtime_client::Invocation& invocation) {
    const auto mode = runtime_client::string_field_or(invocation.body, "mode", "");
    if (mode == "exit") std::_Exit(static_cast<int>(runtime_client::number_field_or(invocation.body, "code", 1)));
    if (mode == "signal") {
        auto number = runtime_client::number_field(invocation.body, "signal");
        if (!number) number = signal_number(runtime_client::string_field_or(invocation.body, "signal", "SIGSEGV"));
        if (!number) return runtime_client::Failure{"Function.BadEvent", "the signal is not known"};
        die_by_signal(static_cast<int>(*number));
    }
    return "{\"crashed\":false}";
}

// Text like exit:3 or signal:11.
std::optional<int> number_after(std::string_view text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return std::nullopt;
    return std::atoi(std::string(text.substr(prefix.size())).c_str());
}

} // namespace

int main() {
    const char* setting = std::getenv("CRASH_IN_INIT");
    const std::string_view how = setting == nullptr ? "" : setting;
    if (const auto code = number_after(how, "exit:")) return *code;
    if (const auto number = number_after(how, "signal:")) die_by_signal(*number);
    if (how == "hang") hang();
    if (how == "error") return runtime_client::init_error({"Function.InitFailed", "CRASH_IN_INIT asked for an init error"});
    if (!how.empty()) {
        std::fprintf(stderr, "CRASH_IN_INIT must be exit:N, signal:N, hang or error\n");
        return 2;
    }
    return runtime_client::run(handle);
}
