#include "http_parse.hpp"

#include "lambox/base/assert.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace lambox::io::detail {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

/// Whether a comma-separated list of one of `fields` called `list` has the token `name`.
bool listed(const HttpHeaders& fields, std::string_view list, std::string_view name) {
    return std::any_of(fields.begin(), fields.end(), [&](const HttpHeaders::Field& field) {
        return boost::beast::iequals(field.name, list) &&
               http::token_list{{field.value.data(), field.value.size()}}.exists(string_view(name.data(), name.size()));
    });
}

/// Collects a message and refuses what Beast would let pass. Beast itself refuses: whitespace before the colon, bare CR or LF,
/// control characters, differing lengths, a length beside `chunked`, either of them among the trailers.
template <bool is_request>
class Collector final : public http::basic_parser<is_request> {
public:
    explicit Collector(const HttpParseBounds& bounds) : bounds_(bounds) {
        this->header_limit(static_cast<std::uint32_t>(bounds.head_bytes_max));
        this->body_limit(boost::none); // counted here: over the bound is not an error
    }

    HttpParseProgress feed(std::string_view bytes);
    [[nodiscard]] bool has_head() const { return head_complete_; }
    [[nodiscard]] bool keeps_connection() const { return keeps_connection_ && this->is_done(); }
    [[nodiscard]] bool given_up() const { return given_up_; }
    [[nodiscard]] bool too_large() const { return too_large_; }
    void reject(unsigned code, std::string text) {
        if (!rejection) rejection = HttpRejection{code, std::move(text)};
    }

    std::string method;
    std::string target;
    unsigned status = 0;
    int version = 11;
    HttpHeaders headers;
    HttpHeaders trailers;
    std::string body;
    std::optional<HttpRejection> rejection;

private:
    void on_request_impl(http::verb, string_view method_text, string_view target_text, int minor, error_code& error) override {
        if (method_text.size() > method_chars_max) return refuse(400, "the method is too long", error);
        method = view(method_text);
        target = view(target_text);
        version = minor;
    }
    void on_response_impl(int code, string_view, int minor, error_code&) override {
        status = static_cast<unsigned>(code);
        version = minor;
    }
    void on_field_impl(http::field id, string_view name, string_view value, error_code& error) override;
    void on_header_impl(error_code& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length && !too_large_) body.reserve(static_cast<std::size_t>(*length));
    }
    std::size_t on_body_impl(string_view piece, error_code&) override {
        received_ += piece.size();
        if (!too_large_ && received_ > bounds_.body_bytes_max) {
            too_large_ = true;
            body = std::string(); // gives the memory back, as clear() would not
        }
        if (!too_large_) body.append(piece.data(), piece.size());
        if (received_ > bounds_.discard_bytes_max) given_up_ = true;
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code& error) override { return on_body_impl(piece, error); }
    void on_finish_impl(error_code&) override {}

    void refuse(unsigned code, std::string text, error_code& error) {
        reject(code, std::move(text));
        error = http::error::bad_field; // any will do; it stops the parser
    }
    void check_framing(error_code& error);
    void explain(const error_code& error);

    const HttpParseBounds bounds_;
    std::size_t section_bytes_ = 0; ///< of the head, or of the current chunk header or trailers
    std::size_t fields_ = 0;
    std::size_t hosts_ = 0;
    std::size_t lengths_ = 0;
    std::size_t encodings_ = 0;
    std::uint64_t received_ = 0;
    bool head_complete_ = false;
    bool in_chunk_header_ = false;
    bool keeps_connection_ = false;
    bool too_large_ = false;
    bool given_up_ = false;
};

template <bool is_request>
void Collector<is_request>::on_field_impl(http::field id, string_view name, string_view value, error_code& error) {
    if (++fields_ > header_fields_max) return refuse(431, "too many header fields", error);
    // Beast unfolds a value that goes on over several lines; RFC 9112 §5.2 has a server refuse it. A value that was not
    // folded begins after the colon and the blanks behind it, in the very bytes that the name was read from.
    const char* begin = name.data() + name.size() + 1;
    while (*begin == ' ' || *begin == '\t')
        ++begin;
    if (begin != value.data()) return refuse(400, "a header value is folded over several lines", error);
    if (head_complete_) {
        // Trailers that were not announced are dropped: RFC 9110 §6.5.1, behaviour §1.6.
        if (listed(headers, "Trailer", view(name))) trailers.add(view(name), view(value));
        return;
    }
    if (id == http::field::host) ++hosts_;
    if (id == http::field::transfer_encoding) ++encodings_;
    if (id == http::field::content_length) {
        ++lengths_;
        if (value.find(',') != string_view::npos) return refuse(400, "Content-Length is a list", error);
    }
    headers.add(view(name), view(value));
}

