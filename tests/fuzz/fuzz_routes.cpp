// Goal: no request line or header value of a caller breaks what stands between the HTTP parser and the engine: routes, queries,
// function names, trace headers, base64. Method: the input is a method, a target and a header value, cut at line ends; what comes out
// must be consistent with itself.
#include "lambox/api/router.hpp"
#include "lambox/base/assert.hpp"
#include "lambox/wire/arn.hpp"
#include "lambox/wire/base64.hpp"
#include "lambox/wire/trace_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace lambox;

namespace {

constexpr std::array<api::Route, 6> routes{{
    {"GET", "/2018-06-01/runtime/invocation/next"},
    {"POST", "/2018-06-01/runtime/invocation/{}/response"},
    {"POST", "/2018-06-01/runtime/invocation/{}/error"},
    {"POST", "/2018-06-01/runtime/init/error"},
    {"POST", "/2015-03-31/functions/{}/invocations"},
    {"GET", "/_lambox/health"},
}};

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

void check_name(std::string_view segment) {
    const auto name = wire::url_decode(segment);
    if (!name) return;
    const auto reference = wire::parse_function_reference(*name);
    if (!reference) {
        LAMBOX_ASSERT(!reference.error().message.empty());
        return;
    }
    LAMBOX_ASSERT(!reference->name.empty());
    const wire::FunctionArnParts parts{reference->region.value_or("us-east-1"), reference->account.value_or("000000000000"), reference->name,
                                       reference->qualifier.value_or("")};
    const auto arn = wire::format_function_arn(parts);
    const auto again = wire::parse_function_reference(arn);
    if (!again && arn.size() > 256) return; // AWS bounds the length of what a caller may write
    LAMBOX_ASSERT(again && again->name == reference->name && again->qualifier == reference->qualifier);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto method = take_line(rest);
    const auto target = take_line(rest);
    const auto value = take_line(rest);
    const auto found = api::find_route(routes, method, target);
    if (const auto* match = std::get_if<api::RouteMatch>(&found)) {
        LAMBOX_ASSERT(match->index < routes.size() && routes[match->index].method == method);
        for (const auto& parameter : match->parameters) {
            LAMBOX_ASSERT(!parameter.empty() && parameter.find('/') == std::string_view::npos);
            check_name(parameter);
        }
        (void)api::query_parameter(match->query, "Qualifier");
    }
    check_name(value);
    if (const auto decoded = wire::base64_decode(value)) LAMBOX_ASSERT(wire::base64_encode(*decoded) == value);
    const wire::TraceDefaults defaults{1, "0123456789abcdef01234567", "0123456789abcdef", "01234567"};
    const auto trace = wire::complete_trace_header(value, defaults);
    LAMBOX_ASSERT(trace.starts_with("Root=1-") && trace.find_first_of("\r\n") == std::string::npos);
    LAMBOX_ASSERT(wire::complete_trace_header(trace, defaults) == trace);
    return 0;
}
