#include "http_session.hpp"

#include "lambox/base/assert.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <limits>

namespace lambox::io::detail {
namespace {

constexpr std::size_t head_read_bytes = 16 * 1024;
constexpr std::size_t body_read_bytes = 64 * 1024;
constexpr std::chrono::milliseconds sweep_pause_min{50};
constexpr std::chrono::seconds leave_timeout{2};

HttpParseBounds parse_bounds(const HttpServerOptions& options) {
    LAMBOX_ASSERT(options.header_bytes_max <= std::numeric_limits<std::uint32_t>::max());
    return {options.header_bytes_max, options.body_bytes_max, std::max(limits::http_discard_bytes_max, options.body_bytes_max)};
}

HttpResponse plain_answer(unsigned status, std::string text) {
    HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(text);
    return response;
}

} // namespace

HttpConnections::HttpConnections(Clock& clock, HttpServerOptions options, HttpHandler handler, Logger log)
    : clock_(clock), options_(options), handler_(std::move(handler)), log_(std::move(log)) {}

HttpConnections::~HttpConnections() { LAMBOX_ASSERT(connections_.empty()); }

void HttpConnections::drain() {
    mode_ = Mode::draining;
    for (auto* connection : connections_) {
        if (connection->idle()) connection->cut();
    }
    rest_if_empty();
}

void HttpConnections::cut_all() {
    for (auto* connection : connections_) connection->cut();
}

void HttpConnections::watch(Instant deadline) {
    if (deadline >= next_sweep_) return;
    next_sweep_ = deadline;
    sweep_timer_ = clock_.call_at(deadline, [this] { sweep(); });
}

void HttpConnections::sweep() {
    const Instant now = clock_.now();
    Instant earliest = Instant::max();
    for (auto* connection : connections_) {
        if (connection->deadline() <= now) connection->cut();
        else earliest = std::min(earliest, connection->deadline());
    }
    next_sweep_ = Instant::max();
    // Deadlines that lie close together share a sweep.
    if (earliest != Instant::max()) watch(std::max(earliest, now + sweep_pause_min));
}

void HttpConnections::rest_if_empty() {
    // While it serves, the timer stays for the next connection; a drained server leaves nothing behind.
    if (!draining() || !connections_.empty()) return;
    sweep_timer_.reset();
    next_sweep_ = Instant::max();
}

HttpConnection::HttpConnection(HttpConnections& shared) : shared_(shared), parser_(parse_bounds(shared.options())) {
    place_ = shared_.connections_.insert(shared_.connections_.end(), this);
    enter(Phase::fresh);
}

HttpConnection::~HttpConnection() {
    shared_.connections_.erase(place_);
    shared_.rest_if_empty();
}

void HttpConnection::cut() {
    if (was_cut()) return;
    enter(Phase::cut);
    close_stream();
}

void HttpConnection::enter(Phase phase) {
    if (was_cut()) return;
    const auto& options = shared_.options();
    const Phase before = std::exchange(phase_, phase);
    std::optional<std::chrono::milliseconds> allowed;
    switch (phase) {
    case Phase::fresh: allowed = options.head_timeout; break;
    case Phase::idle: allowed = options.idle_timeout; break;
    case Phase::head:
        if (before == Phase::fresh || before == Phase::head) return; // the time runs already
        allowed = options.head_timeout;
        break;
    case Phase::body:
        if (before == Phase::body) return;
        body_began_ = shared_.clock().now();
        allowed = options.body_timeout;
        break;
    case Phase::writing: allowed = options.body_timeout; break; // a peer that does not read is cut as well
    case Phase::leaving: allowed = leave_timeout; break;
    case Phase::handling:
    case Phase::cut: break;
    }
    deadline_ = Instant::max();
    if (!allowed) return;
    deadline_ = shared_.clock().now() + *allowed;
    shared_.watch(deadline_);
}

HttpParseStep HttpConnection::parse() {
    if (buffer_.empty()) return HttpParseStep::need_more;
    const auto progress = parser_.feed(buffer_.bytes());
    buffer_.consume(progress.consumed);
    return progress.step;
}

HttpConnection::Phase HttpConnection::reading_phase() const {
    if (parser_.has_head()) return Phase::body;
    if (parser_.begun() || !buffer_.empty()) return Phase::head;
    if (phase_ == Phase::fresh) return Phase::fresh;
    return Phase::idle;
}

std::size_t HttpConnection::read_bytes() const {
    switch (phase_) {
    case Phase::body:
    case Phase::leaving: return body_read_bytes;
    case Phase::fresh:
    case Phase::idle:
    case Phase::head:
    case Phase::handling:
    case Phase::writing:
    case Phase::cut: break;
    }
    return head_read_bytes;
}

HttpConnection::Received HttpConnection::end_of_input(const boost::system::error_code& error) {
    if (error == boost::asio::error::operation_aborted) return Received::nothing;
    peer_ended_ = true;
    if (parser_.has_head()) return Received::request; // truncated
    if (!parser_.begun() && buffer_.empty()) return Received::nothing;
    rejection_ = HttpRejection{400, "the request ends inside its headers"};
    return Received::rejected;
}

HttpConnection::Next HttpConnection::plan(Received received) const {
    if (peer_ended_) return Next::end;
    if (received == Received::rejected) return Next::leave;
    if (parser_.keeps_connection()) return Next::receive;
    return parser_.is_complete() ? Next::end : Next::leave;
}

HttpResponse HttpConnection::refusal() const {
    const HttpRejection& rejection = rejection_ ? *rejection_ : parser_.rejection();
    shared_.log().debug("a request was refused with " + std::to_string(rejection.status) + ": " + rejection.text);
    return plain_answer(rejection.status, rejection.text + "\n");
}

boost::asio::awaitable<HttpResponse> HttpConnection::handle(HttpRequest request) {
    std::string failure;
    try {
        auto answer = shared_.handler()(std::move(request));
        co_return co_await std::move(answer);
    } catch (const std::exception& error) {
        failure = error.what();
    } catch (...) {
        failure = "something that is no std::exception";
    }
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
        throw boost::system::system_error(boost::asio::error::operation_aborted); // the server stops
    }
    shared_.log().error("a request failed: " + failure);
    co_return plain_answer(500, "internal error\n");
}

void HttpConnection::format(HttpResponse& response, Next next, std::size_t minor_version) {
    if (response.status < 200 || response.status > 999) {
        shared_.log().error("a handler answered with the impossible status " + std::to_string(response.status));
        response = plain_answer(500, "internal error\n");
    }
    Persistence persistence = Persistence::closed;
    if (next == Next::receive) persistence = minor_version == 0 ? Persistence::kept_aloud : Persistence::kept;
    buffer_.shrink(body_read_bytes);
    head_.clear();
    append_response_head(head_, response, persistence);
}

} // namespace lambox::io::detail
