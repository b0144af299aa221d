// Goal: the codec understands what aws-lambda-go answers, and no bytes of a function can crash, stall or mislead it.
// Method: the captured connections whole, cut everywhere and corrupted everywhere; hand-made replies for each refusal.
#include "lambox/wire/go_rpc.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/wire/gob.hpp"
#include "unit/wire/gob_vectors.hpp"

#include <algorithm>
#include <limits>

using namespace lambox;
using namespace lambox::wire;
using nlohmann::json;

namespace {

constexpr const char* connections[] = {"go-client", "min-client", "min-client-invoke-first", "min-client-ids-200-99"};

/// Makes the calls that the captured client made, so that replies to them are expected.
GoRpcCodec caller_of(std::string_view connection) {
    GoRpcCodec codec;
    std::string out;
    for (const auto& request : test::gob_messages("client->server", connection)) {
        json header;
        for (const auto& message : request.decoded) {
            if (message.contains("value") && message["value"].contains("ServiceMethod")) header = message["value"];
        }
        const auto sequence = header["ServiceMethod"] == "Function.Ping" ? codec.encode_ping(out) : codec.encode_invoke({}, out);
        CHECK(sequence == header.value("Seq", 0U));
    }
    return codec;
}

GoReply reply_of(const json& messages) {
    json header;
    json body;
    for (const auto& message : messages) {
        if (message.contains("value")) (header.is_null() ? header : body) = message["value"];
    }
    GoReply reply;
    reply.sequence = header.value("Seq", 0U);
    reply.service_method = header["ServiceMethod"];
    if (header.contains("Error"))
        reply.body = GoRpcFailure{header["Error"]};
    else if (reply.service_method == "Function.Ping")
        reply.body = GoPingReply{};
    else {
        GoInvokeReply invoked{body.value("Payload", ""), std::nullopt};
        if (body.contains("Error")) {
            const auto& error = body["Error"];
            invoked.error = GoInvokeError{error.value("Message", ""), error.value("Type", ""), {}, error.value("ShouldExit", false)};
            for (const auto& frame : error.value("StackTrace", json::array())) {
                invoked.error->stack_trace.push_back(
                    {frame.value("Path", ""), frame.value("Line", std::int64_t{0}), frame.value("Label", "")});
            }
        }
        reply.body = invoked;
    }
    return reply;
}

std::vector<GoReply> drain(GoRpcCodec& codec) {
    std::vector<GoReply> replies;
    while (auto reply = codec.next_reply())
        replies.push_back(std::move(*reply));
    return replies;
}

/// All that one captured server sent, and what it said.
struct Conversation {
    std::string bytes;
    std::vector<GoReply> replies;
    std::vector<std::size_t> ends; ///< where each reply is complete
};
Conversation conversation(std::string_view connection) {
    Conversation all;
    for (const auto& response : test::gob_messages("server->client", connection)) {
        if (response.bytes.empty()) continue; // the process exited instead
        all.bytes += response.bytes;
        all.replies.push_back(reply_of(response.decoded));
        all.ends.push_back(all.bytes.size());
    }
    return all;
}

/// A server's first words: the header's definition, as its own type 64.
std::string server_definition() {
    std::string out;
    const std::vector<GobFieldSketch> fields{{"ServiceMethod", gob_string_id}, {"Seq", gob_uint_id}, {"Error", gob_string_id}};
    append_gob_struct_definition(out, 64, "Response", fields);
    return out;
}
std::string message(GobTypeId id, std::string_view content) {
    std::string body;
    append_gob_int(body, id);
    body += content;
    std::string out;
    append_gob_message(out, body);
    return out;
}
std::string empty_header() { return message(64, std::string_view("\0", 1)); }

} // namespace

TEST_CASE("every captured reply is read as what Go says it is") {
    std::size_t seen = 0;
    for (const auto* connection : connections) {
        auto codec = caller_of(connection);
        for (const auto& response : test::gob_messages("server->client", connection)) {
            CAPTURE(response.name);
            REQUIRE(codec.feed(response.bytes).has_value());
            const auto replies = drain(codec);
            if (response.bytes.empty()) {
                CHECK(replies.empty());
                continue;
            }
            REQUIRE(replies.size() == 1);
            CHECK(replies[0] == reply_of(response.decoded));
            ++seen;
        }
    }
    CHECK(seen == 22);
}

TEST_CASE("the captured panic has its stack and asks for an exit, a returned error has neither") {
    auto codec = caller_of("go-client");
    REQUIRE(codec.feed(conversation("go-client").bytes).has_value());
    const auto replies = drain(codec);
    const auto& returned = std::get<GoInvokeReply>(replies.at(4).body);
    REQUIRE(returned.error);
    CHECK(returned.payload.empty());
    CHECK(returned.error->type == "errorString");
    CHECK(returned.error->stack_trace.empty());
    CHECK_FALSE(returned.error->should_exit);
    const auto& panicked = std::get<GoInvokeReply>(replies.at(5).body);
    REQUIRE(panicked.error);
    CHECK(panicked.error->message == "boom");
    CHECK(panicked.error->stack_trace.size() == 13);
    CHECK(panicked.error->stack_trace[2] == GoStackFrame{"runtime/panic.go", 860, "gopanic"});
    CHECK(panicked.error->should_exit);
    CHECK(std::get<GoRpcFailure>(replies.at(10).body).text == "rpc: can't find method Function.Nope");
}

