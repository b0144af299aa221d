// Goal: what the codec sends is what aws-lambda-go accepts.
// Method: our bytes against captures of a client that the real library answered, and through a reader that shares no code.
#include "lambox/wire/go_rpc.hpp"

#include "unit/wire/gob_vectors.hpp"
#include "unit/wire/tiny_gob.hpp"

#include <map>
#include <set>

using namespace lambox;
using namespace lambox::wire;
using nlohmann::json;

TEST_CASE("our bytes are those of a captured client that the real library accepted") {
    GoRpcCodec codec;
    const auto sent = [](std::string_view name) { return test::gob_vector(name).bytes; };
    std::string out;
    CHECK(codec.encode_ping(out) == 0);
    CHECK(out == sent("min-client/ping.request"));

    GoInvokeRequest request;
    request.payload = R"({"path":"/hi"})";
    request.request_id = "rid";
    request.trace_id = "Root=1-x";
    request.deadline_seconds = 1'795'505'321;
    request.deadline_nanoseconds = 500'000'000;
    request.invoked_function_arn = "arn:a";
    out.clear();
    CHECK(codec.encode_invoke(request, out) == 1);
    CHECK(out == sent("min-client/invoke.request"));
    out.clear();
    CHECK(codec.encode_invoke(request, out) == 2);
    CHECK(out == sent("min-client/invoke2.request"));

    GoInvokeRequest bare;
    bare.payload = R"({"path":"/error"})";
    out.clear();
    CHECK(codec.encode_invoke(bare, out) == 3);
    CHECK(out == sent("min-client/error.request"));

    GoRpcCodec without_ping;
    out.clear();
    CHECK(without_ping.encode_invoke(bare, out) == 0);
    CHECK(out == sent("min-client-invoke-first/error-first.request"));
}

TEST_CASE("all that Go's own client said of an invocation is said by ours, field by field") {
    GoRpcCodec codec;
    test::TinyGob server;
    std::size_t seen = 0;
    for (const auto& row : test::gob_messages("client->server", "go-client")) {
        auto expected = row.decoded.back().at("value");
        if (!expected.contains("Payload")) continue;
        CAPTURE(row.name);
        const auto text = [&](const char* name) { return expected.value(name, std::string()); };
        const auto payload = text("Payload"), id = text("RequestId"), trace = text("XAmznTraceId"), arn = text("InvokedFunctionArn");
        const auto identity = text("CognitoIdentityId"), pool = text("CognitoIdentityPoolId"), context = text("ClientContext");
        const auto deadline = expected.value("Deadline", json::object());
        const auto seconds = deadline.value("Seconds", std::int64_t{0});
        const auto nanoseconds = deadline.value("Nanos", std::int64_t{0});
        std::string out = "already here";
        const auto sequence = codec.encode_invoke({payload, id, trace, seconds, nanoseconds, arn, identity, pool, context}, out);
        REQUIRE(out.starts_with("already here"));
        const auto decoded = server.decode(std::string_view(out).substr(12));
        if (deadline.empty()) expected.erase("Deadline"); // Go sends an empty one, which a client need not
        CHECK(decoded.back().at("value") == expected);
        auto header = decoded[decoded.size() == 2 ? 0 : 1].at("value");
        CHECK(header.at("ServiceMethod") == "Function.Invoke");
        CHECK(header.value("Seq", 0U) == sequence);
        ++seen;
    }
    CHECK(seen == 11);
}

TEST_CASE("over a connection each type is defined once, before its first value, with an id and fields that Go accepts") {
    GoRpcCodec codec;
    std::string out;
    for (int i = 0; i < 5; ++i) {
        codec.encode_invoke({.payload = "{}", .deadline_seconds = 1}, out);
        codec.encode_ping(out);
    }
    test::TinyGob server; // throws at a second definition, and at a value whose type is not known
    std::set<std::int64_t> defined;
    std::size_t values = 0;
    std::map<std::string, int> kinds;
    for (const auto& message : server.decode(out)) {
        if (message.contains("typedef")) {
            CHECK(message["typedef"] >= 64);
            CHECK(defined.insert(message["typedef"].get<std::int64_t>()).second);
            for (const auto& field : message["type"][2])
                kinds[field[0]] = field[1];
        } else {
            CHECK(defined.contains(message["value_of_type"].get<std::int64_t>()));
            ++values;
        }
    }
    CHECK(defined.size() == 4);
    CHECK(values == 20);
    CHECK(defined.contains(kinds.at("Deadline")));
    kinds.erase("Deadline");
    CHECK(kinds == std::map<std::string, int>{{"ServiceMethod", 6},
                                              {"Seq", 3},
                                              {"Payload", 5},
                                              {"RequestId", 6},
                                              {"XAmznTraceId", 6},
                                              {"InvokedFunctionArn", 6},
                                              {"CognitoIdentityId", 6},
                                              {"CognitoIdentityPoolId", 6},
                                              {"ClientContext", 5},
                                              {"Seconds", 2},
                                              {"Nanos", 2}});
}

TEST_CASE("the captured request of six megabytes is ours, head, size and tail") {
    const auto& row = test::gob_vector("big-6MB.request");
    GoRpcCodec codec;
    std::string out;
    codec.encode_ping(out);
    for (int i = 0; i < 3; ++i)
        codec.encode_invoke({.payload = "{}", .deadline_seconds = 1}, out);
    const std::string head = R"({"path":"/big","body":")";
    const std::size_t payload_bytes = 0x5ffe51;
    const auto payload = head + std::string(payload_bytes - head.size() - 2, 'y') + "\"}";
    out.clear();
    codec.encode_invoke({.payload = payload, .deadline_seconds = 2'000'000'000}, out);
    CHECK(out.size() == row.decoded.at("total_bytes").get<std::size_t>());
    CHECK(out.starts_with(row.bytes));
    CHECK(out.ends_with(test::from_hex(row.decoded.at("tail_hex").get<std::string>())));
}

TEST_CASE("an empty payload is left out, like every zero field") {
    GoRpcCodec codec;
    std::string out;
    codec.encode_invoke({.request_id = "id"}, out);
    CHECK(test::TinyGob().decode(out).back().at("value") == json{{"RequestId", "id"}});
}
