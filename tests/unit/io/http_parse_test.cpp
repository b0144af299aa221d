// Goal: of what a peer may send, exactly what HTTP/1.1 allows and this server supports is taken, the same whichever way the
// bytes are cut; everything else is refused with the right status. Method: tables of messages, each fed whole, byte by byte
// and in pieces of seven.
#include "../../../src/io/http_parse.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace lambox::io;
using namespace lambox::io::detail;

namespace {

constexpr HttpParseBounds small_bounds{512, 32, 64};

struct Parsed {
    HttpParseStep step = HttpParseStep::need_more;
    bool head_seen = false;
    std::string rest; ///< behind the message
};

template <class Parser>
Parsed feed(Parser& parser, std::string_view bytes, std::size_t piece_bytes) {
    Parsed parsed;
    while (!bytes.empty()) {
        parsed.rest.append(bytes.substr(0, piece_bytes));
        bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
        for (;;) {
            const auto progress = parser.feed(parsed.rest);
            REQUIRE(progress.consumed <= parsed.rest.size());
            parsed.rest.erase(0, progress.consumed);
            parsed.step = progress.step;
            if (progress.step != HttpParseStep::head_done) break;
            CHECK_FALSE(parsed.head_seen);
            parsed.head_seen = true;
            if (parsed.rest.empty()) break;
        }
        if (parsed.step == HttpParseStep::message_done || parsed.step == HttpParseStep::failed) break;
    }
    parsed.rest.append(bytes);
    return parsed;
}

const std::vector<std::size_t> cuts{1'000'000, 1, 7};

std::string post(std::string_view fields_and_body) { return "POST /p HTTP/1.1\r\nHost: h\r\n" + std::string(fields_and_body); }

void check_refused(const std::string& bytes, unsigned status) {
    for (const std::size_t cut : cuts) {
        CAPTURE(bytes);
        CAPTURE(cut);
        HttpRequestParser parser(small_bounds);
        const auto parsed = feed(parser, bytes, cut);
        REQUIRE(parsed.step == HttpParseStep::failed);
        CHECK(parser.rejection().status == status);
        CHECK_FALSE(parser.rejection().text.empty());
    }
}

HttpRequest check_taken(const std::string& bytes, const HttpParseBounds& bounds = small_bounds) {
    std::optional<HttpRequest> last;
    for (const std::size_t cut : cuts) {
        CAPTURE(bytes);
        CAPTURE(cut);
        HttpRequestParser parser(bounds);
        const auto parsed = feed(parser, bytes + "GET /next", cut);
        REQUIRE(parsed.step == HttpParseStep::message_done);
        CHECK(parsed.rest == "GET /next");
        CHECK(parser.is_complete());
        auto request = parser.take();
        if (last) {
            CHECK(request.method == last->method);
            CHECK(request.target == last->target);
            CHECK(request.headers == last->headers);
            CHECK(request.trailers == last->trailers);
            CHECK(request.body == last->body);
            CHECK(request.body_state == last->body_state);
        }
        last = std::move(request);
    }
    return *last;
}

} // namespace

TEST_CASE("a request without a body ends with its head") {
    const auto request = check_taken("GET /a/b?c=%20d HTTP/1.1\r\nHost: localhost\r\nX-Empty:\r\nx-blanks: \t a b \t\r\n\r\n");
    CHECK(request.method == "GET");
    CHECK(request.target == "/a/b?c=%20d");
    REQUIRE(request.headers.size() == 3);
    CHECK(*request.headers.find("HOST") == "localhost");
    CHECK(*request.headers.find("x-empty") == "");
    CHECK(*request.headers.find("X-Blanks") == "a b");
    CHECK(request.body.empty());
    CHECK(request.body_state == BodyState::complete);
    CHECK(check_taken("POST / HTTP/1.1\r\n\r\n").body.empty());
}

TEST_CASE("a body has its announced length, whatever bytes it holds") {
    const std::string bytes("\0\r\n\r\n\xff", 6);
    CHECK(check_taken(post("Content-Length: 6\r\n\r\n" + bytes)).body == bytes);
    CHECK(check_taken(post("Content-Length: 0\r\n\r\n")).body.empty());
    CHECK(check_taken("GET / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi").body == "hi");
}

TEST_CASE("chunks are joined, extensions dropped") {
    CHECK(check_taken(post("Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0A;x=\"y\";z\r\n0123456789\r\n0\r\n\r\n")).body ==
          "abc0123456789");
    CHECK(check_taken(post("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")).body.empty());
    CHECK(check_taken(post("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n000\r\n\r\n")).body == "x");
}

