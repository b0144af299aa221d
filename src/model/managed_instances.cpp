#include "lambox/model/managed_instances.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace lambox::model {
namespace {

struct Language {
    RuntimeFamily family;
    std::string_view prefix; ///< of its identifiers, up to the number that counts
    unsigned first;
    std::uint32_t per_vcpu;
};
constexpr Language languages[] = {
    {RuntimeFamily::nodejs, "nodejs", 22, 64}, {RuntimeFamily::python, "python3.", 13, 16},       {RuntimeFamily::java, "java", 21, 32},
    {RuntimeFamily::dotnet, "dotnet", 8, 32},  {RuntimeFamily::os_only, "provided.al", 2'023, 8},
};

const Language* language_of_managed_instances(const Runtime& runtime) {
    const auto found =
        std::find_if(std::begin(languages), std::end(languages), [&](const Language& row) { return row.family == runtime.family; });
    if (found == std::end(languages) || !runtime.identifier.starts_with(found->prefix)) return nullptr;
    const std::string_view rest = runtime.identifier.substr(found->prefix.size());
    unsigned number = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), number).ec != std::errc{}) return nullptr;
    return number >= found->first ? found : nullptr;
}

} // namespace

bool supports_managed_instances(const Runtime& runtime) { return language_of_managed_instances(runtime) != nullptr; }

std::uint32_t default_environment_concurrency(const Runtime& runtime, Mebibytes memory, std::optional<double> memory_gib_per_vcpu) {
    const Language* language = language_of_managed_instances(runtime);
    if (language == nullptr) return 1;
    const double gib = static_cast<double>(memory.count) / 1'024;
    const double vcpus = std::max(1.0, gib / memory_gib_per_vcpu.value_or(limits::memory_gib_per_vcpu_min));
    return std::min(static_cast<std::uint32_t>(limits::environment_concurrency_max),
                    static_cast<std::uint32_t>(vcpus) * language->per_vcpu);
}

} // namespace lambox::model
