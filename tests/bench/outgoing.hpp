#pragma once

#include "bench/buffer.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lambox::bench {

/// A message on its way out, over as many calls as the socket needs. Head and body are gathered, not copied together.
class Outgoing {
public:
    enum class Step : std::uint8_t { more, complete, closed };

    /// The head's storage is kept from message to message; fill it, then begin.
    std::string head;

    /// `body` must stay where it is until the message is complete.
    void begin(std::string_view body);
    /// Begins with a body that lies in `bytes` from `at` on, and keeps them.
    void begin(Buffer& bytes, std::size_t at);
    [[nodiscard]] Step send(int fd);
    [[nodiscard]] bool under_way() const { return under_way_; }

private:
    Buffer kept_;
    std::string_view body_;
    std::size_t sent_ = 0;
    bool under_way_ = false;
};

} // namespace lambox::bench
