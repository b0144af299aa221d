#include "http_parse.hpp"

#include "lambox/base/limits.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace lambox::io::detail {

namespace http = boost::beast::http;

void configure(RequestParser& parser, const ParseBounds& bounds) {
    parser.header_limit(static_cast<std::uint32_t>(bounds.header_bytes_max));
    parser.body_limit(limits::http_discard_bytes_max);
    parser.get().body().bytes_max = bounds.body_bytes_max;
}

std::optional<BadRequest> check_headers(const RequestParser& parser) {
    const auto& message = parser.get();
    // Two lengths, or a length beside chunks, are how requests are smuggled past a proxy (RFC 9112 §6.3).
    if (message.count(http::field::content_length) > 1) return BadRequest{400, "more than one Content-Length\n"};
    const auto encodings = message.count(http::field::transfer_encoding);
    if (encodings > 0 && message.count(http::field::content_length) > 0) return BadRequest{400, "both Content-Length and Transfer-Encoding\n"};
    if (encodings > 1) return BadRequest{400, "more than one Transfer-Encoding\n"};
    if (encodings == 1 && !boost::beast::iequals(message[http::field::transfer_encoding], "chunked")) {
        return BadRequest{501, "only Transfer-Encoding: chunked is supported\n"};
    }
    if (encodings == 1 && message.version() < 11) return BadRequest{400, "Transfer-Encoding in HTTP/1.0\n"};
    if (message.count(http::field::host) > 1) return BadRequest{400, "more than one Host\n"};
    for (const auto& field : message) {
        if (field.value().find('\0') != boost::beast::string_view::npos) return BadRequest{400, "NUL in a header\n"};
    }
    return std::nullopt;
}

std::optional<BadRequest> describe(boost::beast::error_code error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) return BadRequest{431, "the headers are too large\n"};
    if (error == http::error::body_limit) return BadRequest{413, "the body is too large\n"};
    if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
    if (error.category() == http::make_error_code(http::error::bad_method).category()) return BadRequest{400, "malformed request\n"};
    return std::nullopt;
}

HttpRequest take_request(RequestParser& parser, BodyState state) {
    auto& message = parser.get();
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    // Trailers may be announced in one list or in several headers; Node's runtime client sends several.
    std::string announced_names;
    for (auto [field, end] = message.equal_range(http::field::trailer); field != end; ++field) {
        announced_names.append(announced_names.empty() ? "" : ", ").append(field->value());
    }
    http::token_list announced{announced_names};
    for (const auto& field : message) {
        const bool trailer = parser.chunked() && announced.exists(field.name_string());
        auto& into = trailer ? request.trailers : request.headers;
        into.add(std::string(field.name_string()), std::string(field.value()));
    }
    request.body_state = state;
    if (state == BodyState::complete && message.body().overflowed) request.body_state = BodyState::too_large;
    request.body = std::move(message.body().text);
    return request;
}

} // namespace lambox::io::detail
