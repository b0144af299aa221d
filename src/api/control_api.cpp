#include "lambox/api/control_api.hpp"

#include "api/control_api/common.hpp"
#include "lambox/api/codec/error_cause.hpp"
#include "lambox/api/error_response.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/io/http_client.hpp"
#include "lambox/io/thread_pool.hpp"
#include "lambox/model/constraint.hpp"
#include "lambox/wire/arn.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

namespace lambox::api {

using control::Call;
using control::Json;
using control::Operation;
using control::Reply;

namespace {

constexpr std::string_view packages_path = "/_lambox/packages/";

std::vector<const Operation*> all_operations() {
    std::vector<const Operation*> all;
    for (const auto table :
         {control::function_operations(), control::version_operations(), control::alias_operations(), control::function_option_operations(),
          control::concurrency_operations(), control::policy_operations(), control::tag_operations(), control::url_operations(),
          control::event_invoke_operations(), control::event_source_operations(), control::layer_operations(),
          control::account_operations(), control::unsupported_operations()}) {
        for (const auto& row : table)
            all.push_back(&row);
    }
    return all;
}

/// All values of a query parameter, decoded; nothing for a broken escape. AWS spells some of them with a small first letter.
Result<std::vector<std::string>> query_values(std::string_view query, std::string_view name) {
    const std::string small = model::member_name(name);
    std::vector<std::string> values;
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const auto key = pair.substr(0, pair.find('='));
        if (key != name && key != small) continue;
        std::string raw(pair.substr(std::min(pair.size(), key.size() + 1)));
        std::replace(raw.begin(), raw.end(), '+', ' ');
        auto value = wire::url_decode(raw);
        if (!value) return make_error(Errc::invalid_argument, std::string(name) + " is not validly percent-encoded");
        values.push_back(std::move(*value));
    }
    return values;
}

/// A member of path or query as the JSON type of its shape.
Result<void> put_typed(const codec::Member& member, const std::string& text, Json& input) {
    Json& value = input[std::string(member.name)];
    if (member.shape.kind == codec::ShapeKind::text) {
        value = text;
        return {};
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return make_error(Errc::wrong_json_type, "STRING_VALUE can not be converted to an Integer");
    }
    value = number;
    return {};
}

Result<void> add_query(const codec::Member& member, std::string_view query, Json& input) {
    const auto values = query_values(query, member.name);
    if (!values) return values.error();
    if (values->empty()) return {};
    const std::string name(member.name);
    if (member.shape.kind == codec::ShapeKind::list) {
        input[name] = *values;
        return {};
    }
    return put_typed(member, values->front(), input);
}

/// Path and query beside the body's members; what a body says of them is dropped.
Result<void> add_outer_members(const codec::Shape& shape, const RouteMatch& match, Json& input) {
    std::size_t parameter = 0;
    for (const auto& member : shape.members) {
        const std::string name(member.name);
        switch (member.location) {
        case codec::Location::body: break;
        case codec::Location::query: {
            input.erase(name);
            if (auto added = add_query(member, match.query, input); !added) return added;
            break;
        }
        case codec::Location::path: {
            const auto decoded = wire::url_decode(match.parameters.at(parameter++));
            if (!decoded) return make_error(Errc::invalid_argument, name + " in the path is not validly percent-encoded");
            if (auto put = put_typed(member, *decoded, input); !put) return put;
            break;
        }
        }
    }
    return {};
}

/// Not bare: everything converts to JSON, an error too.
struct Body {
    Json json = Json::object();
};

Result<Body> read_body(const Operation& operation, const io::HttpRequest& request) {
    switch (request.body_state) {
    case io::BodyState::complete: break;
    case io::BodyState::truncated: return make_error(Errc::truncated, "The request body ended before its announced length.");
    case io::BodyState::too_large:
        return make_error(Errc::entity_too_large, "Request must be smaller than " + std::to_string(limits::control_request_bytes_max) +
                                                      " bytes for the " + std::string(operation.name) + " operation");
    }
    if (request.method == "GET" || request.method == "DELETE" || request.body.empty()) return Body{};
    Json body = Json::parse(request.body, nullptr, false);
    if (body.is_discarded()) {
        return make_error(Errc::invalid_request_body, "Could not parse request body into json: " + codec::json_complaint(request.body));
    }
    if (!body.is_object()) return make_error(Errc::wrong_json_type, "Unexpected value type in payload");
    return Body{std::move(body)};
}

bool takes_code(const codec::Shape& shape) {
    return std::any_of(shape.members.begin(), shape.members.end(), [](const codec::Member& member) {
        return member.name == "Code" || member.name == "Content" || member.name == "ZipFile";
    });
}

io::HttpResponse response_of(Reply reply, const std::string& request_id) {
    io::HttpResponse response;
    response.status = reply.status;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("x-amzn-RequestId", request_id);
    // Descriptions may hold whatever bytes a client sent; they come back as UTF-8.
    if (!reply.body.is_null()) response.body = reply.body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return response;
}

} // namespace

