#include "http_format.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace lambox::io::detail {
namespace {

namespace http = boost::beast::http;

/// By character; asked for each one of every header's name.
constexpr std::array<bool, 256> token_characters = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_token_char(char c) { return token_characters[static_cast<unsigned char>(c)]; }
bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

bool is_ours(std::string_view name) {
    return boost::beast::iequals(name, "Content-Length") || boost::beast::iequals(name, "Transfer-Encoding") ||
           boost::beast::iequals(name, "Connection");
}

/// What would end a field's line. `find_first_of` would search its three characters once for each one of the value, which may be a log
/// tail of 5 KB.
bool ends_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }
bool is_field_value(std::string_view value) { return std::none_of(value.begin(), value.end(), ends_line); }

void append_number(std::string& out, std::size_t number) {
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    out.append(digits, end);
}

void append_fields(std::string& out, const HttpHeaders& headers) {
    for (const auto [name, value] : headers) {
        if (is_ours(name) || !is_token(name) || !is_field_value(value)) continue;
        out.append(name).append(": ").append(value).append("\r\n");
    }
}

} // namespace

bool status_has_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

bool asks_to_close(const HttpHeaders& headers) {
    const auto connection = headers.find("Connection");
    return connection && http::token_list{{connection->data(), connection->size()}}.exists("close");
}

void append_response_head(std::string& head, const HttpResponse& response, Persistence persistence) {
    head += "HTTP/1.1 ";
    append_number(head, response.status);
    head += ' ';
    head.append(http_reason(response.status)).append("\r\n");
    append_fields(head, response.headers);
    if (status_has_body(response.status)) {
        head += "Content-Length: ";
        append_number(head, response.body.size());
        head += "\r\n";
    }
    switch (persistence) {
    case Persistence::kept: break;
    case Persistence::kept_aloud: head += "Connection: keep-alive\r\n"; break;
    case Persistence::closed: head += "Connection: close\r\n"; break;
    }
    head += "\r\n";
}

bool is_writable(const HttpRequest& request) {
    const bool printable = std::all_of(request.target.begin(), request.target.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; });
    return is_token(request.method) && !request.target.empty() && printable;
}

std::string format_request_head(const HttpRequest& request, std::string_view authority) {
    std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
    if (!request.headers.find("Host")) head.append("Host: ").append(authority).append("\r\n");
    append_fields(head, request.headers);
    // To keep it is the default, and only said where the request does; nothing else can be asked for.
    if (asks_to_close(request.headers)) head += "Connection: close\r\n";
    else if (request.headers.find("Connection")) head += "Connection: keep-alive\r\n";
    const bool could_have_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (could_have_body || !request.body.empty()) {
        head += "Content-Length: ";
        append_number(head, request.body.size());
        head += "\r\n";
    }
    head += "\r\n";
    return head;
}

} // namespace lambox::io::detail
