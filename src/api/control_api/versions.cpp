// PublishVersion and ListVersionsByFunction.

#include "api/codec/function_json.hpp"
#include "api/control_api/common.hpp"
#include "api/control_api/function_input.hpp"

#include <array>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::size_t versions_page = 50;

const Shape& publish_version_input() {
    static const Shape shape = structure({function_name_in_path(), optional("CodeSha256", text()), optional("Description", text({0, 256})),
                                          optional("RevisionId", text()), optional("PublishTo", text())});
    return shape;
}

const Shape& list_versions_input() {
    static const Shape shape = structure({namespaced_function_name_in_path(), marker(), items_max(10'000)});
    return shape;
}

Result<Reply> publish_version(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    if (const auto same = check_function_revision(call, target->state->latest->revision_id); !same) return same.error();
    if (auto refused = refuse_unsupported(call.input)) return *refused;
    const std::string sha256 = text_of(call.input, "CodeSha256");
    const std::string& current = target->state->latest->package.sha256;
    if (!sha256.empty() && sha256 != current) {
        return make_error(Errc::invalid_argument, "CodeSHA256 (" + sha256 + ") is different from current CodeSHA256 in $LATEST (" +
                                                      current + "). Please try again with the CodeSHA256 in $LATEST.");
    }
    auto state = target->copy();
    std::optional<std::string> description;
    if (call.input.contains("Description")) description = text_of(call.input, "Description");
    const std::string version = publish(call, state, description);
    const bool is_new = model::find_version(*target->state, version) == nullptr;
    engine::FunctionRegistry::State now = target->state;
    if (is_new) {
        auto stored = store(call, *target, std::move(state));
        if (!stored) return stored.error();
        now = *stored;
    }
    const auto progress = is_new ? Progress::creating : Progress::settled;
    return Reply{201, function_configuration(*now, *model::find_version(*now, version), target->arn(version), progress)};
}

Result<Reply> list_versions(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    std::vector<Listed> items;
    const auto add = [&](const model::FunctionRecord& record) {
        items.push_back({record.version, function_configuration(*target->state, record, target->arn(record.version), Progress::listed)});
    };
    add(*target->state->latest);
    for (const auto& [number, record] : target->state->versions)
        add(*record);
    return Reply{200, page_of(call, "Versions", std::move(items), versions_page)};
}

} // namespace

std::span<const Operation> version_operations() {
    constexpr std::string_view path = "/2015-03-31/functions/{}/versions";
    static const std::array<Operation, 2> rows{{
        {"PublishVersion", {"POST", path}, publish_version, publish_version_input},
        {"ListVersionsByFunction", {"GET", path}, list_versions, list_versions_input},
    }};
    return rows;
}

} // namespace lambox::api::control
