#include "bench/outgoing.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>

namespace lambox::bench {

void Outgoing::begin(std::string_view body) {
    body_ = body;
    sent_ = 0;
    under_way_ = true;
}

void Outgoing::begin(Buffer& bytes, std::size_t at) {
    kept_.swap(bytes);
    begin(kept_.view().substr(at));
}

Outgoing::Step Outgoing::send(int fd) {
    while (sent_ < head.size() + body_.size()) {
        iovec parts[2];
        std::size_t count = 0;
        if (sent_ < head.size()) parts[count++] = {head.data() + sent_, head.size() - sent_};
        const std::size_t body_sent = sent_ < head.size() ? 0 : sent_ - head.size();
        if (body_sent < body_.size()) parts[count++] = {const_cast<char*>(body_.data()) + body_sent, body_.size() - body_sent};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = count;
        const auto sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) return Step::more;
        if (sent < 0) return Step::closed;
        sent_ += static_cast<std::size_t>(sent);
    }
    under_way_ = false;
    return Step::complete;
}

} // namespace lambox::bench
