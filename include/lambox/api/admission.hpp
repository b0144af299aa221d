#pragma once

#include "lambox/io/http_message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lambox::api {

/// Which callers the service port listens to. A page in a browser is none of them: it cannot leave out its Origin, and one that has its
/// own name resolve to this machine (DNS rebinding) cannot leave out that name.
struct AdmissionRules {
    std::string listen_address;               ///< numeric; a wildcard admits every address literal as Host
    std::vector<std::string> allowed_hosts;   ///< beside loopback names: `name`, `.suffix` with all below it, or `*`
    std::vector<std::string> allowed_origins; ///< `http://name:port`, or `*`; none = a request with an Origin is refused
};

enum class Admission { admitted, foreign_host, foreign_origin };
[[nodiscard]] Admission admission(const io::HttpRequest& request, const AdmissionRules& rules);

/// The name in a Host header: no port, no brackets, lower case. Empty when the header is none.
[[nodiscard]] std::string host_name(std::string_view host_header);

} // namespace lambox::api
