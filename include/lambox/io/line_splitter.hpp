#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lambox::io {

/// Cuts a stream of bytes into lines. A line longer than the bound is passed on in pieces of that size.
/// What has no newline yet is held.
class LineSplitter {
public:
    explicit LineSplitter(std::size_t line_bytes_max);
    /// Calls `sink(std::string_view line)` for each finished line, newline included.
    template <class Sink>
    void feed(std::string_view bytes, Sink&& sink) {
        while (!bytes.empty()) {
            const std::size_t newline = bytes.find('\n');
            const std::size_t room = line_bytes_max_ - held_.size();
            const bool whole = newline != std::string_view::npos && newline < room;
            const std::size_t taken = whole ? newline + 1 : (bytes.size() < room ? bytes.size() : room);
            held_.append(bytes.substr(0, taken));
            bytes.remove_prefix(taken);
            if (!whole && held_.size() < line_bytes_max_) return;
            sink(std::string_view(held_));
            held_.clear();
        }
    }
    /// The unfinished line, and forgets it.
    [[nodiscard]] std::string take_rest();

private:
    std::size_t line_bytes_max_;
    std::string held_;
};

} // namespace lambox::io
