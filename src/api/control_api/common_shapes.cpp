// The shapes that several resources share. Bounds and patterns are those of AWS's service model.

#include "api/control_api/common.hpp"
#include "lambox/base/limits.hpp"

#include <array>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::string_view architectures[] = {"x86_64", "arm64"};
constexpr std::string_view storage_modes[] = {"COPY", "REFERENCE"};

std::span<const std::string_view> runtimes() {
    static const auto names = [] {
        std::vector<std::string_view> all;
        for (const auto& row : model::runtime_catalogue()) {
            if (!row.image_only) all.push_back(row.identifier);
        }
        return all;
    }();
    return names;
}

} // namespace

Shape function_name_shape() {
    return text({1, 140}, pattern(R"((arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?)"
                                  R"((function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?)"));
}

Shape namespaced_function_name_shape() {
    return text({1, 256}, pattern(R"((arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?)"
                                  R"((function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?)"));
}

Member function_name_in_path() { return in_path("FunctionName", function_name_shape()); }
Member namespaced_function_name_in_path() { return in_path("FunctionName", namespaced_function_name_shape()); }
Member qualifier_in_query() {
    return in_query("Qualifier",
                    text({1, 128}, pattern(R"(\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+)", R"(\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9_$\-]+)")));
}
Member marker() { return in_query("Marker", text()); }
Member items_max(std::int64_t most) { return in_query("MaxItems", integer({1, most})); }

Shape any_arn() {
    return text({0, 10'000}, pattern(R"(arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?)"
                                     R"(:(\d{12})?:(.*))"));
}

Shape architecture_list(Bounds length) { return list(one_of(architectures), length); }
Shape runtime_name() { return one_of(runtimes()); }

Shape tag_map() {
    // Letters, separators and digits of every script: whatever is not ASCII passes here.
    constexpr std::string_view expression = R"([^\x00-\x1f!"#$%&'()*,;<>?\[\\\]^`{|}~\x7f]*)";
    const auto allowed = pattern(R"(([\p{L}\p{Z}\p{N}_.:/=+\-@]*))", expression);
    return map(text({1, 128}, allowed), text({0, 256}, allowed));
}

Shape destination_config() {
    const auto destination = structure({optional(
        "Destination", text({0, 350}, pattern(R"($|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:)"
                                              R"(((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*))")))});
    return structure({optional("OnSuccess", destination), optional("OnFailure", destination)});
}

Shape layer_version_arn() {
    return text({1, 2'048}, pattern(R"(((arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:)"
                                    R"([a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)))"));
}

std::vector<Member> code_members() {
    return {optional("ZipFile", blob()), optional("S3Bucket", text({3, 63}, pattern(R"([0-9A-Za-z\.\-_]*(?<!\.))"))),
            optional("S3Key", text({1, 1'024}, pattern(".*"))), optional("S3ObjectVersion", text({1, 1'024}, pattern(".*"))),
            optional("S3ObjectStorageMode", one_of(storage_modes))};
}

} // namespace lambox::api::control
