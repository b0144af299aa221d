#include "bench/load_options.hpp"

#include <array>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace lambox::bench {
namespace {

constexpr std::size_t body_bytes_min = 16; ///< {"event":"..."} has to fit

template <class Number>
Number number(std::string_view option, std::string_view text) {
    Number value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < Number{}) {
        throw std::invalid_argument(std::string(option) + " takes a number, not " + std::string(text));
    }
    return value;
}

void set_url(LoadOptions& options, std::string_view url) {
    constexpr std::string_view scheme = "http://";
    const auto slash = url.find('/', scheme.size());
    const auto authority = url.substr(scheme.size(), slash == std::string_view::npos ? slash : slash - scheme.size());
    const auto colon = authority.rfind(':');
    if (!url.starts_with(scheme) || colon == std::string_view::npos)
        throw std::invalid_argument("not http://IPV4:PORT/PATH: " + std::string(url));
    options.host = authority.substr(0, colon);
    if (options.host == "localhost") options.host = "127.0.0.1";
    options.port = number<std::uint16_t>("the port", authority.substr(colon + 1));
    options.path = slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
}

void set(LoadOptions& options, std::string_view name, const std::string& value) {
    if (name == "--url")
        set_url(options, value);
    else if (name == "--header")
        options.headers.push_back(value);
    else if (name == "--connections")
        options.connections = number<std::size_t>(name, value);
    else if (name == "--in-flight")
        options.in_flight = number<std::size_t>(name, value);
    else if (name == "--requests")
        options.requests = number<std::size_t>(name, value);
    else if (name == "--warmup")
        options.warmup = number<std::size_t>(name, value);
    else if (name == "--body-bytes")
        options.body_bytes = number<std::size_t>(name, value);
    else if (name == "--any-answer")
        options.any_answer = number<int>(name, value) != 0;
    else if (name == "--rate")
        options.rate = number<double>(name, value);
    else if (name == "--gap-ms")
        options.gap = std::chrono::milliseconds(number<std::int64_t>(name, value));
    else if (name == "--patience")
        options.patience = std::chrono::seconds(number<std::int64_t>(name, value));
    else
        throw std::invalid_argument("unknown option " + std::string(name));
}

} // namespace

LoadOptions parse_load_options(const std::vector<std::string>& arguments) {
    LoadOptions options;
    if (arguments.size() % 2 != 0) throw std::invalid_argument("every option takes a value");
    for (std::size_t at = 0; at + 1 < arguments.size(); at += 2)
        set(options, arguments[at], arguments[at + 1]);
    if (options.port == 0) throw std::invalid_argument("--url is missing");
    if (options.connections == 0 || options.requests == 0) throw std::invalid_argument("nothing to do");
    if (options.body_bytes < body_bytes_min) throw std::invalid_argument("--body-bytes is at least 16");
    if (options.in_flight == 0 || options.in_flight > options.connections) options.in_flight = options.connections;
    return options;
}

} // namespace lambox::bench