template <bool is_request>
void Collector<is_request>::check_framing(error_code& error) {
    // Two lengths, or a length beside an encoding, are how requests are smuggled past a proxy (RFC 9112 §6.3).
    if (encodings_ > 0 && lengths_ > 0) return refuse(400, "both Content-Length and Transfer-Encoding", error);
    if (encodings_ > 1) return refuse(400, "more than one Transfer-Encoding", error);
    if (lengths_ > 1) return refuse(400, "more than one Content-Length", error);
    if (encodings_ == 0) return;
    if (version < 11) return refuse(400, "Transfer-Encoding in HTTP/1.0", error);
    // Beast takes `gzip, chunked` for chunked, and `chunked, chunked` or `identity` for no body at all.
    const bool chunked = boost::beast::iequals(*headers.find("Transfer-Encoding"), "chunked");
    if (!chunked) refuse(501, "only Transfer-Encoding: chunked is supported", error);
}

template <bool is_request>
void Collector<is_request>::on_header_impl(error_code& error) {
    check_framing(error);
    if (error) return;
    if constexpr (is_request) {
        if (hosts_ > 1) return refuse(400, "more than one Host", error);
        const auto expect = headers.find("Expect");
        if (expect && version >= 11 && !boost::beast::iequals(*expect, "100-continue")) {
            return refuse(417, "only Expect: 100-continue is supported", error);
        }
    }
    head_complete_ = true;
    keeps_connection_ = this->keep_alive(); // now, because Beast would let a trailer change it
    const auto length = this->content_length();
    too_large_ = length && *length > bounds_.body_bytes_max;
    given_up_ = length && *length > bounds_.discard_bytes_max;
}

template <bool is_request>
void Collector<is_request>::explain(const error_code& error) {
    if (error == http::error::header_limit) return reject(431, "the headers are too large");
    if (error == http::error::bad_content_length || error == http::error::multiple_content_length) {
        return reject(400, "a bad Content-Length, or one beside Transfer-Encoding");
    }
    if (error == http::error::bad_transfer_encoding) return reject(400, "a bad Transfer-Encoding, or one beside Content-Length");
    reject(400, "malformed HTTP: " + error.message());
}

template <bool is_request>
HttpParseProgress Collector<is_request>::feed(std::string_view bytes) {
    LAMBOX_ASSERT(!rejection);
    std::size_t consumed = 0;
    while (consumed < bytes.size()) {
        const std::string_view rest = bytes.substr(consumed);
        // Beast asserts that the last chunk is not looked at again before five bytes of it are there; from any chunk header to
        // the end of a message it is at least as many.
        if (in_chunk_header_ && rest.size() < 5) break;
        const bool in_head = !head_complete_;
        const std::uint64_t received = received_;
        error_code error;
        const std::size_t count = this->put(boost::asio::buffer(rest.data(), rest.size()), error);
        const bool starved = error == http::error::need_more;
        consumed += count;
        in_chunk_header_ = starved && !in_head;
        // Beast bounds one field but not their sum, and neither chunk headers nor trailers. Body bytes begin a new section.
        section_bytes_ += count;
        if (received_ != received) section_bytes_ = 0;
        if (section_bytes_ + (starved ? bytes.size() - consumed : 0) > bounds_.head_bytes_max) {
            if (in_head)
                reject(431, "the headers are too large");
            else
                reject(400, "a chunk header or the trailers are too large");
        } else if (error && !starved) {
            explain(error);
        }
        if (rejection) return {consumed, HttpParseStep::failed};
        if (this->is_done() || given_up_) return {consumed, HttpParseStep::message_done};
        if (in_head && head_complete_) {
            section_bytes_ = 0;
            return {consumed, HttpParseStep::head_done};
        }
        if (starved) break;
    }
    return {consumed, HttpParseStep::need_more};
}

} // namespace

struct HttpRequestParser::Impl {
    explicit Impl(HttpParseBounds the_bounds) : bounds(the_bounds) { collector.emplace(bounds); }
    HttpParseBounds bounds;
    std::optional<Collector<true>> collector;
    bool skipped_line = false;
};