TEST_CASE("replies that overtake each other are told apart by their sequence number") {
    const auto& vector = test::gob_vector("out-of-order");
    GoRpcCodec codec;
    std::string out;
    CHECK(codec.encode_ping(out) == 0);
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence)
        CHECK(codec.encode_invoke({}, out) == sequence);
    REQUIRE(codec.feed(test::gob_vector("min-client/ping.response").bytes + vector.bytes).has_value());
    const auto replies = drain(codec);
    REQUIRE(replies.size() == 4);
    std::vector<std::uint64_t> order;
    for (std::size_t i = 1; i < replies.size(); ++i)
        order.push_back(replies[i].sequence);
    CHECK(order == vector.decoded.at("reply_seq_order").get<std::vector<std::uint64_t>>());
    CHECK(std::get<GoInvokeReply>(replies[1].body).payload.find("Hello /fast") != std::string::npos);
    CHECK(std::get<GoInvokeReply>(replies[2].body).payload.find("Hello /sleep") != std::string::npos);
}

TEST_CASE("any cut of the stream gives the same replies, and none before its last byte") {
    for (const auto* connection : connections) {
        CAPTURE(connection);
        const auto all = conversation(connection);
        for (const std::size_t step : {1U, 2U, 7U, 64U, 1000U}) {
            auto codec = caller_of(connection);
            std::vector<GoReply> replies;
            for (std::size_t at = 0; at < all.bytes.size(); at += step) {
                REQUIRE(codec.feed(std::string_view(all.bytes).substr(at, step)).has_value());
                for (auto& reply : drain(codec))
                    replies.push_back(std::move(reply));
                const auto received = std::min(at + step, all.bytes.size());
                REQUIRE(replies.size() == static_cast<std::size_t>(std::count_if(all.ends.begin(), all.ends.end(),
                                                                                 [&](std::size_t end) { return end <= received; })));
            }
            CHECK(replies == all.replies);
        }
    }
}

TEST_CASE("no corrupted byte crashes or stalls the codec") {
    std::size_t refused = 0;
    std::size_t survived = 0;
    for (const auto* connection : connections) {
        const auto all = conversation(connection);
        for (std::size_t at = 0; at < all.bytes.size(); ++at) {
            for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
                auto bytes = all.bytes;
                bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ mask);
                auto codec = caller_of(connection);
                const auto fed = codec.feed(bytes);
                const auto replies = drain(codec);
                REQUIRE(replies.size() <= all.replies.size());
                if (fed.has_error()) {
                    REQUIRE((fed.error().code == Errc::malformed || fed.error().code == Errc::too_large));
                    REQUIRE_FALSE(fed.error().message.empty());
                    ++refused;
                } else {
                    ++survived;
                }
            }
        }
    }
    CHECK(refused > 0);
    CHECK(survived > 0); // a changed letter in a payload is still a payload
}

TEST_CASE("the captured reply of six megabytes is read in whatever pieces it comes") {
    const auto& row = test::gob_vector("big-6MB.response");
    const auto total = row.decoded.at("total_bytes").get<std::size_t>();
    const auto tail = test::from_hex(row.decoded.at("tail_hex").get<std::string>());
    // The capture keeps the first 64 and the last 8 bytes; what is between is the handler's JSON up to its body of x.
    const auto start = row.bytes.find('{');
    REQUIRE(start != std::string::npos);
    auto bytes = row.bytes.substr(0, start) + R"({"statusCode":200,"headers":null,"multiValueHeaders":null,"body":")";
    bytes.append(total - bytes.size() - tail.size(), 'x').append(tail);
    REQUIRE(bytes.size() == total);
    REQUIRE(bytes.starts_with(row.bytes));

    for (const std::size_t step : {4'096U, 65'536U, 8'388'608U}) {
        GoRpcCodec codec;
        std::string out;
        codec.encode_ping(out);
        for (int i = 0; i < 4; ++i)
            codec.encode_invoke({}, out);
        REQUIRE(codec.feed(test::gob_vector("min-client/ping.response").bytes).has_value());
        REQUIRE(codec.feed(test::gob_vector("min-client/invoke.response").bytes).has_value());
        REQUIRE(drain(codec).size() == 2);
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            REQUIRE_FALSE(codec.next_reply());
            REQUIRE(codec.feed(std::string_view(bytes).substr(at, step)).has_value());
        }
        const auto replies = drain(codec);
        REQUIRE(replies.size() == 1);
        CHECK(replies[0].sequence == 4);
        CHECK(std::get<GoInvokeReply>(replies[0].body).payload == std::string_view(bytes).substr(start, total - start - 1));
    }
}