TEST_CASE("announced trailers are kept apart from the headers, others are dropped") {
    const std::string body = "2\r\nok\r\n0\r\nError-Type: Oops\r\nUnannounced: 1\r\nError-Body: e30=\r\n\r\n";
    const auto one_list = check_taken(post("Transfer-Encoding: chunked\r\nTrailer: Error-Type, error-body\r\n\r\n" + body));
    const auto two_headers = check_taken(post("Transfer-Encoding: chunked\r\nTrailer: Error-Type\r\nTrailer: error-body\r\n\r\n" + body));
    for (const auto* request : {&one_list, &two_headers}) {
        CHECK(request->body == "ok");
        REQUIRE(request->trailers.size() == 2);
        CHECK(*request->trailers.find("Error-Type") == "Oops");
        CHECK(*request->trailers.find("Error-Body") == "e30=");
        CHECK(request->headers.find("Error-Type") == std::nullopt);
    }
    CHECK(check_taken(post("Transfer-Encoding: chunked\r\nTrailer: A\r\n\r\n0\r\n\r\n")).trailers.size() == 0);
}

TEST_CASE("an empty line before a request is passed over, a second is not") {
    CHECK(check_taken("\r\nGET / HTTP/1.1\r\n\r\n").target == "/");
    check_refused("\r\n\r\nGET / HTTP/1.1\r\n\r\n", 400);
}

