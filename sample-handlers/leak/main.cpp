// {"mib": N} takes N MiB, touches every page and keeps them across invocations; with "keep": false they are freed before the answer.
// Answers {"held_mib": M}, all that it keeps by then.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "event_fields.hpp"
#include "runtime_client.hpp"

namespace {

constexpr std::int64_t mib_max = 64 * 1024;

class Hoard {
public:
    runtime_client::Answer handle(const runtime_client::Invocation& invocation) {
        const auto mib = runtime_client::number_field(invocation.body, "mib");
        if (!mib || *mib < 0 || *mib > mib_max) return runtime_client::Failure{"Function.BadEvent", "the event must be {\"mib\": N}"};
        try {
            take(*mib, runtime_client::bool_field(invocation.body, "keep").value_or(true));
        } catch (const std::bad_alloc&) {
            return runtime_client::Failure{"Function.OutOfMemory", "no memory for " + std::to_string(*mib) + " MiB"};
        }
        return "{\"held_mib\":" + std::to_string(held_mib_) + "}";
    }

private:
    void take(std::int64_t mib, bool keep) {
        const auto bytes = static_cast<std::size_t>(mib) << 20U;
        // Not value-initialised: the pages must be touched here, once, whatever the compiler thinks of the buffer.
        std::unique_ptr<char[]> block(new char[bytes]);
        volatile char* page = block.get();
        const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        for (std::size_t at = 0; at < bytes; at += page_bytes)
            page[at] = static_cast<char>(at / page_bytes + 1);
        if (!keep) return;
        blocks_.push_back(std::move(block));
        held_mib_ += mib;
    }

    std::vector<std::unique_ptr<char[]>> blocks_;
    std::int64_t held_mib_ = 0;
};

} // namespace

int main() {
    Hoard hoard;
    return runtime_client::run([&hoard](const runtime_client::Invocation& invocation) { return hoard.handle(invocation); });
}
