// The table behind runtime_catalogue.hpp, alone in its file: it is data, and long.
#include "lambox/model/runtime_catalogue.hpp"

#include <array>

namespace lambox::model {
namespace {

using namespace std::chrono;
using F = RuntimeFamily;

constexpr auto al1 = OperatingSystem::amazon_linux_1;
constexpr auto al2 = OperatingSystem::amazon_linux_2;
constexpr auto al2023 = OperatingSystem::amazon_linux_2023;

enum class Architectures { x86_only, both };
using enum Architectures;

/// How AWS delivers a runtime; billing class and protocol follow from it.
enum class Delivery {
    managed,
    go_binary, ///< managed: AWS's agent starts the binary and speaks RPC to it
    os_only,
    image, ///< container images paid for INIT before 2025-08 as OS-only runtimes did
};
using enum Delivery;

using Day = std::optional<year_month_day>;
constexpr Day unset = std::nullopt;

struct Dates {
    Day deprecated;
    Day create_blocked;
    Day update_blocked;
};

constexpr BillingClass billing_of(Delivery delivery) {
    switch (delivery) {
    case managed:
    case go_binary: return BillingClass::managed;
    case os_only:
    case image: return BillingClass::custom;
    }
    return BillingClass::managed;
}

constexpr Runtime row(std::string_view identifier, std::string_view name, RuntimeFamily family, OperatingSystem system,
                      Architectures architectures, Delivery delivery, Dates dates) {
    return Runtime{
        .identifier = identifier,
        .name = name,
        .family = family,
        .system = system,
        .arm64 = architectures == both,
        .billing = billing_of(delivery),
        .protocol = delivery == go_binary ? RuntimeProtocol::go_rpc : RuntimeProtocol::runtime_api,
        .image_only = delivery == image,
        .deprecated = dates.deprecated,
        .create_blocked = dates.create_blocked,
        .update_blocked = dates.update_blocked,
    };
}

// AWS's page "Lambda runtimes" as it stood in autumn 2026.
constexpr auto catalogue = std::to_array<Runtime>({
    // in support
    row("nodejs24.x", "Node.js 24", F::nodejs, al2023, both, managed, {2028y / 4 / 30, 2028y / 6 / 1, 2028y / 7 / 1}),
    row("nodejs22.x", "Node.js 22", F::nodejs, al2023, both, managed, {2027y / 4 / 30, 2027y / 6 / 1, 2027y / 7 / 1}),
    row("python3.14", "Python 3.14", F::python, al2023, both, managed, {2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31}),
    row("python3.13", "Python 3.13", F::python, al2023, both, managed, {2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31}),
    row("python3.12", "Python 3.12", F::python, al2023, both, managed, {2028y / 10 / 31, 2028y / 11 / 30, 2029y / 1 / 10}),
    row("python3.11", "Python 3.11", F::python, al2, both, managed, {2027y / 6 / 30, 2027y / 7 / 31, 2027y / 8 / 31}),
    row("python3.10", "Python 3.10", F::python, al2, both, managed, {2026y / 10 / 31, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("java25", "Java 25", F::java, al2023, both, managed, {2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31}),
    row("java21", "Java 21", F::java, al2023, both, managed, {2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31}),
    row("java17.al2023", "Java 17", F::java, al2023, both, managed, {unset, unset, unset}),
    row("java11.al2023", "Java 11", F::java, al2023, both, managed, {unset, unset, unset}),
    row("java8.al2023", "Java 8", F::java, al2023, both, managed, {unset, unset, unset}),
    row("java17", "Java 17", F::java, al2, both, managed, {2027y / 6 / 30, 2027y / 7 / 31, 2027y / 8 / 31}),
    row("java11", "Java 11", F::java, al2, both, managed, {2027y / 6 / 30, 2027y / 7 / 31, 2027y / 8 / 31}),
    row("java8.al2", "Java 8", F::java, al2, both, managed, {2027y / 6 / 30, 2027y / 7 / 31, 2027y / 8 / 31}),
    row("dotnet10", ".NET 10", F::dotnet, al2023, both, managed, {2028y / 11 / 14, 2028y / 12 / 14, 2029y / 1 / 15}),
    row("dotnet9", ".NET 9", F::dotnet, al2023, both, image, {2026y / 11 / 10, unset, unset}),
    row("dotnet8", ".NET 8", F::dotnet, al2023, both, managed, {2026y / 11 / 10, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("ruby4.0", "Ruby 4.0", F::ruby, al2023, both, managed, {2029y / 3 / 31, 2029y / 4 / 30, 2029y / 5 / 31}),
    row("ruby3.4", "Ruby 3.4", F::ruby, al2023, both, managed, {2028y / 3 / 31, 2028y / 4 / 30, 2028y / 5 / 31}),
    row("ruby3.3", "Ruby 3.3", F::ruby, al2023, both, managed, {2027y / 3 / 31, 2027y / 4 / 30, 2027y / 5 / 31}),
    row("provided.al2023", "Custom Runtime", F::os_only, al2023, both, os_only, {2029y / 6 / 30, 2029y / 7 / 31, 2029y / 8 / 31}),
    // deprecated
    row("provided.al2", "Custom Runtime", F::os_only, al2, both, os_only, {2026y / 7 / 31, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("nodejs20.x", "Node.js 20", F::nodejs, al2023, both, managed, {2026y / 4 / 30, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("ruby3.2", "Ruby 3.2", F::ruby, al2, both, managed, {2026y / 3 / 31, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("python3.9", "Python 3.9", F::python, al2, both, managed, {2025y / 12 / 15, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("nodejs18.x", "Node.js 18", F::nodejs, al2, both, managed, {2025y / 9 / 1, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("dotnet6", ".NET 6", F::dotnet, al2, both, managed, {2024y / 12 / 20, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("python3.8", "Python 3.8", F::python, al2, both, managed, {2024y / 10 / 14, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("nodejs16.x", "Node.js 16", F::nodejs, al2, both, managed, {2024y / 6 / 12, 2027y / 2 / 1, 2027y / 3 / 3}),
    row("dotnet7", ".NET 7", F::dotnet, al2, both, image, {2024y / 5 / 14, unset, unset}),
    row("java8", "Java 8", F::java, al1, x86_only, managed, {2024y / 1 / 8, 2024y / 2 / 8, 2027y / 3 / 3}),
    row("go1.x", "Go 1.x", F::go, al1, x86_only, go_binary, {2024y / 1 / 8, 2024y / 2 / 8, 2027y / 3 / 3}),
    row("provided", "Custom Runtime", F::os_only, al1, x86_only, os_only, {2024y / 1 / 8, 2024y / 2 / 8, 2027y / 3 / 3}),
    row("ruby2.7", "Ruby 2.7", F::ruby, al2, both, managed, {2023y / 12 / 7, 2024y / 1 / 9, 2027y / 3 / 3}),
    row("nodejs14.x", "Node.js 14", F::nodejs, al2, both, managed, {2023y / 12 / 4, 2024y / 1 / 9, 2027y / 3 / 3}),
    row("python3.7", "Python 3.7", F::python, al1, x86_only, managed, {2023y / 12 / 4, 2024y / 1 / 9, 2027y / 3 / 3}),
    row("dotnetcore3.1", ".NET Core 3.1", F::dotnet, al2, both, managed, {2023y / 4 / 3, 2023y / 4 / 3, 2023y / 5 / 3}),
    row("nodejs12.x", "Node.js 12", F::nodejs, al2, both, managed, {2023y / 3 / 31, 2023y / 3 / 31, 2023y / 4 / 30}),
    row("python3.6", "Python 3.6", F::python, al1, x86_only, managed, {2022y / 7 / 18, 2022y / 7 / 18, 2022y / 8 / 29}),
    row("dotnet5.0", ".NET 5", F::dotnet, al2, x86_only, image, {2022y / 5 / 10, unset, unset}),
    row("dotnetcore2.1", ".NET Core 2.1", F::dotnet, al1, x86_only, managed, {2022y / 1 / 5, 2022y / 1 / 5, 2022y / 4 / 13}),
    row("nodejs10.x", "Node.js 10", F::nodejs, al2, both, managed, {2021y / 7 / 30, 2021y / 7 / 30, 2022y / 2 / 14}),
    row("ruby2.5", "Ruby 2.5", F::ruby, al1, x86_only, managed, {2021y / 7 / 30, 2021y / 7 / 30, 2022y / 3 / 31}),
    row("python2.7", "Python 2.7", F::python, al1, x86_only, managed, {2021y / 7 / 15, 2021y / 7 / 15, 2022y / 5 / 30}),
    row("nodejs8.10", "Node.js 8.10", F::nodejs, al1, x86_only, managed, {2020y / 3 / 6, 2020y / 2 / 4, 2020y / 3 / 6}),
    row("nodejs4.3", "Node.js 4.3", F::nodejs, al1, x86_only, managed, {2020y / 3 / 5, 2020y / 2 / 3, 2020y / 3 / 5}),
    row("nodejs4.3-edge", "Node.js 4.3 (edge)", F::nodejs, al1, x86_only, managed, {2020y / 3 / 5, 2019y / 3 / 31, 2019y / 4 / 30}),
    row("nodejs6.10", "Node.js 6.10", F::nodejs, al1, x86_only, managed, {2019y / 8 / 12, 2019y / 7 / 12, 2019y / 8 / 12}),
    row("dotnetcore1.0", ".NET Core 1.0", F::dotnet, al1, x86_only, managed, {2019y / 6 / 27, 2019y / 6 / 30, 2019y / 7 / 30}),
    row("dotnetcore2.0", ".NET Core 2.0", F::dotnet, al1, x86_only, managed, {2019y / 5 / 30, 2019y / 4 / 30, 2019y / 5 / 30}),
    row("nodejs", "Node.js 0.10", F::nodejs, al1, x86_only, managed, {2016y / 8 / 30, 2016y / 9 / 30, 2016y / 10 / 31}),
});

} // namespace

std::span<const Runtime> runtime_catalogue() { return catalogue; }

} // namespace lambox::model
