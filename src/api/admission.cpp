#include "lambox/api/admission.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace lambox::api {
namespace {

char lower(char character) { return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character; }

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char character) { return lower(character); });
    return out;
}

bool is_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char character) { return character >= '0' && character <= '9'; });
}

bool fits(std::string_view name, const std::string& allowed) {
    if (allowed == "*") return true;
    const std::string pattern = lower(allowed);
    return pattern.starts_with('.') ? name.ends_with(pattern) || name == std::string_view(pattern).substr(1) : name == pattern;
}

/// An address literal cannot be rebound by a foreign name server, but it has to be one that we listen on.
bool is_ours(const boost::asio::ip::address& address, const std::string& listen_address) {
    if (address.is_loopback()) return true;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) return false;
    boost::system::error_code error;
    const auto own = boost::asio::ip::make_address(listen_address, error);
    return !error && (own.is_unspecified() || own == address);
}

bool host_admitted(const io::HttpRequest& request, const AdmissionRules& rules) {
    // A target with a host in it would speak for another host than the header that is checked.
    if (!request.target.starts_with('/') && request.target != "*") return false;
    const auto header = request.headers.find("Host");
    if (!header) return true; // HTTP/1.0: no browser
    const std::string name = host_name(*header);
    if (name.empty()) return false;
    if (name == "localhost" || name.ends_with(".localhost")) return true;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(name, error);
    if (!error && is_ours(address, rules.listen_address)) return true;
    return std::any_of(rules.allowed_hosts.begin(), rules.allowed_hosts.end(),
                       [&name](const std::string& allowed) { return fits(name, allowed); });
}

bool origin_admitted(const io::HttpRequest& request, const AdmissionRules& rules) {
    const auto origin = request.headers.find("Origin");
    if (!origin || origin->empty()) return true;
    if (request.headers.count("Origin") > 1) return false;
    return std::any_of(rules.allowed_origins.begin(), rules.allowed_origins.end(),
                       [origin](const std::string& allowed) { return allowed == "*" || lower(allowed) == lower(*origin); });
}

} // namespace

std::string host_name(std::string_view host_header) {
    std::string_view name = host_header;
    std::string_view port;
    if (name.starts_with('[')) {
        const auto end = name.find(']');
        if (end == std::string_view::npos) return {};
        port = name.substr(end + 1);
        name = name.substr(1, end - 1);
    } else if (const auto colon = name.find(':'); colon != std::string_view::npos) {
        port = name.substr(colon);
        name = name.substr(0, colon);
    }
    if (!port.empty() && (port.front() != ':' || !is_digits(port.substr(1)))) return {};
    if (name.ends_with('.')) name.remove_suffix(1);
    return lower(name);
}

Admission admission(const io::HttpRequest& request, const AdmissionRules& rules) {
    if (!host_admitted(request, rules)) return Admission::foreign_host;
    if (!origin_admitted(request, rules)) return Admission::foreign_origin;
    return Admission::admitted;
}

} // namespace lambox::api
