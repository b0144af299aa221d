#include "lambox/engine/log_sink.hpp"

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

void DescriptorLogSink::write(const LogOrigin& origin, std::string_view text) {
    switch (prefix_) {
    case LogPrefix::none: write_whole(descriptor_, text); return;
    case LogPrefix::environment: break;
    }
    std::string prefixed;
    while (!text.empty()) {
        const auto newline = text.find('\n');
        const auto line = text.substr(0, newline == std::string_view::npos ? text.size() : newline + 1);
        prefixed.append(origin.environment_id).append(" | ").append(line);
        text.remove_prefix(line.size());
    }
    write_whole(descriptor_, prefixed);
}

} // namespace lambox::engine