TEST_CASE("smuggling attempts are refused") {
    const std::vector<std::string> attempts{
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc",
        "Content-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "Content-Length: 3, 3\r\n\r\nabc",
        "Content-Length: 3,\r\n\r\nabc",
        "Content-Length: +3\r\n\r\nabc",
        "Content-Length: -3\r\n\r\nabc",
        "Content-Length: 0x3\r\n\r\nabc",
        "Content-Length: 3 4\r\n\r\nabc",
        "Content-Length:\r\n\r\n",
        "Content-Length: 99999999999999999999\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
        "Host: other\r\n\r\n",
    };
    for (const auto& attempt : attempts) check_refused(post(attempt), 400);
    check_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

TEST_CASE("encodings other than chunked are not implemented") {
    for (const char* value :
         {"gzip, chunked", "chunked, chunked", "chunked, gzip", "identity", "xchunked", "chunked;q=1", "\"chunked\"", ""}) {
        check_refused(post("Transfer-Encoding: " + std::string(value) + "\r\n\r\n0\r\n\r\n"), 501);
    }
}

TEST_CASE("malformed heads are refused") {
    const std::vector<std::string> heads{
        " GET / HTTP/1.1\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET /\r\n\r\n........",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.12\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET / HTTP/1.1\n\r\n\r\n",
        "G@T / HTTP/1.1\r\n\r\n",
        "G\rT / HTTP/1.1\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n blank: x\r\n\r\n",
        "GET / HTTP/1.1\r\na b: x\r\n\r\n",
        "GET / HTTP/1.1\r\na: x\n\r\n\r\n",
        "GET / HTTP/1.1\r\na: x\rb: y\r\n\r\n",
        "GET / HTTP/1.1\r\na: x\x01y\r\n\r\n",
        std::string("GET / HTTP/1.1\r\na: x\0y\r\n\r\n", 26),
        "GET / HTTP/1.1\r\na: x\r\n\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nConnection: ,;,\r\n\r\n",
    };
    for (const auto& head : heads) check_refused(head, 400);
}

TEST_CASE("values folded over several lines are refused") {
    for (const char* fold : {"a: x\r\n y\r\n", "a: x\r\n\ty\r\n", "a:\r\n y\r\n", "a: x\r\n \r\n", "a:\r\n \r\n", "a: x\r\n y\r\n z\r\n"}) {
        check_refused("GET / HTTP/1.1\r\n" + std::string(fold) + "\r\n", 400);
        check_refused("GET / HTTP/1.1\r\n" + std::string(fold) + "b: c\r\n\r\n", 400);
        check_refused(post("Transfer-Encoding: chunked\r\nTrailer: a\r\n\r\n0\r\n" + std::string(fold) + "\r\n"), 400);
    }
}

TEST_CASE("malformed chunks and trailers are refused") {
    const std::vector<std::string> bodies{
        "\r\n\r\n\r\n",           "g\r\nabc\r\n0\r\n\r\n",    "-1\r\na\r\n0\r\n\r\n",     "0x1\r\na\r\n\r\n",
        "1 1\r\na\r\n0\r\n\r\n",  "3\r\nabcd\r\n0\r\n\r\n",   "3\nabc\r\n0\r\n\r\n",      "3\r\nabc\n0\r\n\r\n\r\n",
        "3\rabc\r\n0\r\n\r\n",    "1;\r\na\r\n0\r\n\r\n",     "10000000000000000\r\na\r\n", "0\r\nbad trailer\r\n\r\n",
        "0\r\na : b\r\n\r\n",     "0\r\nContent-Length: 3\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n", "0;\x01\r\n\r\n",
    };
    for (const auto& body : bodies) check_refused(post("Transfer-Encoding: chunked\r\n\r\n" + body), 400);
}

TEST_CASE("expectations other than 100-continue fail") {
    check_refused(post("Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx"), 417);
    CHECK(check_taken(post("Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx")).body == "x");
}

TEST_CASE("a method has at most 32 characters") {
    CHECK(check_taken(std::string(32, 'M') + " / HTTP/1.1\r\n\r\n").method == std::string(32, 'M'));
    check_refused(std::string(33, 'M') + " / HTTP/1.1\r\n\r\n", 400);
}

TEST_CASE("a head is bounded as a whole") {
    const std::string start = "GET / HTTP/1.1\r\n";
    const std::string exact = start + "a: " + std::string(512 - start.size() - 7, 'x') + "\r\n\r\n";
    REQUIRE(exact.size() == 512);
    CHECK(check_taken(exact).headers.find("a")->size() == 489);
    check_refused(start + "a: " + std::string(512 - start.size() - 6, 'x') + "\r\n\r\n", 431);
    check_refused("GET /" + std::string(600, 'x') + " HTTP/1.1\r\n\r\n", 431);
    check_refused(start + "a: " + std::string(600, 'x'), 431);
    std::string many = start;
    for (int i = 0; i < 100; ++i) many += "a: 12345678\r\n"; // none of them is long
    check_refused(many + "\r\n", 431);
    std::string fields = start;
    for (std::size_t i = 0; i <= header_fields_max; ++i) fields += "a:\r\n";
    HttpRequestParser parser(HttpParseBounds{1'048'576, 32, 64});
    CHECK(feed(parser, fields + "\r\n", 1'000'000).step == HttpParseStep::failed);
    CHECK(parser.rejection().status == 431);
}

TEST_CASE("chunk headers and trailers are bounded") {
    check_refused(post("Transfer-Encoding: chunked\r\n\r\n1;x=" + std::string(600, 'y') + "\r\na\r\n0\r\n\r\n"), 400);
    check_refused(post("Transfer-Encoding: chunked\r\n\r\n" + std::string(600, '0') + "1\r\na\r\n0\r\n\r\n"), 400);
    check_refused(post("Transfer-Encoding: chunked\r\n\r\n0\r\na: " + std::string(600, 'y') + "\r\n\r\n"), 400);
    std::string trailers;
    for (int i = 0; i < 100; ++i) trailers += "a: 12345678\r\n";
    check_refused(post("Transfer-Encoding: chunked\r\n\r\n0\r\n" + trailers + "\r\n"), 400);
    std::string chunks; // together over the bound of a head, which they are not
    for (int i = 0; i < 30; ++i) chunks += "1;extension=" + std::string(30, 'y') + "\r\nz\r\n";
    CHECK(check_taken(post("Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n")).body == std::string(30, 'z'));
}

TEST_CASE("a body over the bound is read to its end and dropped") {
    CHECK(check_taken(post("Content-Length: 32\r\n\r\n" + std::string(32, 'x'))).body_state == BodyState::complete);
    const std::string big(33, 'x');
    for (const auto& request : {check_taken(post("Content-Length: 33\r\n\r\n" + big)),
                                check_taken(post("Transfer-Encoding: chunked\r\n\r\n10\r\n" + big.substr(0, 16) + "\r\n11\r\n" +
                                                 big.substr(16) + "\r\n0\r\n\r\n"))}) {
        CHECK(request.body_state == BodyState::too_large);
        CHECK(request.body.empty());
    }
}

TEST_CASE("a body over the bound of what is dropped is given up") {
    const std::vector<std::string> bodies{
        "Content-Length: 65\r\n\r\n",
        "Content-Length: 18446744073709551615\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + std::string(70, 'x'),
    };
    for (const auto& body : bodies) {
        for (const std::size_t cut : cuts) {
            HttpRequestParser parser(small_bounds);
            REQUIRE(feed(parser, post(body), cut).step == HttpParseStep::message_done);
            CHECK_FALSE(parser.is_complete());
            CHECK_FALSE(parser.keeps_connection());
            CHECK(parser.take().body_state == BodyState::too_large);
        }
    }
}

TEST_CASE("what came of a body can be taken before its end") {
    HttpRequestParser parser(small_bounds);
    const auto parsed = feed(parser, post("Content-Length: 10\r\n\r\nabc"), 1);
    CHECK(parsed.step == HttpParseStep::need_more);
    CHECK(parsed.head_seen);
    REQUIRE(parser.has_head());
    const auto request = parser.take();
    CHECK(request.body == "abc");
    CHECK(request.body_state == BodyState::truncated);
    CHECK_FALSE(parser.begun());
}

TEST_CASE("the connection is kept as version and Connection header say") {
    struct Row {
        const char* head;
        bool kept;
    };
    for (const auto& [head, kept] : {Row{"GET / HTTP/1.1\r\n\r\n", true}, Row{"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", false},
                                     Row{"GET / HTTP/1.1\r\nConnection: x, close\r\n\r\n", false}, Row{"GET / HTTP/1.0\r\n\r\n", false},
                                     Row{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
                                     Row{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nConnection: close\r\n\r\n", true}}) {
        CAPTURE(head);
        HttpRequestParser parser(small_bounds);
        REQUIRE(feed(parser, head, 1'000).step != HttpParseStep::failed);
        CHECK(parser.keeps_connection() == kept);
    }
}

TEST_CASE("a parser reads one request after another") {
    HttpRequestParser parser(small_bounds);
    std::string bytes =
        post("Content-Length: 1\r\n\r\n1") + post("Transfer-Encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n") + "GET /3 HTTP/1.1\r\n\r\n";
    std::string seen;
    for (int i = 0; i < 3; ++i) {
        const auto parsed = feed(parser, bytes, 5);
        REQUIRE(parsed.step == HttpParseStep::message_done);
        bytes = parsed.rest;
        const auto request = parser.take();
        seen += request.body + request.target;
    }
    CHECK(seen == "1/p2/p/3");
    CHECK(bytes.empty());
}

namespace {

struct ResponseCase {
    const char* bytes;
    unsigned status;
    const char* body;
};

} // namespace

TEST_CASE("responses are read with length, in chunks, without a body, and behind interim ones") {
    for (const auto& [bytes, status, body] :
         {ResponseCase{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi"},
          ResponseCase{"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: x\r\n\r\n", 200, "hi"},
          ResponseCase{"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
          ResponseCase{"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, ""},
          ResponseCase{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\n!",
                       202, "!"}}) {
        for (const std::size_t cut : cuts) {
            CAPTURE(bytes);
            CAPTURE(cut);
            HttpResponseParser parser(small_bounds, HttpResponseParser::Expect::body);
            // An interim response shows its head as done as well; only the last one is handed out.
            std::string pending;
            HttpParseStep step = HttpParseStep::need_more;
            for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min(cut, rest.size()))) {
                pending.append(rest.substr(0, cut));
                do {
                    const auto progress = parser.feed(pending);
                    pending.erase(0, progress.consumed);
                    step = progress.step;
                } while (step == HttpParseStep::head_done && !pending.empty());
            }
            REQUIRE(step == HttpParseStep::message_done);
            CHECK(parser.keeps_connection());
            const auto response = parser.take();
            CHECK(response.status == status);
            CHECK(response.body == body);
        }
    }
}

TEST_CASE("a response to HEAD has no body, one without a length goes on to the end of the stream") {
    HttpResponseParser head(small_bounds, HttpResponseParser::Expect::no_body);
    CHECK(feed(head, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 3).step == HttpParseStep::message_done);
    HttpResponseParser endless(small_bounds, HttpResponseParser::Expect::body);
    CHECK(feed(endless, "HTTP/1.1 200 OK\r\n\r\nuntil the end", 3).step == HttpParseStep::need_more);
    CHECK(endless.end_of_stream() == HttpParseStep::message_done);
    CHECK_FALSE(endless.keeps_connection());
    CHECK(endless.take().body == "until the end");
}

TEST_CASE("responses that are cut, malformed or too large fail") {
    for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"}) {
        HttpResponseParser parser(small_bounds, HttpResponseParser::Expect::body);
        feed(parser, bytes, 4);
        CHECK(parser.end_of_stream() == HttpParseStep::failed);
    }
    struct Row {
        std::string bytes;
        unsigned status;
    };
    for (const auto& [bytes, status] : {Row{"220 smtp ready\r\n\r\n", 400}, Row{"HTTP/1.1 2000 OK\r\n\r\n", 400},
                                        Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
                                        Row{"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n", 413},
                                        Row{"HTTP/1.1 200 OK\r\n\r\n" + std::string(33, 'x'), 413},
                                        Row{"HTTP/1.1 200 OK\r\na: " + std::string(600, 'x'), 431}}) {
        CAPTURE(bytes);
        HttpResponseParser parser(small_bounds, HttpResponseParser::Expect::body);
        REQUIRE(feed(parser, bytes, 5).step == HttpParseStep::failed);
        CHECK(parser.rejection().status == status);
    }
}
