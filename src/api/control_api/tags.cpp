// Tags of functions and event source mappings.

#include "api/control_api/common.hpp"
#include "lambox/base/limits.hpp"

#include <array>
#include <map>
#include <optional>
#include <utility>

namespace lambox::api::control {

using namespace codec;

namespace {

Member resource() {
    return in_path(
        "Resource",
        text({1, 10'000}, pattern(R"(arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:)"
                                  R"((function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-config:csc-[a-z0-9]{17}|)"
                                  R"(event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|)"
                                  R"(capacity-provider:[a-zA-Z0-9-_]+))")));
}

const Shape& tag_input() {
    static const Shape shape = structure({resource(), required("Tags", tag_map())});
    return shape;
}

const Shape& untag_input() {
    static const Shape shape = structure({resource(), required_in_query("TagKeys", list(tag_map().key.front()))});
    return shape;
}

const Shape& list_input() {
    static const Shape shape = structure({resource()});
    return shape;
}

using Tags = std::map<std::string, std::string>;

/// What carries the tags: one of the two.
struct Tagged {
    std::optional<Target> function;
    std::optional<model::EventSourceMapping> mapping;

    [[nodiscard]] const Tags& tags() const { return function ? function->state->tags : mapping->tags; }
};

Result<Tagged> tagged_mapping(const Call& call, const std::string& arn) {
    const auto* found = call.parts.registry.find_mapping(call.place, arn.substr(arn.rfind(':') + 1));
    if (found == nullptr || mapping_arn(*found) != arn) return resource_missing();
    return Tagged{std::nullopt, *found};
}

Result<Tagged> tagged(const Call& call) {
    const std::string arn = text_of(call.input, "Resource");
    if (arn.find(":event-source-mapping:") != std::string::npos) return tagged_mapping(call, arn);
    if (arn.find(":function:") == std::string::npos) return resource_missing();
    auto named = named_function(call, arn);
    if (!named) return named.error();
    if (!named->qualifier.empty()) {
        return make_error(Errc::invalid_argument,
                          "Tags on function aliases and versions are not supported. Please specify a function ARN.");
    }
    auto found = call.parts.registry.find(named->key);
    if (!found) return found.error();
    if (!*found) return function_not_found(named->key, {});
    Target target{std::move(*found), {}};
    return Tagged{std::move(target), std::nullopt};
}

Result<Reply> store_tags(Call& call, Tagged tagged, Tags tags) {
    if (tags.size() > limits::tags_max) return make_error(Errc::invalid_argument, "Number of tags exceeds resource tag limit.");
    if (tagged.mapping) {
        tagged.mapping->tags = std::move(tags);
        if (const auto put = call.parts.registry.put_mapping(std::move(*tagged.mapping)); !put) return put.error();
        return Reply{204, nullptr};
    }
    auto state = tagged.function->copy();
    state.tags = std::move(tags);
    if (const auto stored = store(call, *tagged.function, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> tag_resource(Call& call) {
    auto resource = tagged(call);
    if (!resource) return resource.error();
    const auto added = call.input.at("Tags").get<Tags>();
    if (added.empty()) return make_error(Errc::invalid_argument, "An error occurred and the request cannot be processed.");
    Tags tags = resource->tags();
    for (const auto& [name, value] : added)
        tags[name] = value;
    return store_tags(call, std::move(*resource), std::move(tags));
}

Result<Reply> untag_resource(Call& call) {
    auto resource = tagged(call);
    if (!resource) return resource.error();
    Tags tags = resource->tags();
    for (const auto& name : texts_of(call.input, "TagKeys"))
        tags.erase(name);
    return store_tags(call, std::move(*resource), std::move(tags));
}

Result<Reply> list_tags(Call& call) {
    const auto resource = tagged(call);
    if (!resource) return resource.error();
    return Reply{200, {{"Tags", json_of(resource->tags())}}};
}

} // namespace

std::span<const Operation> tag_operations() {
    constexpr std::string_view path = "/2017-03-31/tags/{}";
    static const std::array<Operation, 3> rows{{
        {"TagResource", {"POST", path}, tag_resource, tag_input, "functions and event source mappings only"},
        {"UntagResource", {"DELETE", path}, untag_resource, untag_input, "functions and event source mappings only"},
        {"ListTags", {"GET", path}, list_tags, list_input, "functions and event source mappings only"},
    }};
    return rows;
}

} // namespace lambox::api::control
