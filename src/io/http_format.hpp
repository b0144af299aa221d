#pragma once

#include "lambox/io/http_message.hpp"

#include <string>
#include <string_view>

/// How messages are written as bytes, apart from their bodies.
namespace lambox::io::detail {

enum class Persistence {
    kept,        ///< HTTP/1.1's default, said by saying nothing
    kept_aloud,  ///< to an HTTP/1.0 peer that asked for it
    closed,
};

/// Appends status line and headers. The framing is ours: Content-Length, Transfer-Encoding and Connection of
/// `response` are left out. So is a header that would break the head: its values come from functions and callers.
void append_response_head(std::string& head, const HttpResponse& response, Persistence persistence);
/// Whether bytes of the body follow the head, HEAD apart.
[[nodiscard]] bool status_has_body(unsigned status);
/// The handler asked for the connection to be closed.
[[nodiscard]] bool asks_to_close(const HttpHeaders& headers);

/// Method and target can stand in a request line.
[[nodiscard]] bool is_writable(const HttpRequest& request);
/// Request line and headers, with Host (unless there is one) and, where a body is or could be, Content-Length.
[[nodiscard]] std::string format_request_head(const HttpRequest& request, std::string_view authority);

} // namespace lambox::io::detail
