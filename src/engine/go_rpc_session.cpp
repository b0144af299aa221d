#include "lambox/engine/go_rpc_session.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/model/function_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace lambox::engine {

GoRpcSession::GoRpcSession(boost::asio::any_io_executor executor, io::Clock& clock, RuntimeLinkListener& listener, Logger log)
    : clock_(clock), listener_(listener), log_(std::move(log)), stream_(executor), tasks_(executor, log_) {}

Result<std::vector<std::pair<std::string, std::string>>> GoRpcSession::open() {
    auto port = io::PortReservation::make();
    if (!port) return port.error();
    port_ = std::move(*port);
    return std::vector<std::pair<std::string, std::string>>{{"_LAMBDA_SERVER_PORT", std::to_string(port_->port())}};
}

void GoRpcSession::process_started() { tasks_.spawn(serve()); }

void GoRpcSession::close() {
    if (closed_) return;
    closed_ = true;
    stream_.close();
    tasks_.cancel(io::CancelKind::terminal);
}

boost::asio::awaitable<void> GoRpcSession::join() { co_await tasks_.join(); }

boost::asio::awaitable<void> GoRpcSession::serve() {
    const bool connected = co_await connect();
    if (!connected || closed_) co_return;
    std::string ping;
    awaited_ = codec_.encode_ping(ping);
    co_await send(std::move(ping));
    co_await read_replies();
}

boost::asio::awaitable<bool> GoRpcSession::connect() {
    // There is no ready signal: the binary is tried until it listens. Init's deadline or the process's exit ends this. The pause is a
    // tenth of the time waited so far, so that polling adds no more than that to a measured init.
    const Instant begun = clock_.now();
    while (!closed_) {
        const auto connected = co_await stream_.connect_loopback(port_->port());
        if (connected) co_return true;
        const Instant now = clock_.now();
        const auto tenth = std::chrono::duration_cast<Microseconds>(now - begun) / 10;
        co_await io::sleep_until(clock_,
                                 now + std::clamp<Microseconds>(tenth, limits::rpc_poll_interval_min, limits::rpc_poll_interval_max));
    }
    co_return false;
}

boost::asio::awaitable<void> GoRpcSession::send(std::string bytes) {
    const auto sent = co_await stream_.write_all(bytes);
    // A broken pipe also ends the reading side, and the process's exit tells the environment why.
    if (!sent && !closed_) log_.debug("go1.x connection: " + sent.error().message);
}

boost::asio::awaitable<void> GoRpcSession::read_replies() {
    std::string buffer(limits::output_read_bytes, '\0');
    while (!closed_) {
        const auto count = co_await stream_.read_some(std::span<char>(buffer));
        if (closed_) co_return;
        if (!count) {
            log_.debug("go1.x connection ended: " + count.error().message);
            co_return;
        }
        const auto fed = codec_.feed(std::string_view(buffer).substr(0, *count));
        while (!closed_) {
            auto reply = codec_.next_reply();
            if (!reply) break;
            on_reply(std::move(*reply));
        }
        if (!fed && !closed_) {
            give_up("the handler's RPC stream is not valid: " + fed.error().message);
            co_return;
        }
    }
}

void GoRpcSession::on_reply(wire::GoReply reply) {
    if (!awaited_ || reply.sequence != *awaited_) {
        give_up("the handler answered a call that was not made");
        return;
    }
    awaited_.reset();
    if (!ready_) {
        if (const auto* failure = std::get_if<wire::GoRpcFailure>(&reply.body)) {
            give_up("Function.Ping was refused: " + failure->text);
            return;
        }
        ready_ = true;
        listener_.on_asked_for_next();
        return;
    }
    if (auto* failure = std::get_if<wire::GoRpcFailure>(&reply.body)) {
        listener_.on_function_error(
            RuntimeError{model::platform_error_payload(request_id_, model::error_type::runtime_unknown, failure->text),
                         std::string(model::error_type::runtime_unknown)});
    } else if (auto* invoked = std::get_if<wire::GoInvokeReply>(&reply.body)) {
        if (invoked->error) {
            RuntimeError error{wire::go_error_payload(*invoked->error), std::string(model::error_type::function_unknown)};
            if (invoked->error->should_exit) {
                listener_.on_should_exit(std::move(error));
                return;
            }
            listener_.on_function_error(std::move(error));
        } else if (invoked->payload.size() > limits::response_bytes_max) {
            listener_.on_function_error(
                RuntimeError{model::response_too_large_payload(), std::string(model::error_type::function_response_size_too_large)});
        } else {
            listener_.on_response(std::move(invoked->payload));
        }
    } else {
        give_up("the handler answered Invoke with a body of another shape");
        return;
    }
    // The reply is also the moment from which the process can take the next event.
    if (!closed_) listener_.on_asked_for_next();
}

void GoRpcSession::give_up(const std::string& why) {
    log_.warn(escape_for_log(why));
    RuntimeError error{model::platform_error_payload(request_id_, model::error_type::runtime_exit, why),
                       std::string(model::error_type::runtime_exit)};
    if (ready_) listener_.on_should_exit(std::move(error));
    else listener_.on_init_error(std::move(error));
}

void GoRpcSession::hand_over(HandedInvocation handed) {
    const auto& invocation = *handed.invocation;
    const auto since_epoch = handed.deadline.time_since_epoch();
    const auto seconds = std::chrono::floor<Seconds>(since_epoch);
    wire::GoInvokeRequest request;
    request.payload = invocation.payload;
    request.request_id = invocation.request_id.str();
    request.trace_id = invocation.trace_header;
    request.deadline_seconds = seconds.count();
    request.deadline_nanoseconds = std::chrono::nanoseconds(since_epoch - seconds).count();
    request.invoked_function_arn = invocation.invoked_arn.str();
    request.client_context = invocation.client_context;
    request_id_ = invocation.request_id.str();
    std::string bytes;
    awaited_ = codec_.encode_invoke(request, bytes);
    tasks_.spawn(send(std::move(bytes)));
}

} // namespace lambox::engine
