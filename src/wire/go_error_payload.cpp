#include "lambox/base/json_escape.hpp"
#include "lambox/wire/go_rpc.hpp"

namespace lambox::wire {
namespace {

std::string quoted(std::string_view text) { return "\"" + json_escape(text) + "\""; }

} // namespace

std::string go_error_payload(const GoInvokeError& error) {
    std::string json = "{\"errorMessage\":" + quoted(error.message) + ",\"errorType\":" + quoted(error.type);
    if (error.stack_trace.empty()) return json + "}";
    json += ",\"stackTrace\":[";
    for (const auto& frame : error.stack_trace) {
        if (json.back() != '[') json += ',';
        json += "{\"path\":" + quoted(frame.path) + ",\"line\":" + std::to_string(frame.line) + ",\"label\":" + quoted(frame.label) + "}";
    }
    return json + "]}";
}

} // namespace lambox::wire
