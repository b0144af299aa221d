#include "runtime_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace runtime_client {
namespace {

constexpr std::string_view api_version = "/2018-06-01";
constexpr std::size_t head_bytes_max = 256 * 1024;
constexpr std::size_t body_bytes_max = 64 * 1024 * 1024;

[[noreturn]] void throw_errno(const char* what) { throw std::runtime_error(std::string(what) + ": " + std::strerror(errno)); }

bool same_name(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i)
        if (lower(left[i]) != lower(right[i])) return false;
    return true;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

template <class Number>
Number parse_number(std::string_view text, int base, const char* what) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) throw std::runtime_error(std::string("reply has a bad ") + what);
    return value;
}

// A line break in a header value would let an event write headers of its own.
std::string header_value(std::string_view text) {
    std::string value(text.substr(0, 1024));
    for (char& c : value)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return value;
}

struct Response {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    [[nodiscard]] std::string_view header(std::string_view name) const {
        for (const auto& [key, value] : headers)
            if (same_name(key, name)) return value;
        return {};
    }
};

std::string api_address() {
    const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
    if (address == nullptr || *address == '\0') throw std::runtime_error("AWS_LAMBDA_RUNTIME_API is not set");
    return address;
}

} // namespace

int connect_runtime_api() {
    const std::string address = api_address();
    const auto colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    sockaddr_in target{};
    target.sin_family = AF_INET;
    if (colon == std::string::npos || inet_pton(AF_INET, host.c_str(), &target.sin_addr) != 1)
        throw std::runtime_error("AWS_LAMBDA_RUNTIME_API is not IPV4:PORT: " + address);
    target.sin_port = htons(parse_number<std::uint16_t>(std::string_view(address).substr(colon + 1), 10, "port"));

    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw_errno("socket");
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // An interrupted connect goes on in the background, so trying again would be refused; a client without signal handlers never sees it.
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) {
        const int error = errno;
        ::close(fd);
        errno = error;
        throw_errno("connect to the Runtime API");
    }
    return fd;
}

class Client::Connection {
public:
    Connection() = default;
    ~Connection() { close(); }
    Connection(Connection&&) = delete;

    Response exchange(const std::string& request) {
        drop_if_peer_closed();
        if (fd_ < 0) fd_ = connect_runtime_api();
        try {
            send_all(request);
            Response response = read_response();
            while (response.status / 100 == 1)
                response = read_response();
            if (same_name(response.header("Connection"), "close")) close();
            return response;
        } catch (...) {
            close();
            throw;
        }
    }

private:
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
        buffer_.clear();
    }

    // A POST cannot be sent twice safely, so a connection that the server has closed while idle is noticed before it is used.
    void drop_if_peer_closed() {
        if (fd_ < 0) return;
        char byte = 0;
        const auto got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        close();
    }

    void send_all(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0) throw_errno("send to the Runtime API");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    // False at the end of the stream.
    bool receive() {
        char chunk[16 * 1024];
        for (;;) {
            const auto got = ::recv(fd_, chunk, sizeof chunk, 0);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw_errno("receive from the Runtime API");
            buffer_.append(chunk, static_cast<std::size_t>(got));
            return got > 0;
        }
    }

    void receive_more() {
        if (!receive()) throw std::runtime_error("the Runtime API closed the connection");
    }

    std::string take_line() {
        std::size_t searched = 0;
        for (;;) {
            const auto end = buffer_.find("\r\n", searched);
            if (end != std::string::npos) {
                std::string line = buffer_.substr(0, end);
                buffer_.erase(0, end + 2);
                return line;
            }
            if (buffer_.size() > head_bytes_max) throw std::runtime_error("reply head is too long");
            searched = buffer_.empty() ? 0 : buffer_.size() - 1;
            receive_more();
        }
    }

    std::string take_bytes(std::size_t count) {
        while (buffer_.size() < count)
            receive_more();
        std::string bytes = buffer_.substr(0, count);
        buffer_.erase(0, count);
        return bytes;
    }

    std::string take_chunks() {
        std::string body;
        for (;;) {
            const std::string line = take_line();
            const auto size = parse_number<std::size_t>(trim(std::string_view(line).substr(0, line.find(';'))), 16, "chunk size");
            if (size > body_bytes_max - body.size()) throw std::runtime_error("reply body is too long");
            if (size == 0) break;
            body += take_bytes(size);
            if (!take_line().empty()) throw std::runtime_error("reply has a bad chunk end");
        }
        while (!take_line().empty()) {
        }
        return body;
    }

    std::string take_until_close() {
        while (receive())
            if (buffer_.size() > body_bytes_max) throw std::runtime_error("reply body is too long");
        return std::exchange(buffer_, {});
    }

    Response read_response() {
        Response response;
        const std::string status_line = take_line();
        if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12) throw std::runtime_error("reply is not HTTP/1.1");
        response.status = parse_number<int>(std::string_view(status_line).substr(9, 3), 10, "status");
        std::size_t head_bytes = 0;
        for (std::string line = take_line(); !line.empty(); line = take_line()) {
            head_bytes += line.size();
            if (head_bytes > head_bytes_max) throw std::runtime_error("reply head is too long");
            const auto colon = line.find(':');
            if (colon == std::string::npos) throw std::runtime_error("reply has a bad header");
            response.headers.emplace_back(line.substr(0, colon), trim(std::string_view(line).substr(colon + 1)));
        }
        if (response.status / 100 == 1 || response.status == 204) return response;
        if (same_name(response.header("Transfer-Encoding"), "chunked")) {
            response.body = take_chunks();
        } else if (const auto length = response.header("Content-Length"); !length.empty()) {
            const auto count = parse_number<std::size_t>(length, 10, "Content-Length");
            if (count > body_bytes_max) throw std::runtime_error("reply body is too long");
            response.body = take_bytes(count);
        } else {
            response.body = take_until_close();
            close();
        }
        return response;
    }

    int fd_ = -1;
    std::string buffer_;
};

