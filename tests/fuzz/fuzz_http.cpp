// Goal: no bytes from the network make the HTTP parsers crash, hang or break their bounds, and how the bytes are cut changes nothing
// that they find. Method: the first byte chooses where to cut; the rest is read whole and in pieces, as requests and as a response.
#include "../../src/io/http_parse.hpp"

#include "lambox/base/assert.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace lambox::io;
using namespace lambox::io::detail;

namespace {

constexpr HttpParseBounds bounds{256, 64, 128};

void check(const HttpRequest& request) {
    LAMBOX_ASSERT(!request.method.empty() && request.method.size() <= method_chars_max);
    LAMBOX_ASSERT(request.target.find_first_of(" \r\n") == std::string::npos);
    LAMBOX_ASSERT(request.body.size() <= bounds.body_bytes_max);
    LAMBOX_ASSERT(request.body_state != BodyState::too_large || request.body.empty());
    LAMBOX_ASSERT(request.headers.count("Content-Length") + request.headers.count("Transfer-Encoding") <= 1);
    for (const auto* fields : {&request.headers, &request.trailers}) {
        for (const auto [name, value] : *fields) {
            LAMBOX_ASSERT(!name.empty() && name.find_first_of(" :\t\r\n") == std::string::npos);
            LAMBOX_ASSERT(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
        }
    }
}

std::string text_of(const HttpHeaders& fields) {
    std::string text;
    for (const auto [name, value] : fields) text.append(name).append(":").append(value).append("\n");
    return text;
}

/// What a session would hand to its handler, as text, one entry a request.
std::vector<std::string> read_requests(std::string_view bytes, std::size_t piece_bytes) {
    std::vector<std::string> seen;
    HttpRequestParser parser(bounds);
    std::string pending;
    while (!bytes.empty()) {
        pending.append(bytes.substr(0, piece_bytes));
        bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
        while (!pending.empty()) {
            const auto progress = parser.feed(pending);
            LAMBOX_ASSERT(progress.consumed <= pending.size());
            pending.erase(0, progress.consumed);
            if (progress.step == HttpParseStep::need_more) break;
            if (progress.step == HttpParseStep::head_done) continue;
            if (progress.step == HttpParseStep::failed) {
                seen.push_back("refused");
                LAMBOX_ASSERT(parser.rejection().status >= 400);
                return seen;
            }
            const bool complete = parser.is_complete();
            const bool kept = parser.keeps_connection();
            const auto request = parser.take();
            check(request);
            seen.push_back(request.method + " " + request.target + "\n" + text_of(request.headers) + text_of(request.trailers) +
                           request.body);
            if (!complete || !kept) return seen;
        }
        LAMBOX_ASSERT(pending.size() <= bounds.head_bytes_max + piece_bytes);
    }
    if (parser.has_head()) check(parser.take());
    return seen;
}

void read_response(std::string_view bytes, std::size_t piece_bytes, HttpResponseParser::Expect expect) {
    HttpResponseParser parser(bounds, expect);
    std::string pending;
    while (!bytes.empty()) {
        pending.append(bytes.substr(0, piece_bytes));
        bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
        while (!pending.empty()) {
            const auto progress = parser.feed(pending);
            pending.erase(0, progress.consumed);
            if (progress.step == HttpParseStep::need_more) break;
            if (progress.step == HttpParseStep::failed) return;
            if (progress.step == HttpParseStep::head_done) continue;
            LAMBOX_ASSERT(parser.take().body.size() <= bounds.body_bytes_max);
            return;
        }
    }
    if (parser.end_of_stream() == HttpParseStep::message_done) LAMBOX_ASSERT(parser.take().body.size() <= bounds.body_bytes_max);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t piece_bytes = 1 + data[0] % 16;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = read_requests(bytes, bytes.size());
    const auto cut = read_requests(bytes, piece_bytes);
    // Cut up, a refusal may come later, even only with bytes that are not here; never may another request be seen.
    const std::size_t common = std::min(whole.size(), cut.size());
    for (std::size_t i = 0; i < common; ++i) LAMBOX_ASSERT(whole[i] == cut[i]);
    LAMBOX_ASSERT(cut.size() == whole.size() || (cut.size() + 1 == whole.size() && whole.back() == "refused"));
    read_response(bytes, bytes.size(), HttpResponseParser::Expect::body);
    read_response(bytes, piece_bytes, HttpResponseParser::Expect::no_body);
    return 0;
}
