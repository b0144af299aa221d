// Tags of functions.

#include "api/control_api/common.hpp"
#include "lambox/base/limits.hpp"

#include <array>

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

Result<Target> tagged(const Call& call) {
    const std::string arn = text_of(call.input, "Resource");
    if (arn.find(":function:") == std::string::npos) return resource_missing();
    auto named = named_function(call, arn);
    if (!named) return named.error();
    if (!named->qualifier.empty()) {
        return make_error(Errc::invalid_argument,
                          "Tags on function aliases and versions are not supported. Please specify a function ARN.");
    }
    Target target{call.parts.registry.find(named->key), {}};
    if (!target.state) return function_not_found(named->key, {});
    return target;
}

Result<Reply> tag_resource(Call& call) {
    const auto target = tagged(call);
    if (!target) return target.error();
    const auto tags = call.input.at("Tags").get<std::map<std::string, std::string>>();
    if (tags.empty()) return make_error(Errc::invalid_argument, "An error occurred and the request cannot be processed.");
    auto state = target->copy();
    for (const auto& [name, value] : tags)
        state.tags[name] = value;
    if (state.tags.size() > limits::tags_max) return make_error(Errc::invalid_argument, "Number of tags exceeds resource tag limit.");
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> untag_resource(Call& call) {
    const auto target = tagged(call);
    if (!target) return target.error();
    auto state = target->copy();
    for (const auto& name : texts_of(call.input, "TagKeys"))
        state.tags.erase(name);
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> list_tags(Call& call) {
    const auto target = tagged(call);
    if (!target) return target.error();
    return Reply{200, {{"Tags", json_of(target->state->tags)}}};
}

} // namespace

std::span<const Operation> tag_operations() {
    constexpr std::string_view path = "/2017-03-31/tags/{}";
    static const std::array<Operation, 3> rows{{
        {"TagResource", {"POST", path}, tag_resource, tag_input, "functions only"},
        {"UntagResource", {"DELETE", path}, untag_resource, untag_input, "functions only"},
        {"ListTags", {"GET", path}, list_tags, list_input, "functions only"},
    }};
    return rows;
}

} // namespace lambox::api::control