Client::Client() : connection_(std::make_unique<Connection>()) {}
Client::~Client() = default;

namespace {

std::string request_head(std::string_view method, std::string_view path) {
    std::string head;
    head.append(method).append(" ").append(api_version).append(path).append(" HTTP/1.1\r\nHost: ").append(api_address());
    head.append("\r\nUser-Agent: lambox-sample-handler/1\r\n");
    return head;
}

std::string failure_body(const Failure& failure) {
    return "{\"errorMessage\":" + json_quote(failure.message) + ",\"errorType\":" + json_quote(failure.type) + "}";
}

std::string failure_headers(const Failure& failure) { return "Lambda-Runtime-Function-Error-Type: " + header_value(failure.type) + "\r\n"; }

} // namespace

Invocation Client::next() {
    Response response = connection_->exchange(request_head("GET", "/runtime/invocation/next") + "\r\n");
    if (response.status != 200) throw std::runtime_error("next was refused with " + std::to_string(response.status) + ": " + response.body);
    Invocation invocation;
    invocation.request_id = response.header("Lambda-Runtime-Aws-Request-Id");
    invocation.invocation_id = response.header("Lambda-Runtime-Invocation-Id");
    if (const auto deadline = response.header("Lambda-Runtime-Deadline-Ms"); !deadline.empty())
        invocation.deadline += std::chrono::milliseconds(parse_number<std::int64_t>(deadline, 10, "deadline"));
    invocation.function_arn = response.header("Lambda-Runtime-Invoked-Function-Arn");
    invocation.trace_id = response.header("Lambda-Runtime-Trace-Id");
    invocation.client_context = response.header("Lambda-Runtime-Client-Context");
    invocation.content_type = response.header("Content-Type");
    invocation.body = std::move(response.body);
    if (invocation.trace_id.empty()) {
        ::unsetenv("_X_AMZN_TRACE_ID");
    } else {
        ::setenv("_X_AMZN_TRACE_ID", invocation.trace_id.c_str(), 1);
    }
    return invocation;
}

Verdict Client::post(const std::string& path, const Invocation& invocation, const std::string& extra_headers, std::string_view body) {
    std::string request = request_head("POST", path) + extra_headers;
    if (!invocation.invocation_id.empty()) request += "Lambda-Runtime-Invocation-Id: " + header_value(invocation.invocation_id) + "\r\n";
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    request += body;
    Response response = connection_->exchange(request);
    return Verdict{response.status, std::move(response.body)};
}

Verdict Client::respond(const Invocation& invocation, std::string_view body) {
    return post("/runtime/invocation/" + invocation.request_id + "/response", invocation, "", body);
}

Verdict Client::fail(const Invocation& invocation, const Failure& failure) {
    const std::string body = failure_body(failure);
    return post("/runtime/invocation/" + invocation.request_id + "/error", invocation, failure_headers(failure), body);
}

Verdict Client::init_error(const Failure& failure) {
    return post("/runtime/init/error", Invocation{}, failure_headers(failure), failure_body(failure));
}

namespace {

Answer call(const Handler& handler, const Invocation& invocation) {
    try {
        return handler(invocation);
    } catch (const std::exception& error) {
        return Failure{"Function.UncaughtException", error.what()};
    } catch (...) {
        return Failure{"Function.UncaughtException", "the handler threw something that is not a std::exception"};
    }
}

} // namespace

int run(const Handler& handler) {
    try {
        Client client;
        for (;;) {
            const Invocation invocation = client.next();
            const Answer answer = call(handler, invocation);
            const auto* body = std::get_if<std::string>(&answer);
            const Verdict verdict =
                body != nullptr ? client.respond(invocation, *body) : client.fail(invocation, std::get<Failure>(answer));
            if (verdict.status != 202) std::fprintf(stderr, "answer was refused with %d: %s\n", verdict.status, verdict.body.c_str());
            // AWS asks a runtime to leave promptly when the platform reports that the environment is broken.
            if (verdict.status >= 500) return 1;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "runtime client: %s\n", error.what());
        return 1;
    }
}

int init_error(const Failure& failure) {
    try {
        Client client;
        const Verdict verdict = client.init_error(failure);
        if (verdict.status != 202) std::fprintf(stderr, "init error was refused with %d: %s\n", verdict.status, verdict.body.c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "runtime client: %s\n", error.what());
    }
    return 1;
}

std::string json_quote(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            out += escape;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

} // namespace runtime_client
