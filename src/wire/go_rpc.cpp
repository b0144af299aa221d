#include "lambox/wire/go_rpc.hpp"

#include "lambox/wire/gob.hpp"

#include <array>
#include <deque>
#include <limits>
#include <map>
#include <utility>

namespace lambox::wire {
namespace {

// Our own type ids. Any from 64 up will do (runtime-clients A.4); the server's are its own and always learnt.
constexpr GobTypeId header_id = 65;
constexpr GobTypeId ping_id = 66;
constexpr GobTypeId invoke_id = 67;
constexpr GobTypeId timestamp_id = 68;

// The server matches fields by name and kind, so both must be those of aws-lambda-go's `messages` package.
constexpr std::array header_fields{GobFieldSketch{"ServiceMethod", gob_string_id}, GobFieldSketch{"Seq", gob_uint_id}};
constexpr std::array invoke_fields{
    GobFieldSketch{"Payload", gob_bytes_id},
    GobFieldSketch{"RequestId", gob_string_id},
    GobFieldSketch{"XAmznTraceId", gob_string_id},
    GobFieldSketch{"Deadline", timestamp_id},
    GobFieldSketch{"InvokedFunctionArn", gob_string_id},
    GobFieldSketch{"CognitoIdentityId", gob_string_id},
    GobFieldSketch{"CognitoIdentityPoolId", gob_string_id},
    GobFieldSketch{"ClientContext", gob_bytes_id},
};
constexpr std::array timestamp_fields{GobFieldSketch{"Seconds", gob_int_id}, GobFieldSketch{"Nanos", gob_int_id}};

/// Writes a struct's content: fields in rising order, zero values left out, as gob demands.
class FieldWriter {
public:
    explicit FieldWriter(std::string& out, int previous = -1) : out_(out), previous_(previous) {}
    void text(int index, std::string_view value) {
        if (value.empty()) return;
        begin(index);
        append_gob_text(out_, value);
    }
    void integer(int index, std::int64_t value) {
        if (value == 0) return;
        begin(index);
        append_gob_int(out_, value);
    }
    void unsigned_integer(int index, std::uint64_t value) {
        if (value == 0) return;
        begin(index);
        append_gob_uint(out_, value);
    }
    void begin(int index) { append_gob_uint(out_, static_cast<std::uint64_t>(index - std::exchange(previous_, index))); }
    void end() { out_ += '\0'; }

private:
    std::string& out_;
    int previous_;
};

struct ResponseHeader {
    std::string service_method;
    std::uint64_t sequence = 0;
    std::string error;
};

bool read_header(GobDecoder& decoder, GobTypeId type, ResponseHeader& header) {
    return decoder.read_struct(type, [&](std::string_view name, GobTypeId part) {
        if (name == "ServiceMethod") return decoder.read_string(part, header.service_method);
        if (name == "Seq") return decoder.read_uint(part, header.sequence);
        if (name == "Error") return decoder.read_string(part, header.error);
        return decoder.skip(part);
    });
}

bool read_frame(GobDecoder& decoder, GobTypeId type, GoStackFrame& frame) {
    return decoder.read_struct(type, [&](std::string_view name, GobTypeId part) {
        if (name == "Path") return decoder.read_string(part, frame.path);
        if (name == "Line") return decoder.read_int(part, frame.line);
        if (name == "Label") return decoder.read_string(part, frame.label);
        return decoder.skip(part);
    });
}

bool read_stack_trace(GobDecoder& decoder, GobTypeId type, std::vector<GoStackFrame>& frames) {
    return decoder.read_slice(type, [&](GobTypeId element) {
        // A frame of zero fields is one byte on the wire and a hundred in memory.
        if (frames.size() == go_stack_frames_max) return decoder.fail(Errc::too_large, "a stack trace has too many frames");
        return read_frame(decoder, element, frames.emplace_back());
    });
}

bool read_error(GobDecoder& decoder, GobTypeId type, GoInvokeError& error) {
    return decoder.read_struct(type, [&](std::string_view name, GobTypeId part) {
        if (name == "Message") return decoder.read_string(part, error.message);
        if (name == "Type") return decoder.read_string(part, error.type);
        if (name == "StackTrace") return read_stack_trace(decoder, part, error.stack_trace);
        if (name == "ShouldExit") return decoder.read_bool(part, error.should_exit);
        return decoder.skip(part);
    });
}

bool read_invoke_reply(GobDecoder& decoder, GobTypeId type, GoInvokeReply& reply) {
    return decoder.read_struct(type, [&](std::string_view name, GobTypeId part) {
        if (name == "Payload") {
            std::string_view payload;
            if (!decoder.read_bytes(part, payload)) return false;
            reply.payload.assign(payload);
            return true;
        }
        if (name == "Error") return read_error(decoder, part, reply.error.emplace());
        return decoder.skip(part);
    });
}

enum class Call { ping, invoke };

} // namespace

struct GoRpcCodec::Impl {
    void append_header(std::string_view service_method, Call call, std::string& out);
    Result<void> take_message(std::string_view body);
    Result<void> take_value(GobTypeId type, std::string_view content);
    bool read_body(GobDecoder& decoder, GobTypeId type, GoReply& reply);

    std::uint64_t next_sequence = 0;
    bool header_defined = false;
    bool ping_defined = false;
    bool invoke_defined = false;

