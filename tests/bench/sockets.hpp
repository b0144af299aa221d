#pragma once

#include <cstdint>
#include <string>

namespace lambox::bench {

/// A descriptor that is closed with its owner.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool open() const { return fd_ >= 0; }
    void close();

private:
    int fd_ = -1;
};

struct Listener {
    Descriptor socket;
    std::uint16_t port = 0;
};

enum class Blocking : std::uint8_t { yes, no };

/// All of these throw std::system_error; `what` names the call.
[[noreturn]] void fail(const std::string& what);
[[nodiscard]] Listener listen_on_loopback(Blocking blocking);
/// Connected, without Nagle's delay, and from then on not blocking.
[[nodiscard]] Descriptor connect_to(const std::string& host, std::uint16_t port);
void prepare_accepted(int fd);

} // namespace lambox::bench
