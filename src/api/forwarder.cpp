#include "lambox/api/forwarder.hpp"

#include "lambox/api/aws_error.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/io/http_client.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace lambox::api {
namespace {

bool same(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [&](char a, char b) { return lower(a) == lower(b); });
}

/// RFC 9110 §7.6.1: these belong to one connection.
constexpr std::array<std::string_view, 10> hop_by_hop{"Connection", "Keep-Alive",    "Proxy-Authenticate", "Proxy-Authorization",
                                                      "TE",         "Trailer",       "Transfer-Encoding",  "Upgrade",
                                                      "Expect",     "Content-Length"};

io::HttpHeaders end_to_end(const io::HttpHeaders& headers) {
    io::HttpHeaders kept;
    for (const auto [name, value] : headers) {
        const auto is_this = [&name = name](std::string_view hop) { return same(name, hop); };
        if (std::none_of(hop_by_hop.begin(), hop_by_hop.end(), is_this)) kept.add(name, value);
    }
    return kept;
}

/// Counts a request in and, however it ends, out.
class Counted {
public:
    explicit Counted(std::size_t& count) : count_(count) { ++count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --count_; }

private:
    std::size_t& count_;
};

} // namespace

Forwarder::Forwarder(boost::asio::any_io_executor executor, io::Clock& clock, std::string host, std::uint16_t port)
    : executor_(std::move(executor)), clock_(clock), host_(std::move(host)), port_(port) {}

boost::asio::awaitable<io::HttpResponse> Forwarder::forward(io::HttpRequest request, RequestScope scope, std::string request_id) {
    const AwsProtocol protocol = protocol_of(request, scope.service);
    if (request.body_state != io::BodyState::complete) {
        const AwsError error{413, "RequestEntityTooLarge", "The request's body is larger than lambox hands on, or was cut off."};
        co_return aws_error_response(protocol, error, request_id);
    }
    if (running_ >= limits::forwards_max) {
        const AwsError error{503, "ServiceUnavailable", "lambox hands on as many requests as it may already; try again."};
        co_return aws_error_response(protocol, error, request_id);
    }
    const Counted counted(running_);
    request.headers = end_to_end(request.headers);
    io::HttpClient client(executor_, clock_, host_, port_);
    const Instant deadline = clock_.now() + limits::forward_timeout;
    auto answer = co_await client.request(std::move(request), deadline);
    if (!answer) {
        const AwsError error{502, "BadGateway",
                             "lambox handed the request for service '" + scope.service + "' to http://" + host_ + ":" +
                                 std::to_string(port_) + ", which gave no answer: " + answer.error().message};
        co_return aws_error_response(protocol, error, request_id);
    }
    answer->headers = end_to_end(answer->headers);
    co_return std::move(*answer);
}

} // namespace lambox::api