HttpRequestParser::HttpRequestParser(HttpParseBounds bounds) : impl_(std::make_unique<Impl>(bounds)) {}
HttpRequestParser::~HttpRequestParser() = default;

HttpParseProgress HttpRequestParser::feed(std::string_view bytes) {
    // One empty line before a request is passed over: old clients end a body with a line of its own (RFC 9112 §2.2).
    std::size_t skipped = 0;
    if (!begun() && !impl_->skipped_line && bytes.starts_with('\r')) {
        if (bytes.size() == 1) return {0, HttpParseStep::need_more};
        if (bytes[1] == '\n') {
            impl_->skipped_line = true;
            skipped = 2;
        }
    }
    auto progress = impl_->collector->feed(bytes.substr(skipped));
    progress.consumed += skipped;
    return progress;
}

bool HttpRequestParser::begun() const { return impl_->collector->got_some(); }
bool HttpRequestParser::has_head() const { return impl_->collector->has_head(); }
const HttpRejection& HttpRequestParser::rejection() const { return *impl_->collector->rejection; }

bool HttpRequestParser::expects_continue() const {
    // The value was checked with the headers; HTTP/1.0 knows no interim answers.
    return impl_->collector->version >= 11 && impl_->collector->headers.find("Expect").has_value();
}

bool HttpRequestParser::is_head_request() const { return impl_->collector->method == "HEAD"; }
bool HttpRequestParser::is_http_1_0() const { return impl_->collector->version < 11; }
bool HttpRequestParser::keeps_connection() const { return impl_->collector->keeps_connection(); }
bool HttpRequestParser::is_complete() const { return impl_->collector->is_done(); }
bool HttpRequestParser::too_large() const { return impl_->collector->too_large(); }

HttpRequest HttpRequestParser::take() {
    auto& collected = *impl_->collector;
    LAMBOX_ASSERT(collected.has_head());
    HttpRequest request;
    request.method = std::move(collected.method);
    request.target = std::move(collected.target);
    request.headers = std::move(collected.headers);
    request.trailers = std::move(collected.trailers);
    request.body = std::move(collected.body);
    if (collected.too_large())
        request.body_state = BodyState::too_large;
    else if (!collected.is_done())
        request.body_state = BodyState::truncated;
    impl_->collector.emplace(impl_->bounds); // Beast's parsers cannot be used twice
    impl_->skipped_line = false;
    return request;
}

struct HttpResponseParser::Impl {
    void renew() {
        collector.emplace(bounds);
        if (expect == Expect::no_body) collector->skip(true);
    }
    HttpParseBounds bounds;
    Expect expect;
    std::optional<Collector<false>> collector{};
};

HttpResponseParser::HttpResponseParser(HttpParseBounds bounds, Expect expect) : impl_(new Impl{bounds, expect}) { impl_->renew(); }
HttpResponseParser::~HttpResponseParser() = default;

HttpParseProgress HttpResponseParser::feed(std::string_view bytes) {
    std::size_t consumed = 0;
    for (;;) {
        auto progress = impl_->collector->feed(bytes.substr(consumed));
        consumed += progress.consumed;
        auto& collected = *impl_->collector;
        if (collected.too_large() && progress.step != HttpParseStep::failed) {
            collected.reject(413, "the body is too large");
            progress.step = HttpParseStep::failed;
        }
        const bool interim = progress.step == HttpParseStep::message_done && collected.status >= 100 && collected.status < 200;
        if (!interim) return {consumed, progress.step};
        impl_->renew();
    }
}

HttpParseStep HttpResponseParser::end_of_stream() {
    auto& collected = *impl_->collector;
    error_code error = http::error::partial_message;
    if (collected.got_some()) collected.put_eof(error);
    if (!error) return HttpParseStep::message_done;
    collected.reject(400, "the response ended early");
    return HttpParseStep::failed;
}

bool HttpResponseParser::begun() const { return impl_->collector->got_some(); }
const HttpRejection& HttpResponseParser::rejection() const { return *impl_->collector->rejection; }
bool HttpResponseParser::keeps_connection() const { return impl_->collector->keeps_connection(); }

HttpResponse HttpResponseParser::take() {
    auto& collected = *impl_->collector;
    HttpResponse response;
    response.status = collected.status;
    response.headers = std::move(collected.headers);
    response.body = std::move(collected.body);
    return response;
}

} // namespace lambox::io::detail