TEST_CASE("a reply with no or unknown fields is read, with zero for what is missing") {
    GoRpcCodec codec;
    std::string out;
    codec.encode_invoke({}, out);
    std::string types;
    const std::vector<GobFieldSketch> fields{{"Novel", gob_string_id}, {"Payload", gob_bytes_id}, {"Error", 71}};
    append_gob_struct_definition(types, 70, "", fields);
    const std::vector<GobFieldSketch> error_fields{{"Cause", 71}, {"Type", gob_string_id}};
    append_gob_struct_definition(types, 71, "", error_fields);
    // Novel "n", Error{Cause{Type "inner"}, Type "outer"}
    const std::string_view value("\1\1n\2\1\2\5inner\0\1\5outer\0\0", 22);
    REQUIRE(codec.feed(server_definition() + types + empty_header() + message(70, value)).has_value());
    const auto replies = drain(codec);
    REQUIRE(replies.size() == 1);
    CHECK(replies[0] == GoReply{0, "", GoInvokeReply{"", GoInvokeError{"", "outer", {}, false}}});
}

TEST_CASE("a reply to no call in flight, or a second one to the same call, ends the connection") {
    const auto ping = test::gob_vector("min-client/ping.response").bytes;
    GoRpcCodec never_asked;
    const auto refused = never_asked.feed(ping);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == Errc::malformed);

    GoRpcCodec asked_once;
    std::string out;
    asked_once.encode_ping(out);
    CHECK(asked_once.feed(ping + test::gob_vector("go-client/ping-second.response").bytes).has_error());
    CHECK(asked_once.next_reply()); // what came before the error is not lost
    CHECK_FALSE(asked_once.next_reply());
}

TEST_CASE("after an error the codec refuses everything and repeats the cause") {
    GoRpcCodec codec;
    std::string out;
    codec.encode_ping(out);
    const auto first = codec.feed("\x90");
    REQUIRE(first.has_error());
    const auto again = codec.feed(test::gob_vector("min-client/ping.response").bytes);
    REQUIRE(again.has_error());
    CHECK(again.error().message == first.error().message);
    CHECK_FALSE(codec.next_reply());
}

TEST_CASE("messages without a type id, of no type, or that are no struct are malformed") {
    const auto one = [](std::string_view bytes) {
        GoRpcCodec codec;
        std::string out;
        codec.encode_ping(out);
        const auto fed = codec.feed(bytes);
        REQUIRE(fed.has_error());
        CHECK(fed.error().code == Errc::malformed);
    };
    one(std::string_view("\0", 1));
    one(std::string_view("\1\0", 2));
    one(message(64, std::string_view("\0", 1)));
    one(message(gob_string_id, std::string_view("\0\1a", 3)));
    one(message(std::numeric_limits<GobTypeId>::min(), std::string_view("\0", 1)));
    one(message(-1, std::string_view("\0", 1)));
    // The sequence number as a string.
    std::string types;
    const std::vector<GobFieldSketch> fields{{"Seq", gob_string_id}};
    append_gob_struct_definition(types, 64, "Response", fields);
    one(types + message(64, std::string_view("\1\1a\0", 4)));
}

TEST_CASE("an announced message over the limit is refused before its bytes arrive") {
    GoRpcCodec codec;
    std::string head;
    append_gob_uint(head, limits::gob_message_bytes_max + 1);
    const auto fed = codec.feed(head);
    REQUIRE(fed.has_error());
    CHECK(fed.error().code == Errc::too_large);
}

TEST_CASE("a stack trace is bounded, because a frame is one byte on the wire") {
    for (const std::size_t frames : {go_stack_frames_max, go_stack_frames_max + 1}) {
        GoRpcCodec codec;
        std::string out;
        codec.encode_invoke({}, out);
        auto types = test::gob_vector("min-client/invoke.response").bytes.substr(23); // after the header, the four definitions and a value
        types.resize(types.size() - 83);
        std::string value("\2\3", 2); // Error, StackTrace
        append_gob_uint(value, frames);
        value.append(frames + 2, '\0');
        const auto fed = codec.feed(server_definition() + types + empty_header() + message(66, value));
        if (frames == go_stack_frames_max) {
            REQUIRE(fed.has_value());
            CHECK(std::get<GoInvokeReply>(codec.next_reply()->body).error->stack_trace.size() == frames);
        } else {
            REQUIRE(fed.has_error());
            CHECK(fed.error().code == Errc::too_large);
        }
    }
}

TEST_CASE("a codec can be moved in the middle of a reply") {
    GoRpcCodec first;
    std::string out;
    first.encode_ping(out);
    const auto& bytes = test::gob_vector("min-client/ping.response").bytes;
    REQUIRE(first.feed(std::string_view(bytes).substr(0, 70)).has_value());
    GoRpcCodec second(std::move(first));
    REQUIRE(second.feed(std::string_view(bytes).substr(70)).has_value());
    CHECK(second.next_reply());
    CHECK(second.encode_ping(out) == 1);
}
