#include "lambox/model/runtime_catalogue.hpp"

#include <algorithm>
#include <array>

namespace lambox::model {
namespace {

/// The order of the article's table, which is not that of AWS's page today.
constexpr std::array<std::string_view, 17> article = {
    "nodejs18.x", "nodejs16.x", "nodejs14.x",    "nodejs12.x", "python3.9", "python3.8", "python3.7",    "java11",   "java8.al2",
    "java8",      "dotnetcore3.1", "dotnet6", "dotnet5.0",  "go1.x",     "ruby2.7",   "provided.al2", "provided",
};

} // namespace

std::string_view to_string(Architecture architecture) {
    switch (architecture) {
    case Architecture::x86_64: return "x86_64";
    case Architecture::arm64: return "arm64";
    }
    return "";
}

std::optional<Architecture> parse_architecture(std::string_view text) {
    for (const auto architecture : {Architecture::x86_64, Architecture::arm64}) {
        if (text == to_string(architecture)) return architecture;
    }
    return std::nullopt;
}

std::string_view to_string(OperatingSystem system) {
    switch (system) {
    case OperatingSystem::amazon_linux_1: return "Amazon Linux";
    case OperatingSystem::amazon_linux_2: return "Amazon Linux 2";
    case OperatingSystem::amazon_linux_2023: return "Amazon Linux 2023";
    }
    return "";
}

const Runtime* find_runtime(std::string_view identifier) {
    const auto all = runtime_catalogue();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Runtime& row) { return row.identifier == identifier; });
    if (found == all.end()) return nullptr;
    return &*found;
}

std::span<const std::string_view> article_runtimes() { return article; }

} // namespace lambox::model
