#pragma once

#include "lambox/io/http_message.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// How messages are read out of bytes: Beast's parser, and the bounds and checks that it leaves to its user. Neither
/// sockets nor coroutines here, so that a fuzzer can drive it.
namespace lambox::io::detail {

inline constexpr std::size_t method_chars_max = 32;
inline constexpr std::size_t header_fields_max = 4'096; ///< of one message, trailers included

struct HttpParseBounds {
    std::size_t head_bytes_max;    ///< first line and fields; as much again for the trailers
    std::size_t body_bytes_max;    ///< kept; of a longer body nothing is
    std::size_t discard_bytes_max; ///< of a longer body, read before giving up
};

enum class HttpParseStep {
    need_more,    ///< has used what it can of the bytes
    head_done,    ///< once, and only if a body follows
    message_done, ///< take it
    failed,       ///< for ever; `rejection` says why
};

struct HttpParseProgress {
    std::size_t consumed;
    HttpParseStep step;
};

/// Why a message was not accepted.
struct HttpRejection {
    unsigned status;  ///< what a server answers
    std::string text; ///< a sentence without a line end
};

class HttpRequestParser {
public:
    explicit HttpRequestParser(HttpParseBounds bounds);
    ~HttpRequestParser();

    /// Reads on. `bytes` begin with the first byte that was not consumed before. Not to be called again after `failed`,
    /// nor between `message_done` and `take`.
    HttpParseProgress feed(std::string_view bytes);
    /// Some of a request has been consumed.
    [[nodiscard]] bool begun() const;
    /// The head is complete, so that a request can be handed on even if its body is not.
    [[nodiscard]] bool has_head() const;
    [[nodiscard]] const HttpRejection& rejection() const;

    // After head_done or message_done:
    [[nodiscard]] bool expects_continue() const;
    [[nodiscard]] bool is_head_request() const;
    [[nodiscard]] bool is_http_1_0() const;
    /// The peer wants the connection kept and the request has been read to its end.
    [[nodiscard]] bool keeps_connection() const;
    /// Everything up to its end was read.
    [[nodiscard]] bool is_complete() const;
    /// The body is over the bound, by its announced length or by what has come.
    [[nodiscard]] bool too_large() const;

    /// The request, or what came of it; the parser is then ready for the next one.
    [[nodiscard]] HttpRequest take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class HttpResponseParser {
public:
    enum class Expect { body, no_body /* the request was HEAD */ };

    HttpResponseParser(HttpParseBounds bounds, Expect expect);
    ~HttpResponseParser();

    /// Like the request's. Interim (1xx) responses are passed over; a body over the bound fails with 413.
    HttpParseProgress feed(std::string_view bytes);
    /// The peer closed: that ends a body without a length, and is truncation anywhere else.
    [[nodiscard]] HttpParseStep end_of_stream();
    [[nodiscard]] bool begun() const;
    [[nodiscard]] const HttpRejection& rejection() const;
    [[nodiscard]] bool keeps_connection() const;
    [[nodiscard]] HttpResponse take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace lambox::io::detail
