#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lambox::model {

enum class Architecture { x86_64, arm64 };
enum class OperatingSystem { amazon_linux_1, amazon_linux_2, amazon_linux_2023 };
/// Who pays INIT before 2025-08 (behaviour §5.2).
enum class BillingClass { managed, custom };
enum class RuntimeProtocol { runtime_api, go_rpc };
/// What the package has to bring (behaviour §1.13).
enum class RuntimeFamily { nodejs, python, java, dotnet, ruby, go, os_only };

[[nodiscard]] std::string_view to_string(Architecture architecture);
[[nodiscard]] std::optional<Architecture> parse_architecture(std::string_view text);
/// "Amazon Linux", "Amazon Linux 2", "Amazon Linux 2023", as AWS's page prints them.
[[nodiscard]] std::string_view to_string(OperatingSystem system);

/// One row of behaviour §6. Dates that AWS has not set are absent.
struct Runtime {
    std::string_view identifier;
    std::string_view name; ///< as a person says it: "Node.js 22", "Custom Runtime"
    RuntimeFamily family;
    OperatingSystem system;
    bool arm64; ///< x86_64 is always there
    BillingClass billing;
    RuntimeProtocol protocol;
    bool image_only;
    std::optional<std::chrono::year_month_day> deprecated;
    std::optional<std::chrono::year_month_day> create_blocked;
    std::optional<std::chrono::year_month_day> update_blocked;
};

/// Every identifier, current ones first, in the order of behaviour §6.
[[nodiscard]] std::span<const Runtime> runtime_catalogue();
[[nodiscard]] const Runtime* find_runtime(std::string_view identifier);
/// The seventeen rows of the article's table, in its order.
[[nodiscard]] std::span<const std::string_view> article_runtimes();

} // namespace lambox::model
