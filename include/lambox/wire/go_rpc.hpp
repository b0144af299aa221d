#pragma once

#include "lambox/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambox::wire {

/// aws-lambda-go's `messages.InvokeRequest` (runtime-clients A).
struct GoInvokeRequest {
    std::string_view payload;
    std::string_view request_id;
    std::string_view trace_id;
    std::int64_t deadline_seconds = 0; ///< Unix time; zero means always expired, so it must be set
    std::int64_t deadline_nanoseconds = 0;
    std::string_view invoked_function_arn;
    std::string_view cognito_identity_id;
    std::string_view cognito_identity_pool_id;
    std::string_view client_context; ///< JSON text
};

/// Frames of one error; aws-lambda-go itself sends at most 32. More are too_large.
inline constexpr std::size_t go_stack_frames_max = 1'024;

struct GoStackFrame {
    std::string path;
    std::int64_t line = 0;
    std::string label;
    bool operator==(const GoStackFrame&) const = default;
};

struct GoInvokeError {
    std::string message;
    std::string type;
    std::vector<GoStackFrame> stack_trace;
    bool should_exit = false;
    bool operator==(const GoInvokeError&) const = default;
};

struct GoPingReply {
    bool operator==(const GoPingReply&) const = default;
};
struct GoInvokeReply {
    std::string payload;
    std::optional<GoInvokeError> error;
    bool operator==(const GoInvokeReply&) const = default;
};
/// net/rpc itself refused the call; the connection lives on.
struct GoRpcFailure {
    std::string text;
    bool operator==(const GoRpcFailure&) const = default;
};

struct GoReply {
    std::uint64_t sequence = 0;
    std::string service_method;
    std::variant<GoPingReply, GoInvokeReply, GoRpcFailure> body;
    bool operator==(const GoReply&) const = default;
};

/// Client side of one net/rpc connection: bytes to send for each call, replies out of bytes received. Type
/// definitions are sent once per connection, so one codec serves exactly one connection.
class GoRpcCodec {
public:
    GoRpcCodec();
    ~GoRpcCodec();
    GoRpcCodec(GoRpcCodec&&) noexcept;
    GoRpcCodec& operator=(GoRpcCodec&&) noexcept;

    /// Appends the whole call to `out`, header and argument together, and returns its sequence number.
    std::uint64_t encode_ping(std::string& out);
    std::uint64_t encode_invoke(const GoInvokeRequest& request, std::string& out);

    /// Takes in received bytes, any cut. Bounded by `limits::gob_*`. Errors: malformed (also for a reply to no call in
    /// flight), too_large; after an error the connection is of no use any more, but replies before it can still be taken.
    [[nodiscard]] Result<void> feed(std::string_view bytes);
    /// The next whole reply, or nothing until more bytes come.
    [[nodiscard]] std::optional<GoReply> next_reply();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The error payload that aws-lambda-go's own Runtime API loop would post:
/// `{"errorMessage":…,"errorType":…,"stackTrace":[{"path","line","label"}]}`, stackTrace left out when empty. Escaped as Go's
/// encoding/json does: `<`, `>`, `&` too, and each byte that is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string go_error_payload(const GoInvokeError& error);

} // namespace lambox::wire
