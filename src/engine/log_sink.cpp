#include "lambox/engine/log_sink.hpp"

#include "lambox/base/limits.hpp"

#include <unistd.h>

#include <cerrno>

namespace lambox::engine {
namespace {

void write_whole(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

} // namespace

DescriptorLogSink::DescriptorLogSink(int descriptor, LogPrefix prefix)
    : descriptor_(descriptor), prefix_(prefix), batching_(::isatty(descriptor) == 1 ? Batching::none : Batching::until_flush) {}

void DescriptorLogSink::write(const LogOrigin& origin, std::string_view text) {
    switch (prefix_) {
    case LogPrefix::none: gathered_.append(text); break;
    case LogPrefix::environment:
        while (!text.empty()) {
            const auto newline = text.find('\n');
            const auto line = text.substr(0, newline == std::string_view::npos ? text.size() : newline + 1);
            gathered_.append(origin.environment_id).append(" | ").append(line);
            text.remove_prefix(line.size());
        }
        break;
    }
    if (batching_ == Batching::none || gathered_.size() >= limits::log_batch_bytes_max) flush();
}

void DescriptorLogSink::flush() {
    write_whole(descriptor_, gathered_);
    gathered_.clear();
    // A line may be long; the batch after it will not be.
    if (gathered_.capacity() > 2 * limits::log_batch_bytes_max) gathered_.shrink_to_fit();
}

} // namespace lambox::engine
