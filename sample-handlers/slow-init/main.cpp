// Sleeps SLOW_INIT_MS milliseconds (default 1000) before it asks for its first event; answers {"slept_ms": N}.

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "runtime_client.hpp"

int main() {
    const char* setting = std::getenv("SLOW_INIT_MS");
    const long ms = setting == nullptr ? 1000 : std::strtol(setting, nullptr, 10);
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    return runtime_client::run([ms](const runtime_client::Invocation&) { return "{\"slept_ms\":" + std::to_string(ms) + "}"; });
}
