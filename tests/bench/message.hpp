#pragma once

#include "bench/buffer.hpp"

#include <cstdint>
#include <string_view>

namespace lambox::bench {

/// One HTTP message at a time from a socket that does not block: as much of HTTP as peers on loopback use who never send a
/// second message before the first one is answered.
class Message {
public:
    enum class Step : std::uint8_t { more, complete, closed };

    /// Reads what is there; `complete` once, when the last byte is in. `closed` is also what a malformed message gives.
    [[nodiscard]] Step receive(int fd);

    [[nodiscard]] std::string_view head() const { return buffer_.view().substr(0, head_bytes_); }
    /// As it was sent: a chunked body still has its chunk lines.
    [[nodiscard]] std::string_view body() const { return buffer_.view().substr(head_bytes_, end_ - head_bytes_); }
    [[nodiscard]] bool chunked() const { return chunked_; }

    /// Gives the message's bytes away and starts anew, with the storage of `bytes`; the body begins at the returned offset.
    [[nodiscard]] std::size_t take(Buffer& bytes);
    void clear();

private:
    [[nodiscard]] bool parse_head();
    [[nodiscard]] Step progress();
    [[nodiscard]] Step walk_chunks();

    Buffer buffer_;
    std::size_t head_bytes_ = 0; ///< 0 until the head is complete
    std::size_t end_ = 0;        ///< where the message ends; while chunks come, where the next one begins
    bool chunked_ = false;
};

/// The value of a header in a head, or nothing; the name in lower case.
[[nodiscard]] std::string_view header(std::string_view head, std::string_view name);

} // namespace lambox::bench
