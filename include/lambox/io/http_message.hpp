#pragma once

#include "lambox/base/units.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambox::io {

/// Header fields in the order they came; names compare without case.
class HttpHeaders {
public:
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    /// The first value of `name`, or nullptr. Valid until the next change.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
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
