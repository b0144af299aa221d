#include "lambox/wire/go_rpc.hpp"

#include "lambox/base/json_escape.hpp"
#include "lambox/wire/gob.hpp"

#include <deque>
#include <map>
#include <span>

namespace lambox::wire {
namespace {

// Our own type ids; a server takes any from 64 on (runtime-clients A.4).
constexpr std::int64_t request_type = 64;
constexpr std::int64_t ping_type = 65;
constexpr std::int64_t invoke_type = 66;
constexpr std::int64_t timestamp_type = 67;

struct FieldDefinition {
    std::string_view name;
    std::int64_t type;
};

constexpr FieldDefinition request_fields[] = {{"ServiceMethod", gob_id::string}, {"Seq", gob_id::unsigned_integer}};
constexpr FieldDefinition invoke_fields[] = {
    {"Payload", gob_id::bytes},
    {"RequestId", gob_id::string},
    {"XAmznTraceId", gob_id::string},
    {"Deadline", timestamp_type},
    {"InvokedFunctionArn", gob_id::string},
    {"CognitoIdentityId", gob_id::string},
    {"CognitoIdentityPoolId", gob_id::string},
    {"ClientContext", gob_id::bytes},
};
constexpr FieldDefinition timestamp_fields[] = {{"Seconds", gob_id::integer}, {"Nanos", gob_id::integer}};

void append_message(std::string& out, std::string_view body) {
    gob_append_uint(out, body.size());
    out += body;
}

void append_definition(std::string& out, std::int64_t id, std::string_view name, std::span<const FieldDefinition> fields) {
    std::string body;
    gob_append_int(body, -id);
    body += "\x03\x01\x01"; // wireType.StructT, structType.CommonType, CommonType.Name
    gob_append_bytes(body, name);
    body += '\x01'; // CommonType.Id
    gob_append_int(body, id);
    body += '\0'; // end of CommonType
    if (!fields.empty()) {
        body += '\x01'; // structType.Field
        gob_append_uint(body, fields.size());
        for (const auto& field : fields) {
            body += '\x01';
            gob_append_bytes(body, field.name);
            body += '\x01';
            gob_append_int(body, field.type);
            body += '\0';
        }
    }
    body.append(2, '\0'); // ends of structType and wireType
    append_message(out, body);
}

/// Appends the fields of a struct value, leaving zero ones out.
class StructWriter {
public:
    /// `last` is the index of the field written last, -1 = none.
    explicit StructWriter(std::string& out, std::int64_t last = -1) : out_(out), last_(last) {}
    void bytes(std::int64_t index, std::string_view value) {
        if (value.empty()) return;
        step(index);
        gob_append_bytes(out_, value);
    }
    void unsigned_integer(std::int64_t index, std::uint64_t value) {
        if (value == 0) return;
        step(index);
        gob_append_uint(out_, value);
    }
    void integer(std::int64_t index, std::int64_t value) {
        if (value == 0) return;
        step(index);
        gob_append_int(out_, value);
    }
    /// For a nested value, which the caller appends.
    void step(std::int64_t index) {
        gob_append_uint(out_, static_cast<std::uint64_t>(index - last_));
        last_ = index;
    }
    void end() { out_ += '\0'; }

private:
    std::string& out_;
    std::int64_t last_;
};

enum class CallKind { ping, invoke };

std::string json_text(std::string_view text) { return "\"" + json_escape(text) + "\""; }

} // namespace

struct GoRpcCodec::Impl {
    // sending
    std::uint64_t next_sequence = 0;
    bool request_defined = false;
    bool ping_defined = false;
    bool invoke_defined = false;
    // receiving
    GobFramer framer;
    GobTypes types;
    std::map<std::uint64_t, CallKind> calls; ///< in flight
    std::optional<GoReply> header;           ///< a response header whose body has not come yet
    bool header_failed = false;              ///< that header carries an error; its body is to be dropped
    std::deque<GoReply> replies;

