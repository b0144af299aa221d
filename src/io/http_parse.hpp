#pragma once

#include "lambox/io/http_message.hpp"

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional.hpp>

#include <cstdint>
#include <optional>
#include <string>

/// How requests are read out of bytes: Beast's parser, a body that is bounded, and the checks that Beast leaves to its user.
/// No sockets here, so that a fuzzer can drive it.
namespace lambox::io::detail {

/// A body that keeps up to `bytes_max` bytes; of a longer one nothing is kept, though it is read to its end.
struct BoundedBody {
    struct value_type {
        std::string text;
        std::size_t bytes_max = 0;
        bool overflowed = false;
    };
    static std::uint64_t size(const value_type& body) { return body.text.size(); }

    class reader {
    public:
        template <bool is_request, class Fields>
        reader(boost::beast::http::header<is_request, Fields>&, value_type& body) : body_(body) {}
        void init(const boost::optional<std::uint64_t>& length, boost::beast::error_code& error) {
            error = {};
            if (length && *length <= body_.bytes_max) body_.text.reserve(static_cast<std::size_t>(*length));
        }
        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
            error = {};
            std::size_t taken = 0;
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                taken += buffer.size();
                if (body_.overflowed) continue;
                if (body_.text.size() + buffer.size() > body_.bytes_max) {
                    body_.overflowed = true;
                    body_.text = std::string();
                    continue;
                }
                body_.text.append(static_cast<const char*>(buffer.data()), buffer.size());
            }
            return taken;
        }
        void finish(boost::beast::error_code& error) { error = {}; }

    private:
        value_type& body_;
    };
};

using RequestParser = boost::beast::http::request_parser<BoundedBody>;

struct ParseBounds {
    std::size_t header_bytes_max;
    std::size_t body_bytes_max;
};

void configure(RequestParser& parser, const ParseBounds& bounds);

/// What is wrong with a request whose headers have been read: a status and a sentence; nothing when it is fine.
struct BadRequest {
    unsigned status;
    std::string text;
};
[[nodiscard]] std::optional<BadRequest> check_headers(const RequestParser& parser);
/// The answer to a parser's error; nothing when the peer has merely gone.
[[nodiscard]] std::optional<BadRequest> describe(boost::beast::error_code error);

/// Moves the request out of a parser that has read headers and body, or as much as came.
[[nodiscard]] HttpRequest take_request(RequestParser& parser, BodyState state);

} // namespace lambox::io::detail