struct ControlApi::Impl {
    control::Parts parts;
    ControlSettings settings;
    std::vector<const Operation*> operations = all_operations();

    struct Found {
        const Operation* operation;
        RouteMatch match;
    };
    /// Nothing when no operation has this path; a null operation when none has the method.
    [[nodiscard]] std::optional<Found> find(std::string_view method, std::string_view target) const;
    [[nodiscard]] io::HttpResponse package(const std::string& target) const;
    boost::asio::awaitable<Result<std::string>> fetch(std::string bucket, std::string key);
    /// Parsing and unpacking take their time with the largest packages, so they happen beside the loop.
    boost::asio::awaitable<Result<Body>> body_of(const Operation& operation, io::HttpRequest request);
    boost::asio::awaitable<Result<void>> store_package(Call& call);
    boost::asio::awaitable<Result<Reply>> perform(Found found, io::HttpRequest request, RequestScope scope);
};

std::optional<ControlApi::Impl::Found> ControlApi::Impl::find(std::string_view method, std::string_view target) const {
    std::optional<Found> best;
    for (const Operation* one : operations) {
        const auto result = find_route(std::span(&one->route, 1), method, target);
        const auto* match = std::get_if<RouteMatch>(&result);
        if (match == nullptr) {
            if (!best && std::get<NoRoute>(result) == NoRoute::method_not_allowed) best = Found{nullptr, {}};
            continue;
        }
        const auto equals = one->query.find('=');
        const bool told_apart = !one->query.empty();
        if (told_apart && query_parameter(match->query, one->query.substr(0, equals)) != one->query.substr(equals + 1)) continue;
        if (told_apart || !best || best->operation == nullptr) best = Found{one, *match};
        if (told_apart) break;
    }
    return best;
}

io::HttpResponse ControlApi::Impl::package(const std::string& target) const {
    std::string name = target.substr(packages_path.size());
    if (name.ends_with(".zip")) name.resize(name.size() - 4);
    const bool is_hash = name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
    std::ifstream file;
    if (is_hash) file.open(parts.code.zip_path(name), std::ios::binary);
    if (!is_hash || !file) return error_response(make_error(Errc::not_found, "There is no such package."), parts.ids.uuid());
    io::HttpResponse response;
    response.headers.add("Content-Type", "application/zip");
    response.body.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    return response;
}

boost::asio::awaitable<Result<std::string>> ControlApi::Impl::fetch(std::string bucket, std::string key) {
    io::HttpClient client(parts.supervisor.services().executor, parts.clock, settings.objects->host, settings.objects->port);
    io::HttpRequest request;
    request.method = "GET";
    request.target = "/" + control::url_encode(bucket) + "/" + control::url_encode(key);
    const Instant deadline = parts.clock.now() + limits::object_fetch_timeout;
    auto answer = co_await client.request(std::move(request), deadline);
    if (!answer) co_return make_error(Errc::invalid_argument, "Error occurred while GetObject. " + answer.error().message);
    if (answer->status != 200) {
        co_return make_error(Errc::invalid_argument, "Error occurred while GetObject. S3 Error Code: " +
                                                         std::string(answer->status == 404 ? "NoSuchKey" : "AccessDenied") +
                                                         ". S3 Error Message: " + std::string(io::http_reason(answer->status)));
    }
    co_return std::move(answer->body);
}

