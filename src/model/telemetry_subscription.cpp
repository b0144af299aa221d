#include "lambox/model/telemetry_subscription.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace lambox::model {
namespace {

struct Schema {
    TelemetryApi api;
    std::string_view version;
    TelemetryForm form;
};
constexpr std::array<Schema, 5> schemas{{
    {TelemetryApi::telemetry, "2022-07-01", TelemetryForm::telemetry_2022_07_01},
    {TelemetryApi::telemetry, "2022-12-13", TelemetryForm::telemetry_2022_12_13},
    {TelemetryApi::telemetry, "2025-01-29", TelemetryForm::telemetry_2025_01_29},
    {TelemetryApi::logs, "2020-08-15", TelemetryForm::logs_2020_08_15},
    {TelemetryApi::logs, "2021-03-18", TelemetryForm::logs_2021_03_18},
}};

constexpr std::array<TelemetryStream, 3> streams{TelemetryStream::platform, TelemetryStream::function, TelemetryStream::extension};

bool is_target_character(char c) { return c > 0x20 && c < 0x7f; }

class Checker {
public:
    Checker(TelemetryApi api, const TelemetryRequest& request) : api_(api), request_(request) {}

    std::variant<TelemetrySubscription, std::string> check() {
        TelemetrySubscription subscription;
        subscription.form = form();
        subscription.destination = destination();
        subscription.types = types();
        TelemetryBuffering& buffering = subscription.buffering;
        take("maxItems", request_.items_max, Range{1'000, 10'000}, buffering.items_max);
        take("maxBytes", request_.bytes_max, Range{262'144, 1'048'576}, buffering.bytes_max);
        auto timeout = static_cast<std::size_t>(buffering.timeout.count());
        take("timeoutMs", request_.timeout_ms, Range{25, 30'000}, timeout);
        buffering.timeout = Milliseconds(timeout);
        if (!complaints_.empty()) return complaints_;
        return subscription;
    }

private:
    struct Range {
        std::int64_t least;
        std::int64_t most;
    };

    void complain(std::string_view text) {
        if (!complaints_.empty()) complaints_ += "; ";
        complaints_ += text;
    }

    TelemetryForm form() {
        if (!request_.schema_version && api_ == TelemetryApi::logs) return TelemetryForm::logs_2020_08_15;
        if (!request_.schema_version) {
            complain("schemaVersion should not be empty");
            return TelemetryForm::telemetry_2022_07_01;
        }
        for (const Schema& schema : schemas) {
            if (schema.api == api_ && schema.version == *request_.schema_version) return schema.form;
        }
        complain("schemaVersion is not supported");
        return TelemetryForm::telemetry_2022_07_01;
    }

    std::vector<TelemetryStream> types() {
        std::vector<TelemetryStream> found;
        if (request_.types.empty()) complain("types should not be empty");
        for (const TelemetryStream stream : streams) {
            const auto names_it = [stream](const std::string& name) { return name == to_string(stream); };
            if (std::any_of(request_.types.begin(), request_.types.end(), names_it)) found.push_back(stream);
        }
        for (const std::string& name : request_.types) {
            const auto is_it = [&name](TelemetryStream stream) { return name == to_string(stream); };
            if (std::none_of(streams.begin(), streams.end(), is_it)) {
                complain("types should be platform, function or extension");
                break;
            }
        }
        return found;
    }

    void take(std::string_view name, std::optional<std::int64_t> value, Range range, std::size_t& into) {
        if (!value) return;
        if (*value >= range.least && *value <= range.most)
            into = static_cast<std::size_t>(*value);
        else
            complain(std::string(name) + " should be between " + std::to_string(range.least) + " and " + std::to_string(range.most));
    }

    TelemetryDestination destination() {
        if (!request_.protocol) {
            complain("destination is not provided");
            return {};
        }
        if (*request_.protocol == "TCP") return tcp();
        if (*request_.protocol == "HTTP") return http();
        complain("destination protocol should be HTTP or TCP");
        return {};
    }

    TelemetryDestination tcp() {
        TelemetryDestination found;
        found.protocol = TelemetryDestination::Protocol::tcp;
        if (!request_.port)
            complain("destination port is not provided");
        else if (*request_.port < 1 || *request_.port > 65'535)
            complain("destination port should be between 1 and 65535");
        else
            found.port = static_cast<std::uint16_t>(*request_.port);
        return found;
    }

    TelemetryDestination http() {
        TelemetryDestination found;
        if (request_.method) found.method = *request_.method;
        if (found.method != "POST" && found.method != "PUT") complain("destination method should be POST or PUT");
        if (request_.encoding && *request_.encoding != "JSON") complain("destination encoding should be JSON");
        if (!request_.uri)
            complain("destination URI is not provided");
        else
            read_uri(*request_.uri, found);
        return found;
    }

    void read_uri(std::string_view uri, TelemetryDestination& into) {
        constexpr std::string_view scheme = "http://";
        if (!uri.starts_with(scheme)) return complain("destination URI should begin with http://");
        uri.remove_prefix(scheme.size());
        const std::string_view authority = uri.substr(0, uri.find_first_of("/?#"));
        const std::string_view rest = uri.substr(authority.size());
        const auto colon = authority.find(':');
        const std::string_view host = authority.substr(0, colon);
        if (host != "sandbox.localdomain" && host != "sandbox") return complain("URI host should be sandbox.localdomain");
        if (colon == std::string_view::npos || colon + 1 == authority.size()) return complain("URI port is not provided");
        const std::string_view digits = authority.substr(colon + 1);
        unsigned port = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
        const bool whole = error == std::errc() && end == digits.data() + digits.size();
        if (!whole || port < 1 || port > 65'535) return complain("URI port should be between 1 and 65535");
        if (!std::all_of(rest.begin(), rest.end(), is_target_character)) return complain("destination URI is malformed");
        into.port = static_cast<std::uint16_t>(port);
        into.host = std::string(authority);
        const std::string_view target = rest.substr(0, rest.find('#'));
        into.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
    }

    TelemetryApi api_;
    const TelemetryRequest& request_;
    std::string complaints_;
};

} // namespace

bool wants(const TelemetrySubscription& subscription, TelemetryStream stream) {
    return std::find(subscription.types.begin(), subscription.types.end(), stream) != subscription.types.end();
}

std::variant<TelemetrySubscription, std::string> make_telemetry_subscription(TelemetryApi api, const TelemetryRequest& request) {
    return Checker(api, request).check();
}

} // namespace lambox::model
