// Configurations of function URLs: kept and returned; nothing is served at those URLs.

#include "api/control_api/common.hpp"

#include <array>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::size_t urls_page = 50;
constexpr std::string_view auth_types[] = {"NONE", "AWS_IAM"};
constexpr std::string_view invoke_modes[] = {"BUFFERED", "RESPONSE_STREAM"};

Member qualifier() { return in_query("Qualifier", text({1, 128}, pattern("((?!^\\d+$)^[0-9a-zA-Z-_]+$)"))); }

Shape cors() {
    const auto header = text({0, 1'024}, pattern(".*"));
    return structure({optional("AllowCredentials", boolean()), optional("AllowHeaders", list(header, {0, 100})),
                      optional("AllowMethods", list(text({0, 6}, pattern(".*")), {0, 6})),
                      optional("AllowOrigins", list(text({1, 253}, pattern(".*")), {0, 100})),
                      optional("ExposeHeaders", list(header, {0, 100})), optional("MaxAge", integer({0, 86'400}))});
}

const Shape& create_input() {
    static const Shape shape = structure({function_name_in_path(), qualifier(), required("AuthType", one_of(auth_types)),
                                          optional("Cors", cors()), optional("InvokeMode", one_of(invoke_modes))});
    return shape;
}

const Shape& update_input() {
    static const Shape shape = structure({function_name_in_path(), qualifier(), optional("AuthType", one_of(auth_types)),
                                          optional("Cors", cors()), optional("InvokeMode", one_of(invoke_modes))});
    return shape;
}

const Shape& named_input() {
    static const Shape shape = structure({function_name_in_path(), qualifier()});
    return shape;
}

const Shape& list_input() {
    static const Shape shape = structure({function_name_in_path(), marker(), items_max(50)});
    return shape;
}

/// `2026-01-31T09:05:07.123456789Z`, as AWS prints these.
std::string url_time(WallTime at) {
    const std::string text = format_iso8601_ms(at);
    return text.substr(0, text.size() - 1) + "000000Z";
}

/// A URL belongs to `$LATEST` or to an alias.
Result<Target> find_alias_target(const Call& call) {
    auto target = find_target(call);
    if (!target || target->qualifier.empty() || target->state->aliases.contains(target->qualifier)) return target;
    return function_not_found(target->state->key, target->qualifier);
}

Json url_json(const Target& target, const std::string& qualifier, const model::UrlSettings& url) {
    const bool latest = qualifier == "$LATEST";
    Json json{{"FunctionUrl", "https://" + url.id + ".lambda-url." + target.state->key.region + ".on.aws/"},
              {"FunctionArn", latest ? function_arn(target.state->key) : target.arn(qualifier)},
              {"AuthType", url.auth_type},
              {"InvokeMode", url.invoke_mode},
              {"CreationTime", url_time(url.created)},
              {"LastModifiedTime", url_time(url.last_modified)}};
    if (!url.cors.empty()) json["Cors"] = Json::parse(url.cors);
    return json;
}

void read_url(const Call& call, model::UrlSettings& url) {
    if (call.input.contains("AuthType")) url.auth_type = text_of(call.input, "AuthType");
    if (call.input.contains("InvokeMode")) url.invoke_mode = text_of(call.input, "InvokeMode");
    if (call.input.contains("Cors")) url.cors = call.input.at("Cors").dump(-1, ' ', false, Json::error_handler_t::replace);
    url.last_modified = call.parts.clock.wall_now();
}

Result<Reply> put_url(Call& call, const Target& target, model::UrlSettings url, unsigned status) {
    read_url(call, url);
    auto state = target.copy();
    Json body = url_json(target, target.qualifier_or_latest(), url);
    if (status == 201) body.erase("LastModifiedTime");
    state.urls[target.qualifier_or_latest()] = std::move(url);
    if (const auto stored = store(call, target, std::move(state)); !stored) return stored.error();
    return Reply{status, std::move(body)};
}

Result<Reply> create_url(Call& call) {
    const auto target = find_alias_target(call);
    if (!target) return target.error();
    if (target->state->urls.contains(target->qualifier_or_latest())) {
        return make_error(Errc::conflict, "Failed to create function url config for [functionArn = " + target->arn() +
                                              "]. Error message:  FunctionUrlConfig exists for this Lambda function");
    }
    model::UrlSettings url;
    url.id = call.parts.ids.hex(32);
    url.created = call.parts.clock.wall_now();
    return put_url(call, *target, std::move(url), 201);
}

Result<Reply> get_url(Call& call) {
    const auto target = find_alias_target(call);
    if (!target) return target.error();
    const auto found = target->state->urls.find(target->qualifier_or_latest());
    if (found == target->state->urls.end()) return resource_missing();
    return Reply{200, url_json(*target, found->first, found->second)};
}

Result<Reply> update_url(Call& call) {
    const auto target = find_alias_target(call);
    if (!target) return target.error();
    const auto found = target->state->urls.find(target->qualifier_or_latest());
    if (found == target->state->urls.end()) return resource_missing();
    return put_url(call, *target, found->second, 200);
}

Result<Reply> delete_url(Call& call) {
    const auto target = find_alias_target(call);
    if (!target) return target.error();
    auto state = target->copy();
    if (state.urls.erase(target->qualifier_or_latest()) == 0) return resource_missing();
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> list_urls(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    std::vector<Listed> items;
    for (const auto& [qualifier, url] : target->state->urls)
        items.push_back({qualifier, url_json(*target, qualifier, url)});
    return Reply{200, page_of(call, "FunctionUrlConfigs", std::move(items), urls_page)};
}

} // namespace

std::span<const Operation> url_operations() {
    constexpr std::string_view path = "/2021-10-31/functions/{}/url";
    static const std::array<Operation, 5> rows{{
        {"CreateFunctionUrlConfig", {"POST", path}, create_url, create_input, "kept; nothing is served at the URL"},
        {"GetFunctionUrlConfig", {"GET", path}, get_url, named_input},
        {"UpdateFunctionUrlConfig", {"PUT", path}, update_url, update_input},
        {"DeleteFunctionUrlConfig", {"DELETE", path}, delete_url, named_input},
        {"ListFunctionUrlConfigs", {"GET", "/2021-10-31/functions/{}/urls"}, list_urls, list_input},
    }};
    return rows;
}

} // namespace lambox::api::control
