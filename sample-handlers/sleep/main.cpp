// {"ms": N} sleeps N milliseconds, deadline or not, and answers {"slept_ms": N}.

#include <chrono>
#include <string>
#include <thread>

#include "event_fields.hpp"
#include "runtime_client.hpp"

namespace {

runtime_client::Answer handle(const runtime_client::Invocation& invocation) {
    const auto ms = runtime_client::number_field(invocation.body, "ms");
    if (!ms || *ms < 0) return runtime_client::Failure{"Function.BadEvent", "the event must be {\"ms\": N}"};
    std::this_thread::sleep_for(std::chrono::milliseconds(*ms));
    return "{\"slept_ms\":" + std::to_string(*ms) + "}";
}

} // namespace

int main() { return runtime_client::run(handle); }
