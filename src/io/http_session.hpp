#pragma once

#include "http_format.hpp"
#include "http_parse.hpp"
#include "read_buffer.hpp"

#include "lambox/base/log.hpp"
#include "lambox/io/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <list>
#include <memory>
#include <utility>

namespace lambox::io::detail {

class HttpConnection;

/// What the connections of one server share: its settings, its drain, and one timer for all their deadlines.
class HttpConnections {
public:
    HttpConnections(Clock& clock, HttpServerOptions options, HttpHandler handler, Logger log);
    HttpConnections(const HttpConnections&) = delete;
    HttpConnections& operator=(const HttpConnections&) = delete;
    ~HttpConnections();

    /// Cuts those that wait for a request; the others end after their answer.
    void drain();
    void cut_all();
    [[nodiscard]] bool draining() const { return mode_ == Mode::draining; }
    [[nodiscard]] std::size_t size() const { return connections_.size(); }
    [[nodiscard]] Clock& clock() const { return clock_; }
    [[nodiscard]] const HttpServerOptions& options() const { return options_; }
    [[nodiscard]] const HttpHandler& handler() const { return handler_; }
    [[nodiscard]] const Logger& log() const { return log_; }

private:
    friend class HttpConnection;
    enum class Mode { serving, draining };

    /// Sees to it that a sweep comes at `deadline`, or a little later.
    void watch(Instant deadline);
    void sweep();
    void rest_if_empty();

    Clock& clock_;
    const HttpServerOptions options_;
    const HttpHandler handler_;
    const Logger log_;
    Mode mode_ = Mode::serving;
    std::list<HttpConnection*> connections_;
    Instant next_sweep_ = Instant::max();
    std::unique_ptr<Timer> sweep_timer_;
};

/// One connection as its server sees it, and all of a session that needs no stream.
class HttpConnection {
public:
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;
    virtual ~HttpConnection();

    /// Ends what is pending on the stream and lets nothing more begin.
    void cut();
    /// Waits for a request, with no byte of one read.
    [[nodiscard]] bool idle() const { return phase_ == Phase::fresh || phase_ == Phase::idle; }
    [[nodiscard]] Instant deadline() const { return deadline_; }

protected:
    enum class Phase {
        fresh, ///< accepted, nothing read yet
        idle,  ///< between requests
        head,
        body,
        handling,
        writing,
        leaving, ///< the answer is out; takes in what the peer still sends
        cut,     ///< final
    };
    enum class Received { request, rejected, nothing };
    enum class Next { receive, leave, end };

    explicit HttpConnection(HttpConnections& shared);
    virtual void close_stream() = 0;

    /// Enters `phase` and sets its deadline.
    void enter(Phase phase);
    [[nodiscard]] bool was_cut() const { return phase_ == Phase::cut; }
    [[nodiscard]] HttpParseStep parse();
    /// The phase that more bytes are read in.
    [[nodiscard]] Phase reading_phase() const;
    [[nodiscard]] std::size_t read_bytes() const;
    [[nodiscard]] Received end_of_input(const boost::system::error_code& error);
    /// What becomes of the connection after the answer to what was received; asked before the parser moves on.
    [[nodiscard]] Next plan(Received received) const;
    [[nodiscard]] HttpResponse refusal() const;
    boost::asio::awaitable<HttpResponse> handle(HttpRequest request);
    /// Writes the head of `response` into `head_`.
    void format(HttpResponse& response, Next next, std::size_t minor_version);

    HttpConnections& shared_;
    HttpRequestParser parser_;
    ReadBuffer buffer_;
    std::string head_; ///< of the answer being written; kept for its memory
    std::optional<Instant> body_began_;

private:
    std::list<HttpConnection*>::iterator place_;
    Phase phase_ = Phase::fresh;
    Instant deadline_ = Instant::max();
    std::optional<HttpRejection> rejection_; ///< that is not the parser's
    bool peer_ended_ = false;
};

/// Requests in, answers out, in order. `Stream` is a socket or a test's: async_read_some, async_write_some;
/// write_now(buffers, error), which writes what fits without waiting; shutdown_send(); close(), which ends what is pending.
template <class Stream>
class HttpSession final : public HttpConnection {
public:
    HttpSession(HttpConnections& shared, Stream stream) : HttpConnection(shared), stream_(std::move(stream)) {}

