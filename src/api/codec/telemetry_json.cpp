#include "api/codec/telemetry_json.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace lambox::api::codec {
namespace {

using nlohmann::json;

class Reader {
public:
    [[nodiscard]] Result<model::TelemetryRequest> read(std::string_view body) {
        const json input = json::parse(body, nullptr, false);
        if (input.is_discarded()) return make_error(Errc::malformed, "the request is not JSON");
        if (!input.is_object()) return make_error(Errc::malformed, "the request should be a JSON object");
        model::TelemetryRequest request;
        text(input, "schemaVersion", request.schema_version);
        types(input, request);
        if (const json* buffering = object(input, "buffering")) {
            number(*buffering, "maxItems", request.items_max);
            number(*buffering, "maxBytes", request.bytes_max);
            number(*buffering, "timeoutMs", request.timeout_ms);
        }
        if (const json* destination = object(input, "destination")) {
            request.protocol = ""; // there is one, so what it lacks is said
            text(*destination, "protocol", request.protocol);
            text(*destination, "URI", request.uri);
            text(*destination, "method", request.method);
            text(*destination, "encoding", request.encoding);
            number(*destination, "port", request.port);
        }
        if (!complaints_.empty()) return make_error(Errc::malformed, complaints_);
        return request;
    }

private:
    static const json* member(const json& parent, const char* name) {
        const auto found = parent.find(name);
        return found == parent.end() || found->is_null() ? nullptr : &*found;
    }
    void complain(const char* name, const char* kind) {
        if (!complaints_.empty()) complaints_ += "; ";
        complaints_ += std::string(name) + " should be " + kind;
    }
    void text(const json& parent, const char* name, std::optional<std::string>& into) {
        const json* value = member(parent, name);
        if (value == nullptr) return;
        if (value->is_string())
            into = value->get<std::string>();
        else
            complain(name, "a string");
    }
    void number(const json& parent, const char* name, std::optional<std::int64_t>& into) {
        const json* value = member(parent, name);
        if (value == nullptr) return;
        const bool fits = value->is_number_integer() && (!value->is_number_unsigned() || value->get<std::uint64_t>() <= INT64_MAX);
        if (fits)
            into = value->get<std::int64_t>();
        else
            complain(name, "a whole number");
    }
    const json* object(const json& parent, const char* name) {
        const json* value = member(parent, name);
        if (value == nullptr || value->is_object()) return value;
        complain(name, "an object");
        return nullptr;
    }
    void types(const json& input, model::TelemetryRequest& request) {
        const json* list = member(input, "types");
        if (list == nullptr) return;
        if (!list->is_array()) return complain("types", "a list of strings");
        for (const json& item : *list) {
            if (!item.is_string()) return complain("types", "a list of strings");
            request.types.push_back(item.get<std::string>());
        }
    }

    std::string complaints_;
};

} // namespace

Result<model::TelemetryRequest> telemetry_request_from_json(std::string_view body) { return Reader().read(body); }

} // namespace lambox::api::codec
