// The cheapest runtime that speaks the Runtime API: one blocking socket, no library, static. It answers each event with itself, so
// that what is measured around it is the emulator.
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

constexpr char next_request[] = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
constexpr size_t event_bytes_max = 8 * 1024 * 1024;
constexpr size_t id_bytes_max = 64;

/// In the zero pages of the program: nothing is allocated, nothing is touched that an event does not fill.
char received[event_bytes_max];

[[noreturn]] void leave(const char* why) {
    // An emulator that goes away closes the connection: that is the ordinary end.
    if (why != nullptr) std::fprintf(stderr, "bench_runtime: %s\n", why);
    std::exit(why == nullptr ? 0 : 1);
}

int connect_to_emulator() {
    const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
    const char* colon = address == nullptr ? nullptr : std::strrchr(address, ':');
    if (colon == nullptr) leave("AWS_LAMBDA_RUNTIME_API is not IPV4:PORT");
    char host[64] = {};
    std::memcpy(host, address, static_cast<size_t>(colon - address) < sizeof host ? static_cast<size_t>(colon - address) : 0);
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(static_cast<uint16_t>(std::atoi(colon + 1)));
    if (inet_pton(AF_INET, host, &target.sin_addr) != 1) leave("AWS_LAMBDA_RUNTIME_API is not IPV4:PORT");
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) leave("cannot connect");
    return fd;
}

void send_all(int fd, const char* head, size_t head_bytes, const char* body, size_t body_bytes) {
    iovec parts[2] = {{const_cast<char*>(head), head_bytes}, {const_cast<char*>(body), body_bytes}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = body_bytes == 0 ? 1 : 2;
    while (message.msg_iovlen > 0) {
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0) leave(nullptr);
        while (message.msg_iovlen > 0 && static_cast<size_t>(sent) >= message.msg_iov->iov_len) {
            sent -= static_cast<ssize_t>(message.msg_iov->iov_len);
            ++message.msg_iov;
            --message.msg_iovlen;
        }
        if (message.msg_iovlen == 0) return;
        message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + sent;
        message.msg_iov->iov_len -= static_cast<size_t>(sent);
    }
}

/// The value of a header of the head in `received`, or null; `name` with its colon.
const char* find_header(size_t head_bytes, const char* name) {
    const size_t name_bytes = std::strlen(name);
    for (const char* at = received; at < received + head_bytes; ++at) {
        if (*at != '\n' || strncasecmp(at + 1, name, name_bytes) != 0) continue;
        at += 1 + name_bytes;
        while (*at == ' ')
            ++at;
        return at;
    }
    return nullptr;
}

struct Reply {
    size_t head_bytes;
    size_t body_bytes;
};

Reply receive(int fd) {
    size_t have = 0;
    Reply reply{0, 0};
    while (reply.head_bytes == 0 || have < reply.head_bytes + reply.body_bytes) {
        const ssize_t got = recv(fd, received + have, sizeof received - 1 - have, 0);
        if (got <= 0) leave(nullptr);
        have += static_cast<size_t>(got);
        if (reply.head_bytes != 0) continue;
        const void* end = memmem(received, have, "\r\n\r\n", 4);
        if (end == nullptr) continue;
        reply.head_bytes = static_cast<size_t>(static_cast<const char*>(end) - received) + 4;
        if (const char* length = find_header(reply.head_bytes, "content-length:")) reply.body_bytes = std::strtoul(length, nullptr, 10);
        if (reply.head_bytes + reply.body_bytes >= sizeof received) leave("the event is too long");
    }
    return reply;
}

} // namespace

int main() {
    const int fd = connect_to_emulator();
    for (;;) {
        send_all(fd, next_request, sizeof next_request - 1, nullptr, 0);
        const Reply event = receive(fd);
        const char* id = find_header(event.head_bytes, "lambda-runtime-aws-request-id:");
        if (id == nullptr) leave("an event without a request id");
        const size_t id_bytes = strcspn(id, "\r");
        if (id_bytes > id_bytes_max) leave("the request id is too long");
        char head[256 + id_bytes_max];
        const int head_bytes = std::snprintf(head, sizeof head,
                                             "POST /2018-06-01/runtime/invocation/%.*s/response HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                                             static_cast<int>(id_bytes), id, event.body_bytes);
        send_all(fd, head, static_cast<size_t>(head_bytes), received + event.head_bytes, event.body_bytes);
        receive(fd);
    }
}