    std::uint64_t begin_call(std::string_view method, CallKind kind, std::string& out);
    [[nodiscard]] Result<void> take_message(std::string_view message);
    [[nodiscard]] Result<void> take_header(GobReader& reader, const GobType& type);
    [[nodiscard]] Result<void> take_body(GobReader& reader, const GobType& type);
    void read_invoke_reply(GobReader& reader, const GobType& type, GoInvokeReply& reply) const;
    void read_error(GobReader& reader, std::int64_t type_id, GoInvokeError& error) const;
    void read_stack(GobReader& reader, std::int64_t type_id, std::vector<GoStackFrame>& frames) const;
};

namespace {

/// The field's value if it has the wanted type; else the reader fails.
std::string_view read_text(GobReader& reader, const GobField& field, std::int64_t wanted) {
    if (field.type != wanted) {
        reader.fail();
        return {};
    }
    return reader.read_bytes();
}

std::uint64_t read_number(GobReader& reader, const GobField& field, std::int64_t wanted) {
    if (field.type != wanted) {
        reader.fail();
        return 0;
    }
    return reader.read_uint();
}

} // namespace

GoRpcCodec::GoRpcCodec() : impl_(std::make_unique<Impl>()) {}
GoRpcCodec::~GoRpcCodec() = default;
GoRpcCodec::GoRpcCodec(GoRpcCodec&&) noexcept = default;
GoRpcCodec& GoRpcCodec::operator=(GoRpcCodec&&) noexcept = default;

std::uint64_t GoRpcCodec::Impl::begin_call(std::string_view method, CallKind kind, std::string& out) {
    if (!request_defined) append_definition(out, request_type, "Request", request_fields);
    request_defined = true;
    const std::uint64_t sequence = next_sequence++;
    calls.emplace(sequence, kind);
    std::string body;
    gob_append_int(body, request_type);
    StructWriter writer(body);
    writer.bytes(0, method);
    writer.unsigned_integer(1, sequence);
    writer.end();
    append_message(out, body);
    return sequence;
}

std::uint64_t GoRpcCodec::encode_ping(std::string& out) {
    const auto sequence = impl_->begin_call("Function.Ping", CallKind::ping, out);
    if (!impl_->ping_defined) append_definition(out, ping_type, "PingRequest", {});
    impl_->ping_defined = true;
    std::string body;
    gob_append_int(body, ping_type);
    body += '\0';
    append_message(out, body);
    return sequence;
}

std::uint64_t GoRpcCodec::encode_invoke(const GoInvokeRequest& request, std::string& out) {
    const auto sequence = impl_->begin_call("Function.Invoke", CallKind::invoke, out);
    if (!impl_->invoke_defined) {
        append_definition(out, invoke_type, "InvokeRequest", invoke_fields);
        append_definition(out, timestamp_type, "InvokeRequest_Timestamp", timestamp_fields);
    }
    impl_->invoke_defined = true;
    // What stands before and after the payload, so that the length is known without the payload being copied twice.
    std::string before;
    std::string after;
    gob_append_int(before, invoke_type);
    if (!request.payload.empty()) {
        before += '\x01'; // field 0, Payload
        gob_append_uint(before, request.payload.size());
    }
    StructWriter writer(after, request.payload.empty() ? -1 : 0);
    writer.bytes(1, request.request_id);
    writer.bytes(2, request.trace_id);
    writer.step(3);
    StructWriter deadline(after);
    deadline.integer(0, request.deadline_seconds);
    deadline.integer(1, request.deadline_nanoseconds);
    deadline.end();
    writer.bytes(4, request.invoked_function_arn);
    writer.bytes(5, request.cognito_identity_id);
    writer.bytes(6, request.cognito_identity_pool_id);
    writer.bytes(7, request.client_context);
    writer.end();
    gob_append_uint(out, before.size() + request.payload.size() + after.size());
    out.append(before).append(request.payload).append(after);
    return sequence;
}

Result<void> GoRpcCodec::feed(std::string_view bytes) {
    if (const auto fed = impl_->framer.feed(bytes); !fed) return fed;
    while (const auto message = impl_->framer.next()) {
        if (auto taken = impl_->take_message(*message); !taken) return taken;
    }
    if (impl_->framer.error()) return *impl_->framer.error();
    return {};
}

std::optional<GoReply> GoRpcCodec::next_reply() {
    if (impl_->replies.empty()) return std::nullopt;
    GoReply reply = std::move(impl_->replies.front());
    impl_->replies.pop_front();
    return reply;
}

Result<void> GoRpcCodec::Impl::take_message(std::string_view message) {
    GobReader reader(message);
    const std::int64_t id = reader.read_int();
    if (reader.failed()) return make_error(Errc::malformed, "an empty gob message");
    if (id < 0) return types.define(-id, reader);
    const GobType* type = types.find(id);
    if (type == nullptr || type->kind != GobKind::structure) return make_error(Errc::malformed, "a gob value of an undefined type");
    return header ? take_body(reader, *type) : take_header(reader, *type);
}

Result<void> GoRpcCodec::Impl::take_header(GobReader& reader, const GobType& type) {
    GoReply reply;
    std::string error;
    types.read_struct(reader, type, [&](const GobField& field) {
        if (field.name == "ServiceMethod") reply.service_method = std::string(read_text(reader, field, gob_id::string));
        else if (field.name == "Seq") reply.sequence = read_number(reader, field, gob_id::unsigned_integer);
        else if (field.name == "Error") error = std::string(read_text(reader, field, gob_id::string));
        else types.skip(reader, field.type);
    });
    if (reader.failed()) return make_error(Errc::malformed, "a broken RPC response header");
    if (!calls.contains(reply.sequence)) return make_error(Errc::malformed, "an RPC response to no call");
    header_failed = !error.empty();
    if (header_failed) reply.body = GoRpcFailure{std::move(error)};
    header = std::move(reply);
    return {};
}

Result<void> GoRpcCodec::Impl::take_body(GobReader& reader, const GobType& type) {
    GoReply reply = std::move(*header);
    header.reset();
    const auto call = calls.find(reply.sequence);
    const CallKind kind = call->second;
    calls.erase(call);
    if (!header_failed && kind == CallKind::invoke) {
        GoInvokeReply invoked;
        read_invoke_reply(reader, type, invoked);
        reply.body = std::move(invoked);
    } else {
        // Ping's answer is empty; behind an error comes a placeholder.
        types.read_struct(reader, type, [&](const GobField& field) { types.skip(reader, field.type); });
    }
    if (reader.failed()) return make_error(Errc::malformed, "a broken RPC response body");
    replies.push_back(std::move(reply));
    return {};
}

void GoRpcCodec::Impl::read_invoke_reply(GobReader& reader, const GobType& type, GoInvokeReply& reply) const {
    types.read_struct(reader, type, [&](const GobField& field) {
        if (field.name == "Payload") {
            reply.payload = std::string(read_text(reader, field, gob_id::bytes));
        } else if (field.name == "Error") {
            reply.error.emplace();
            read_error(reader, field.type, *reply.error);
        } else {
            types.skip(reader, field.type);
        }
    });
}

void GoRpcCodec::Impl::read_error(GobReader& reader, std::int64_t type_id, GoInvokeError& error) const {
    const GobType* type = types.find(type_id);
    if (type == nullptr || type->kind != GobKind::structure) return reader.fail();
    types.read_struct(reader, *type, [&](const GobField& field) {
        if (field.name == "Message") error.message = std::string(read_text(reader, field, gob_id::string));
        else if (field.name == "Type") error.type = std::string(read_text(reader, field, gob_id::string));
        else if (field.name == "StackTrace") read_stack(reader, field.type, error.stack_trace);
        else if (field.name == "ShouldExit") error.should_exit = read_number(reader, field, gob_id::boolean) != 0;
        else types.skip(reader, field.type);
    });
}

void GoRpcCodec::Impl::read_stack(GobReader& reader, std::int64_t type_id, std::vector<GoStackFrame>& frames) const {
    const GobType* slice = types.find(type_id);
    if (slice == nullptr || slice->kind != GobKind::slice) return reader.fail();
    const GobType* element = types.find(slice->element);
    if (element == nullptr || element->kind != GobKind::structure) return reader.fail();
    const std::uint64_t count = reader.read_uint();
    for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
        GoStackFrame frame;
        types.read_struct(reader, *element, [&](const GobField& field) {
            if (field.name == "Path") frame.path = std::string(read_text(reader, field, gob_id::string));
            else if (field.name == "Label") frame.label = std::string(read_text(reader, field, gob_id::string));
            else if (field.name == "Line" && field.type == gob_id::integer) frame.line = static_cast<std::int64_t>(reader.read_int());
            else types.skip(reader, field.type);
        });
        if (!reader.failed()) frames.push_back(std::move(frame));
    }
}

std::string go_error_payload(const GoInvokeError& error) {
    std::string json = "{\"errorMessage\":" + json_text(error.message) + ",\"errorType\":" + json_text(error.type);
    if (!error.stack_trace.empty()) {
        json += ",\"stackTrace\":[";
        for (const auto& frame : error.stack_trace) {
            if (json.back() != '[') json += ',';
            json += "{\"path\":" + json_text(frame.path) + ",\"line\":" + std::to_string(frame.line) + ",\"label\":" + json_text(frame.label) + "}";
        }
        json += ']';
    }
    return json + "}";
}

} // namespace lambox::wire
