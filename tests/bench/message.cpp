#include "bench/message.hpp"

#include <cerrno>
#include <charconv>
#include <sys/socket.h>

namespace lambox::bench {
namespace {

constexpr std::size_t first_bytes = 16 * 1024;
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view line_end = "\r\n";

char lower(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return c;
}

bool starts_with_name(std::string_view line, std::string_view name) {
    if (line.size() <= name.size() || line[name.size()] != ':') return false;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (lower(line[at]) != name[at]) return false;
    }
    return true;
}

} // namespace

std::string_view header(std::string_view head, std::string_view name) {
    for (auto end = head.find(line_end); end != std::string_view::npos; end = head.find(line_end)) {
        head.remove_prefix(end + line_end.size());
        if (!starts_with_name(head, name)) continue;
        std::string_view value = head.substr(name.size() + 1, head.find(line_end) - name.size() - 1);
        while (!value.empty() && value.front() == ' ')
            value.remove_prefix(1);
        return value;
    }
    return {};
}

Message::Step Message::receive(int fd) {
    for (;;) {
        if (buffer_.spare() == 0) buffer_.reserve(buffer_.size() == 0 ? first_bytes : 2 * buffer_.size());
        const std::size_t room = buffer_.spare();
        const auto got = ::recv(fd, buffer_.data() + buffer_.size(), room, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return Step::more;
        if (got <= 0) return Step::closed;
        buffer_.add(static_cast<std::size_t>(got));
        const Step step = progress();
        // Fewer bytes than there was room for: the socket is empty, so a second call would only say so.
        if (step != Step::more || static_cast<std::size_t>(got) < room) return step;
    }
}

std::size_t Message::take(Buffer& bytes) {
    const std::size_t body_at = head_bytes_;
    buffer_.swap(bytes);
    clear();
    return body_at;
}

void Message::clear() {
    buffer_.clear();
    head_bytes_ = 0;
    end_ = 0;
    chunked_ = false;
}

Message::Step Message::progress() {
    if (head_bytes_ == 0 && !parse_head()) return Step::more;
    if (chunked_) return walk_chunks();
    if (buffer_.size() > end_) return Step::closed;
    return buffer_.size() == end_ ? Step::complete : Step::more;
}

bool Message::parse_head() {
    const auto at = buffer_.view().find(head_end);
    if (at == std::string_view::npos) return false;
    head_bytes_ = at + head_end.size();
    end_ = head_bytes_;
    chunked_ = header(head(), "transfer-encoding") == "chunked";
    const std::string_view length = header(head(), "content-length");
    std::size_t body_bytes = 0;
    std::from_chars(length.data(), length.data() + length.size(), body_bytes);
    end_ += body_bytes;
    // One byte more, so that a read that fills it is known to be the last.
    buffer_.reserve(end_ + 1);
    return true;
}

Message::Step Message::walk_chunks() {
    for (;;) {
        const std::string_view rest = buffer_.view().substr(end_);
        const auto line = rest.find(line_end);
        if (line == std::string_view::npos) return Step::more;
        std::size_t bytes = 0;
        const auto parsed = std::from_chars(rest.data(), rest.data() + line, bytes, 16);
        if (parsed.ec != std::errc()) return Step::closed;
        const std::size_t whole = line + line_end.size() + bytes + line_end.size();
        if (rest.size() < whole) return Step::more;
        end_ += whole;
        if (bytes == 0) return Step::complete;
    }
}

} // namespace lambox::bench
