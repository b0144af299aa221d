#include "api/control_api/common.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/wire/base64.hpp"

#include <algorithm>
#include <array>

namespace lambox::api::control {

std::string function_arn(const model::ResourceKey& key, std::string_view qualifier) {
    return wire::format_function_arn({key.region, key.account, key.name, std::string(qualifier)});
}

std::string layer_arn(const model::ResourceKey& key) {
    std::string arn = function_arn(key);
    const std::string_view kind = ":function:";
    return arn.replace(arn.find(kind), kind.size(), ":layer:");
}

std::string mapping_arn(const model::EventSourceMapping& mapping) {
    std::string arn = function_arn({mapping.key.account, mapping.key.region, mapping.uuid});
    const std::string_view kind = ":function:";
    return arn.replace(arn.find(kind), kind.size(), ":event-source-mapping:");
}

Error function_not_found(const model::ResourceKey& key, std::string_view qualifier) {
    return make_error(Errc::not_found, "Function not found: " + function_arn(key, qualifier));
}

Error resource_missing() { return make_error(Errc::not_found, "The resource you requested does not exist."); }

std::string Target::arn() const { return function_arn(state->key, qualifier); }
std::string Target::arn(std::string_view other) const { return function_arn(state->key, other); }

Result<NamedFunction> named_function(const Call& call, const std::string& name) {
    const auto reference = wire::parse_function_reference(name);
    if (!reference) return reference.error();
    if (reference->region && *reference->region != call.place.region) {
        return make_error(Errc::not_found,
                          "Functions from '" + *reference->region + "' are not reachable in this region ('" + call.place.region + "')");
    }
    NamedFunction named;
    named.key = {reference->account.value_or(call.place.account), call.place.region, reference->name};
    named.qualifier = text_of(call.input, "Qualifier");
    if (reference->qualifier && !named.qualifier.empty() && *reference->qualifier != named.qualifier) {
        return make_error(Errc::invalid_argument, "The derived qualifier from the function name does not match the specified qualifier.");
    }
    if (reference->qualifier) named.qualifier = *reference->qualifier;
    return named;
}

Result<Target> find_target(const Call& call) {
    auto named = named_function(call, text_of(call.input, "FunctionName"));
    if (!named) return named.error();
    auto found = call.parts.registry.find(named->key);
    if (!found) return found.error();
    if (!*found) return function_not_found(named->key, named->qualifier);
    return Target{std::move(*found), std::move(named->qualifier)};
}

Result<Target> find_qualified_target(const Call& call) {
    auto target = find_target(call);
    if (target && !model::has_qualifier(*target->state, target->qualifier)) {
        return function_not_found(target->state->key, target->qualifier);
    }
    return target;
}

std::string text_of(const Json& object, std::string_view name) {
    const auto found = object.find(std::string(name));
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts_of(const Json& object, std::string_view name) {
    const auto found = object.find(std::string(name));
    return found != object.end() ? found->get<std::vector<std::string>>() : std::vector<std::string>();
}

bool flag_of(const Json& object, std::string_view name) {
    const auto found = object.find(std::string(name));
    return found != object.end() && found->get<bool>();
}

Json json_of(const std::map<std::string, std::string>& map) { return Json(map); }

std::string format_modified(WallTime at) {
    std::string text = format_iso8601_ms(at);
    text.replace(text.size() - 1, 1, "+0000");
    return text;
}

double epoch_seconds(WallTime at) { return static_cast<double>(std::chrono::floor<Milliseconds>(at).time_since_epoch().count()) / 1'000.0; }

Result<void> check_revision(const Call& call, const std::string& current, std::string_view message) {
    const std::string sent = text_of(call.input, "RevisionId");
    if (sent.empty() || sent == current) return {};
    return make_error(Errc::precondition_failed, std::string(message));
}

Result<void> check_function_revision(const Call& call, const std::string& current) {
    return check_revision(call, current,
                          "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
                          "the latest Revision Id");
}

Json page_of(const Call& call, std::string_view list_name, std::vector<Listed> items, std::size_t page_max) {
    const std::string from = text_of(call.input, "Marker");
    const std::size_t wanted = std::min<std::size_t>(page_max, call.input.value("MaxItems", page_max));
    Json page = Json::object();
    Json& list = page[std::string(list_name)] = Json::array();
    std::size_t at = 0;
    if (!from.empty()) {
        const auto marked = std::find_if(items.begin(), items.end(), [&from](const Listed& one) { return one.marker == from; });
        at = marked == items.end() ? items.size() : static_cast<std::size_t>(marked - items.begin()) + 1;
    }
    for (; at < items.size() && list.size() < wanted; ++at)
        list.push_back(std::move(items[at].item));
    if (at < items.size()) page["NextMarker"] = items[at - 1].marker;
    return page;
}

Result<engine::FunctionRegistry::State> store(Call& call, const Target& target, model::FunctionState after) {
    return call.parts.registry.replace(target.state, std::move(after));
}

bool is_hot_bucket(std::string_view bucket) { return bucket == "hot-reload" || bucket == "__local__"; }

Result<engine::CodeStore::Stored> take_code(Call& call, const Json& code) {
    if (call.package) return *call.package;
    const std::string bucket = text_of(code, "S3Bucket");
    if (is_hot_bucket(bucket)) return engine::CodeStore::use_folder(text_of(code, "S3Key"));
    if (!bucket.empty()) {
        return make_error(
            Errc::invalid_argument,
            "Error occurred while GetObject. lambox reads S3 buckets only when --s3-endpoint names a server; a folder of this "
            "machine is S3Bucket=hot-reload with its path as S3Key");
    }
    return make_error(Errc::invalid_argument, "Please provide a source for function code.");
}

std::string url_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("-._~/").find(c) != std::string_view::npos;
        if (plain) {
            out += c;
            continue;
        }
        out += '%';
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

namespace {

/// The members that say where code is, wherever the operation has them.
template <class Input>
Input& code_of(Input& input) {
    for (const char* member : {"Code", "Content"}) {
        if (input.contains(member)) return input.at(member);
    }
    return input;
}

} // namespace

std::pair<std::string, std::string> object_named(const Json& input) {
    const Json& code = code_of(input);
    const std::string bucket = text_of(code, "S3Bucket");
    if (bucket.empty() || is_hot_bucket(bucket) || code.contains("ZipFile")) return {};
    return {bucket, text_of(code, "S3Key")};
}

engine::CodeStore::ReadPackage inline_package(Json& input) {
    Json& code = code_of(input);
    const auto zip = code.find("ZipFile");
    if (zip == code.end()) return {};
    return [base64 = std::make_shared<const std::string>(std::move(zip->get_ref<std::string&>()))]() -> Result<std::string> {
        auto bytes = wire::base64_decode(*base64);
        if (!bytes) return make_error(Errc::wrong_json_type, "ZipFile is not in base64");
        if (bytes->empty()) return make_error(Errc::no_zip, "Uploaded file must be a non-empty zip");
        return std::move(*bytes);
    };
}

} // namespace lambox::api::control
