#pragma once

#include "lambox/base/units.hpp"

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace lambox::io {

/// Header fields in the order they came; names compare without case. All of them are in one piece of memory, for a request or an answer
/// with a dozen fields is read and written on the path of every invocation.
class HttpHeaders {
public:
    struct Field {
        std::string_view name;
        std::string_view value;
        bool operator==(const Field&) const = default;
    };
    class Iterator {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Field;
        using difference_type = std::ptrdiff_t;
        using pointer = const Field*;
        using reference = Field;

        Iterator() = default;
        explicit Iterator(const char* at) : at_(at) {}
        [[nodiscard]] Field operator*() const;
        Iterator& operator++();
        Iterator operator++(int);
        bool operator==(const Iterator&) const = default;

    private:
        const char* at_ = nullptr;
    };

    /// Together less than 4 GiB.
    void add(std::string_view name, std::string_view value);
    /// The first value of `name`. Valid until the next change or move.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(std::distance(begin(), end())); }
    /// What an iterator gives is valid until the next change or move.
    [[nodiscard]] Iterator begin() const { return Iterator(fields_.data()); }
    [[nodiscard]] Iterator end() const { return Iterator(fields_.data() + fields_.size()); }
    bool operator==(const HttpHeaders&) const = default;

private:
    std::string fields_; ///< of each: both lengths, the name, the value
};

enum class BodyState {
    complete,
    too_large, ///< over the server's limit; read to its end and dropped, `body` is empty
    truncated, ///< the peer stopped before the announced end
};

struct HttpRequest {
    std::string method;
    std::string target; ///< path and query as sent
    HttpHeaders headers;
    HttpHeaders trailers; ///< of a chunked body
    std::string body;
    BodyState body_state = BodyState::complete;
    std::optional<Instant> body_began; ///< when the headers were complete, of a request that came in pieces; set by the server
};

/// The session adds Content-Length, Date is left out, Connection as needed.
struct HttpResponse {
    unsigned status = 200;
    HttpHeaders headers;
    std::string body;
};

/// The reason phrase of a status, e.g. 404 → "Not Found".
[[nodiscard]] std::string_view http_reason(unsigned status);

} // namespace lambox::io