    GobFramer framer;
    GobTypeTable types;
    std::map<std::uint64_t, Call> calls; ///< sent and not answered
    std::optional<ResponseHeader> header; ///< of the reply whose body is still to come
    std::deque<GoReply> replies;
    std::optional<Error> failure;
};

void GoRpcCodec::Impl::append_header(std::string_view service_method, Call call, std::string& out) {
    if (!std::exchange(header_defined, true)) append_gob_struct_definition(out, header_id, "Request", header_fields);
    std::string body;
    append_gob_int(body, header_id);
    FieldWriter writer(body);
    writer.text(0, service_method);
    writer.unsigned_integer(1, next_sequence);
    writer.end();
    append_gob_message(out, body);
    calls.emplace(next_sequence, call);
}

Result<void> GoRpcCodec::Impl::take_message(std::string_view body) {
    GobReader reader(body);
    const auto id = reader.take_int();
    if (!id || *id == 0) return make_error(Errc::malformed, "gob: a message does not begin with a type id");
    if (*id > 0) return take_value(*id, reader.rest());
    // Negating the smallest number would overflow; like every id below 64 it can never be defined.
    return types.define(*id < -std::numeric_limits<GobTypeId>::max() ? 0 : -*id, reader.rest());
}

Result<void> GoRpcCodec::Impl::take_value(GobTypeId type, std::string_view content) {
    GobDecoder decoder(types, content);
    if (!header) {
        ResponseHeader read;
        if (!read_header(decoder, type, read) || !decoder.expect_end()) return *decoder.error();
        if (!calls.contains(read.sequence)) {
            return make_error(Errc::malformed, "net/rpc: a reply to call " + std::to_string(read.sequence) + ", which is not in flight");
        }
        header = std::move(read);
        return {};
    }
    GoReply reply;
    if (!read_body(decoder, type, reply) || !decoder.expect_end()) return *decoder.error();
    calls.erase(header->sequence);
    reply.sequence = header->sequence;
    reply.service_method = std::move(header->service_method);
    header.reset();
    replies.push_back(std::move(reply));
    return {};
}

bool GoRpcCodec::Impl::read_body(GobDecoder& decoder, GobTypeId type, GoReply& reply) {
    if (!header->error.empty()) {
        reply.body = GoRpcFailure{std::move(header->error)};
        return decoder.skip(type);
    }
    switch (calls.at(header->sequence)) {
    case Call::ping: reply.body = GoPingReply{}; return decoder.skip(type);
    case Call::invoke: return read_invoke_reply(decoder, type, reply.body.emplace<GoInvokeReply>());
    }
    return false;
}

GoRpcCodec::GoRpcCodec() : impl_(std::make_unique<Impl>()) {}
GoRpcCodec::~GoRpcCodec() = default;
GoRpcCodec::GoRpcCodec(GoRpcCodec&&) noexcept = default;
GoRpcCodec& GoRpcCodec::operator=(GoRpcCodec&&) noexcept = default;

std::uint64_t GoRpcCodec::encode_ping(std::string& out) {
    impl_->append_header("Function.Ping", Call::ping, out);
    if (!std::exchange(impl_->ping_defined, true)) append_gob_struct_definition(out, ping_id, "PingRequest", {});
    std::string body;
    append_gob_int(body, ping_id);
    FieldWriter(body).end();
    append_gob_message(out, body);
    return impl_->next_sequence++;
}

std::uint64_t GoRpcCodec::encode_invoke(const GoInvokeRequest& request, std::string& out) {
    impl_->append_header("Function.Invoke", Call::invoke, out);
    if (!std::exchange(impl_->invoke_defined, true)) {
        append_gob_struct_definition(out, invoke_id, "InvokeRequest", invoke_fields);
        append_gob_struct_definition(out, timestamp_id, "InvokeRequest_Timestamp", timestamp_fields);
    }
    // The payload may have megabytes: what stands before and after it is built apart, so that it is copied just once.
    std::string before;
    append_gob_int(before, invoke_id);
    if (!request.payload.empty()) {
        FieldWriter(before).begin(0);
        append_gob_uint(before, request.payload.size());
    }
    std::string after;
    FieldWriter writer(after, request.payload.empty() ? -1 : 0);
    writer.text(1, request.request_id);
    writer.text(2, request.trace_id);
    if (request.deadline_seconds != 0 || request.deadline_nanoseconds != 0) {
        writer.begin(3);
        FieldWriter deadline(after);
        deadline.integer(0, request.deadline_seconds);
        deadline.integer(1, request.deadline_nanoseconds);
        deadline.end();
    }
    writer.text(4, request.invoked_function_arn);
    writer.text(5, request.cognito_identity_id);
    writer.text(6, request.cognito_identity_pool_id);
    writer.text(7, request.client_context);
    writer.end();

    const auto length = before.size() + request.payload.size() + after.size();
    out.reserve(out.size() + length + 9);
    append_gob_uint(out, length);
    out.append(before).append(request.payload).append(after);
    return impl_->next_sequence++;
}

Result<void> GoRpcCodec::feed(std::string_view bytes) {
    if (impl_->failure) return *impl_->failure;
    impl_->framer.append(bytes);
    for (;;) {
        const auto body = impl_->framer.next();
        if (body.has_value() && !*body) return {};
        const auto taken = body.has_value() ? impl_->take_message(**body) : Result<void>(body.error());
        if (taken.has_error()) {
            impl_->failure = taken.error();
            return taken;
        }
    }
}

std::optional<GoReply> GoRpcCodec::next_reply() {
    if (impl_->replies.empty()) return std::nullopt;
    auto reply = std::move(impl_->replies.front());
    impl_->replies.pop_front();
    return reply;
}

} // namespace lambox::wire
