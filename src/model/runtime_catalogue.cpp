#include "lambox/model/runtime_catalogue.hpp"

namespace lambox::model {
namespace {

using namespace std::chrono_literals;
using F = RuntimeFamily;
using Date = std::optional<std::chrono::year_month_day>;

constexpr auto al1 = OperatingSystem::amazon_linux_1;
constexpr auto al2 = OperatingSystem::amazon_linux_2;
constexpr auto al2023 = OperatingSystem::amazon_linux_2023;
constexpr auto managed = BillingClass::managed;
constexpr auto custom = BillingClass::custom;
constexpr auto runtime_api = RuntimeProtocol::runtime_api;
constexpr auto go_rpc = RuntimeProtocol::go_rpc;
constexpr Date never = std::nullopt;

// Behaviour §6, as of October 2026. Columns: identifier, name, family, system, arm64, who pays INIT, protocol, images only,
// deprecated, create blocked, update blocked.
constexpr Runtime catalogue[] = {
    {"nodejs24.x", "Node.js 24", F::nodejs, al2023, true, managed, runtime_api, false, 2028y / 4 / 30, 2028y / 6 / 1, 2028y / 7 / 1},
    {"nodejs22.x", "Node.js 22", F::nodejs, al2023, true, managed, runtime_api, false, 2027y / 4 / 30, 2027y / 6 / 1, 2027y / 7 / 1},
    {"python3.14", "Python 3.14", F::python, al2023, true, managed, runtime_api, false, 2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31},
    {"python3.13", "Python 3.13", F::python, al2023, true, managed, runtime_api, false, 2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31},
    {"python3.12", "Python 3.12", F::python, al2023, true, managed, runtime_api, false, 2028y / 10 / 31, 2028y / 11 / 30, 2029y / 1 / 10},
    {"python3.11", "Python 3.11", F::python, al2, true, managed, runtime_api, false, 2027y / 6 / 30, 2027y / 7 / 31, 2027y / 8 / 31},
    {"python3.10", "Python 3.10", F::python, al2, true, managed, runtime_api, false, 2026y / 10 / 31, 2027y / 2 / 1, 2027y / 3 / 3},
    {"java25", "Java 25", F::java, al2023, true, managed, runtime_api, false, 2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31},
    {"java21", "Java 21", F::java, al2023, true, managed, runtime_api, false, 2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31},
    {"java17.al2023", "Java 17", F::java, al2023, true, managed, runtime_api, false, never, never, never},
    {"java11.al2023", "Java 11", F::java, al2023, true, managed, runtime_api, false, never, never, never},
    {"java8.al2023", "Java 8", F::java, al2023, true, managed, runtime_api, false, never, never, never},
    {"java17", "Java 17", F::java, al2, true, managed, runtime_api, false, 2027y / 6 / 30, 2027y / 7 / 31, 2027y / 8 / 31},
    {"java11", "Java 11", F::java, al2, true, managed, runtime_api, false, 2027y / 6 / 30, 2027y / 7 / 31, 2027y / 8 / 31},
    {"java8.al2", "Java 8", F::java, al2, true, managed, runtime_api, false, 2027y / 6 / 30, 2027y / 7 / 31, 2027y / 8 / 31},
    {"dotnet10", ".NET 10", F::dotnet, al2023, true, managed, runtime_api, false, 2028y / 11 / 14, 2028y / 12 / 14, 2029y / 1 / 15},
    {"dotnet9", ".NET 9", F::dotnet, al2023, true, managed, runtime_api, true, 2026y / 11 / 10, never, never},
    {"dotnet8", ".NET 8", F::dotnet, al2023, true, managed, runtime_api, false, 2026y / 11 / 10, 2027y / 2 / 1, 2027y / 3 / 3},
    {"ruby4.0", "Ruby 4.0", F::ruby, al2023, true, managed, runtime_api, false, 2029y / 3 / 31, 2029y / 4 / 30, 2029y / 5 / 31},
    {"ruby3.4", "Ruby 3.4", F::ruby, al2023, true, managed, runtime_api, false, 2028y / 3 / 31, 2028y / 4 / 30, 2028y / 5 / 31},
    {"ruby3.3", "Ruby 3.3", F::ruby, al2023, true, managed, runtime_api, false, 2027y / 3 / 31, 2027y / 4 / 30, 2027y / 5 / 31},
    {"provided.al2023", "Custom Runtime", F::os_only, al2023, true, custom, runtime_api, false, 2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31},
    {"provided.al2", "Custom Runtime", F::os_only, al2, true, custom, runtime_api, false, 2026y / 7 / 31, 2027y / 2 / 1, 2027y / 3 / 3},
    {"nodejs20.x", "Node.js 20", F::nodejs, al2023, true, managed, runtime_api, false, 2026y / 4 / 30, 2027y / 2 / 1, 2027y / 3 / 3},
    {"ruby3.2", "Ruby 3.2", F::ruby, al2, true, managed, runtime_api, false, 2026y / 3 / 31, 2027y / 2 / 1, 2027y / 3 / 3},
    {"python3.9", "Python 3.9", F::python, al2, true, managed, runtime_api, false, 2025y / 12 / 15, 2027y / 2 / 1, 2027y / 3 / 3},
    {"nodejs18.x", "Node.js 18", F::nodejs, al2, true, managed, runtime_api, false, 2025y / 9 / 1, 2027y / 2 / 1, 2027y / 3 / 3},
    {"dotnet6", ".NET 6", F::dotnet, al2, true, managed, runtime_api, false, 2024y / 12 / 20, 2027y / 2 / 1, 2027y / 3 / 3},
    {"python3.8", "Python 3.8", F::python, al2, true, managed, runtime_api, false, 2024y / 10 / 14, 2027y / 2 / 1, 2027y / 3 / 3},
    {"nodejs16.x", "Node.js 16", F::nodejs, al2, true, managed, runtime_api, false, 2024y / 6 / 12, 2027y / 2 / 1, 2027y / 3 / 3},
    {"dotnet7", ".NET 7", F::dotnet, al2, true, managed, runtime_api, true, 2024y / 5 / 14, never, never},
    {"java8", "Java 8", F::java, al1, false, managed, runtime_api, false, 2024y / 1 / 8, 2024y / 2 / 8, 2027y / 3 / 3},
    {"go1.x", "Go 1.x", F::go, al1, false, managed, go_rpc, false, 2024y / 1 / 8, 2024y / 2 / 8, 2027y / 3 / 3},
    {"provided", "Custom Runtime", F::os_only, al1, false, custom, runtime_api, false, 2024y / 1 / 8, 2024y / 2 / 8, 2027y / 3 / 3},
    {"ruby2.7", "Ruby 2.7", F::ruby, al2, true, managed, runtime_api, false, 2023y / 12 / 7, 2024y / 1 / 9, 2027y / 3 / 3},
    {"nodejs14.x", "Node.js 14", F::nodejs, al2, true, managed, runtime_api, false, 2023y / 12 / 4, 2024y / 1 / 9, 2027y / 3 / 3},
    {"python3.7", "Python 3.7", F::python, al1, false, managed, runtime_api, false, 2023y / 12 / 4, 2024y / 1 / 9, 2027y / 3 / 3},
    {"dotnetcore3.1", ".NET Core 3.1", F::dotnet, al2, true, managed, runtime_api, false, 2023y / 4 / 3, 2023y / 4 / 3, 2023y / 5 / 3},
    {"nodejs12.x", "Node.js 12", F::nodejs, al2, true, managed, runtime_api, false, 2023y / 3 / 31, 2023y / 3 / 31, 2023y / 4 / 30},
    {"python3.6", "Python 3.6", F::python, al1, false, managed, runtime_api, false, 2022y / 7 / 18, 2022y / 7 / 18, 2022y / 8 / 29},
    {"dotnet5.0", ".NET 5", F::dotnet, al2, false, managed, runtime_api, true, 2022y / 5 / 10, never, never},
    {"dotnetcore2.1", ".NET Core 2.1", F::dotnet, al1, false, managed, runtime_api, false, 2022y / 1 / 5, 2022y / 1 / 5, 2022y / 4 / 13},
    {"nodejs10.x", "Node.js 10", F::nodejs, al2, true, managed, runtime_api, false, 2021y / 7 / 30, 2021y / 7 / 30, 2022y / 2 / 14},
    {"ruby2.5", "Ruby 2.5", F::ruby, al1, false, managed, runtime_api, false, 2021y / 7 / 30, 2021y / 7 / 30, 2022y / 3 / 31},
    {"python2.7", "Python 2.7", F::python, al1, false, managed, runtime_api, false, 2021y / 7 / 15, 2021y / 7 / 15, 2022y / 5 / 30},
    {"nodejs8.10", "Node.js 8.10", F::nodejs, al1, false, managed, runtime_api, false, 2020y / 3 / 6, 2020y / 2 / 4, 2020y / 3 / 6},
    {"nodejs4.3", "Node.js 4.3", F::nodejs, al1, false, managed, runtime_api, false, 2020y / 3 / 5, 2020y / 2 / 3, 2020y / 3 / 5},
    {"nodejs4.3-edge", "Node.js 4.3 (edge)", F::nodejs, al1, false, managed, runtime_api, false, 2020y / 3 / 5, 2019y / 3 / 31, 2019y / 4 / 30},
    {"nodejs6.10", "Node.js 6.10", F::nodejs, al1, false, managed, runtime_api, false, 2019y / 8 / 12, 2019y / 7 / 12, 2019y / 8 / 12},
    {"dotnetcore1.0", ".NET Core 1.0", F::dotnet, al1, false, managed, runtime_api, false, 2019y / 6 / 27, 2019y / 6 / 30, 2019y / 7 / 30},
    {"dotnetcore2.0", ".NET Core 2.0", F::dotnet, al1, false, managed, runtime_api, false, 2019y / 5 / 30, 2019y / 4 / 30, 2019y / 5 / 30},
    {"nodejs", "Node.js 0.10", F::nodejs, al1, false, managed, runtime_api, false, 2016y / 8 / 30, 2016y / 9 / 30, 2016y / 10 / 31},
};

constexpr std::string_view article[] = {
    "nodejs18.x", "nodejs16.x", "nodejs14.x", "nodejs12.x", "python3.9", "python3.8", "python3.7", "java11", "java8.al2", "java8",
    "dotnetcore3.1", "dotnet6", "dotnet5.0", "go1.x", "ruby2.7", "provided.al2", "provided",
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
    if (text == "x86_64") return Architecture::x86_64;
    if (text == "arm64") return Architecture::arm64;
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

std::span<const Runtime> runtime_catalogue() { return catalogue; }

const Runtime* find_runtime(std::string_view identifier) {
    for (const auto& runtime : catalogue) {
        if (runtime.identifier == identifier) return &runtime;
    }
    return nullptr;
}

std::span<const std::string_view> article_runtimes() { return article; }

} // namespace lambox::model