boost::asio::awaitable<Result<Body>> ControlApi::Impl::body_of(const Operation& operation, io::HttpRequest request) {
    if (request.body.size() <= limits::parsed_on_loop_bytes_max) co_return read_body(operation, request);
    auto job = [&operation, request = std::make_shared<const io::HttpRequest>(std::move(request))] {
        return read_body(operation, *request);
    };
    co_return co_await parts.pool.run(std::move(job));
}

boost::asio::awaitable<Result<void>> ControlApi::Impl::store_package(Call& call) {
    auto read = control::inline_package(call.input);
    const auto [bucket, key] = control::object_named(call.input);
    if (!read && settings.objects && !bucket.empty()) {
        auto fetched = co_await fetch(bucket, key);
        if (!fetched) co_return fetched.error();
        read = [bytes = std::make_shared<const std::string>(std::move(*fetched))]() -> Result<std::string> { return *bytes; };
    }
    if (!read) co_return Result<void>();
    auto stored = co_await parts.code.store_zip(parts.pool, std::move(read));
    call.package = std::move(stored);
    co_return Result<void>();
}

boost::asio::awaitable<Result<Reply>> ControlApi::Impl::perform(Found found, io::HttpRequest request, RequestScope scope) {
    const Operation& operation = *found.operation;
    std::string host = "127.0.0.1";
    if (const auto named = request.headers.find("Host")) host = *named;
    auto body = co_await body_of(operation, std::move(request));
    if (!body) co_return body.error();
    if (operation.handler == nullptr) {
        co_return make_error(Errc::not_implemented, "lambox does not support the operation " + std::string(operation.name));
    }
    const codec::Shape& shape = operation.input();
    if (const auto added = add_outer_members(shape, found.match, body->json); !added) co_return added.error();
    if (const auto checked = codec::check_input(shape, body->json); !checked) co_return checked.error();
    Call call{parts, engine::Place{scope.account, scope.region}, std::move(body->json), std::nullopt, std::move(host)};
    if (takes_code(shape)) {
        if (const auto stored = co_await store_package(call); !stored) co_return stored.error();
    }
    co_return operation.handler(call);
}

ControlApi::ControlApi(engine::FunctionRegistry& registry, engine::Supervisor& supervisor, engine::CodeStore& code, IdSource& ids,
                       io::Clock& clock, io::ThreadPool& pool, ControlSettings settings)
    : impl_(new Impl{{registry, supervisor, code, ids, clock, pool, settings.runtimes}, std::move(settings)}) {}

ControlApi::~ControlApi() = default;

bool ControlApi::owns(const std::string& target) const {
    return target.starts_with(packages_path) || impl_->find("GET", target).has_value();
}

boost::asio::awaitable<io::HttpResponse> ControlApi::handle(io::HttpRequest request, RequestScope scope) {
    if (request.target.starts_with(packages_path) && request.method == "GET") co_return impl_->package(request.target);
    const std::string request_id = impl_->parts.ids.uuid();
    const std::string target = request.target; // what the match views into
    auto found = impl_->find(request.method, target);
    if (!found || found->operation == nullptr) {
        auto response = error_response(make_error(Errc::unsupported, "There is no operation " + request.method + " " +
                                                                         target.substr(0, limits::quoted_value_bytes_max)),
                                       request_id);
        if (found) response.status = 405;
        co_return response;
    }
    auto reply = co_await impl_->perform(std::move(*found), std::move(request), std::move(scope));
    if (!reply) co_return error_response(reply.error(), request_id);
    co_return response_of(std::move(*reply), request_id);
}

std::string api_coverage_markdown() {
    // Served by the invoke front, on the same port.
    constexpr Operation invoke{"Invoke", {"POST", "/2015-03-31/functions/{}/invocations"}};
    auto all = all_operations();
    all.push_back(&invoke);
    std::sort(all.begin(), all.end(), [](const Operation* a, const Operation* b) { return a->name < b->name; });
    std::string text = "| Operation | | What it leaves out |\n|---|---|---|\n";
    for (const Operation* one : all) {
        const std::string_view served = one->handler == nullptr && one != &invoke ? "not supported" : "yes";
        text.append("| `").append(one->name).append("` | ").append(served).append(" | ").append(one->leaves_out).append(" |\n");
    }
    return text;
}

} // namespace lambox::api