    /// Until the peer or the server closes, or a deadline passes.
    boost::asio::awaitable<void> run() {
        for (;;) {
            const Received received = co_await receive();
            if (received == Received::nothing) break;
            const Next next = co_await reply(received);
            if (next == Next::leave) co_await leave();
            if (next != Next::receive) break;
            // Whoever gave the answer may still be at work below us, and must not meet the next request there.
            if (!buffer_.empty()) co_await boost::asio::post(boost::asio::use_awaitable);
            if (was_cut()) break;
        }
        stream_.close();
    }

private:
    using Parts = std::array<boost::asio::const_buffer, 2>;
    static constexpr auto as_values = boost::asio::as_tuple(boost::asio::use_awaitable);

    void close_stream() override { stream_.close(); }

    boost::asio::awaitable<Received> receive() {
        for (;;) {
            const HttpParseStep step = parse();
            if (step == HttpParseStep::message_done) co_return Received::request;
            if (step == HttpParseStep::failed) co_return Received::rejected;
            if (step == HttpParseStep::head_done) {
                if (!parser_.expects_continue() || !buffer_.empty()) continue; // a body that has begun waits for no word of ours
                if (parser_.too_large()) co_return Received::request;          // the peer need not send it at all
                const auto error = co_await send_continue();
                if (error || was_cut()) co_return Received::nothing;
                continue;
            }
            const Phase phase = reading_phase();
            if (phase == Phase::idle && shared_.draining()) co_return Received::nothing;
            enter(phase);
            const auto room = buffer_.room(read_bytes());
            const auto [error, count] = co_await stream_.async_read_some(boost::asio::buffer(room.data(), room.size()), as_values);
            if (was_cut()) co_return Received::nothing;
            if (error) co_return end_of_input(error);
            buffer_.commit(count);
        }
    }

    boost::asio::awaitable<Next> reply(Received received) {
        Next next = plan(received);
        HttpResponse response;
        std::size_t minor_version = 1;
        bool body_follows = true;
        if (received == Received::rejected) {
            response = refusal();
        } else {
            minor_version = parser_.is_http_1_0() ? 0 : 1;
            body_follows = !parser_.is_head_request();
            HttpRequest request = parser_.take();
            request.body_began = std::exchange(body_began_, std::nullopt);
            enter(Phase::handling);
            response = co_await handle(std::move(request));
            if (was_cut()) co_return Next::end;
        }
        if (next == Next::receive && (shared_.draining() || asks_to_close(response.headers))) next = Next::end;
        format(response, next, minor_version);
        body_follows = body_follows && status_has_body(response.status);
        Parts parts{boost::asio::buffer(head_), body_follows ? boost::asio::buffer(response.body) : boost::asio::const_buffer()};
        auto [error, count] = send_now(parts);
        if (!error && count < parts[0].size() + parts[1].size()) error = co_await send_rest(parts, count);
        if (error || was_cut()) co_return Next::end;
        co_return next;
    }

    boost::asio::awaitable<boost::system::error_code> send_continue() {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        const Parts parts{boost::asio::buffer(go_on), boost::asio::const_buffer()};
        const auto [error, count] = send_now(parts);
        if (error || count == go_on.size()) co_return error;
        co_return co_await send_rest(parts, count);
    }

    /// As much as there is room for: nearly always all of it, and then neither a wait nor a deadline is needed.
    std::pair<boost::system::error_code, std::size_t> send_now(const Parts& parts) {
        boost::system::error_code error;
        const std::size_t count = stream_.write_now(parts, error);
        if (error == boost::asio::error::would_block) error = {};
        return {error, count};
    }

    /// All of `parts` but the first `count` bytes.
    boost::asio::awaitable<boost::system::error_code> send_rest(Parts parts, std::size_t count) {
        std::size_t left = parts[0].size() + parts[1].size();
        boost::system::error_code error;
        enter(Phase::writing);
        for (;;) {
            if (error) co_return error;
            left -= count;
            if (left == 0) co_return error;
            for (auto& part : parts) {
                const std::size_t gone = std::min(count, part.size());
                part += gone;
                count -= gone;
            }
            std::tie(error, count) = co_await stream_.async_write_some(parts, as_values);
        }
    }

    /// Closing on unread bytes would reset the connection, and the answer with it.
    boost::asio::awaitable<void> leave() {
        stream_.shutdown_send();
        enter(Phase::leaving);
        std::size_t dropped = 0;
        while (dropped < limits::http_discard_bytes_max) {
            buffer_.consume(buffer_.bytes().size());
            const auto room = buffer_.room(read_bytes());
            const auto [error, count] = co_await stream_.async_read_some(boost::asio::buffer(room.data(), room.size()), as_values);
            if (error || was_cut()) break;
            dropped += count;
        }
    }

    Stream stream_;
};

} // namespace lambox::io::detail
