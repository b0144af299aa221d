// Goal: the catalogue says what AWS's page "Lambda runtimes" says. Method: the whole page again, as text, in the layout
// identifier|name|system|deprecated|create blocked|update blocked; and the rules that hold over all rows.
#include "lambox/model/runtime_catalogue.hpp"

#include "lambox/model/era.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace lambox::model;

namespace {

const std::vector<std::string> page = {
    "nodejs24.x|Node.js 24|AL2023|2028-04-30|2028-06-01|2028-07-01",
    "nodejs22.x|Node.js 22|AL2023|2027-04-30|2027-06-01|2027-07-01",
    "python3.14|Python 3.14|AL2023|2029-06-30|2029-07-31|2029-08-31",
    "python3.13|Python 3.13|AL2023|2029-06-30|2029-07-31|2029-08-31",
    "python3.12|Python 3.12|AL2023|2028-10-31|2028-11-30|2029-01-10",
    "python3.11|Python 3.11|AL2|2027-06-30|2027-07-31|2027-08-31",
    "python3.10|Python 3.10|AL2|2026-10-31|2027-02-01|2027-03-03",
    "java25|Java 25|AL2023|2029-06-30|2029-07-31|2029-08-31",
    "java21|Java 21|AL2023|2029-06-30|2029-07-31|2029-08-31",
    "java17.al2023|Java 17|AL2023|-|-|-",
    "java11.al2023|Java 11|AL2023|-|-|-",
    "java8.al2023|Java 8|AL2023|-|-|-",
    "java17|Java 17|AL2|2027-06-30|2027-07-31|2027-08-31",
    "java11|Java 11|AL2|2027-06-30|2027-07-31|2027-08-31",
    "java8.al2|Java 8|AL2|2027-06-30|2027-07-31|2027-08-31",
    "dotnet10|.NET 10|AL2023|2028-11-14|2028-12-14|2029-01-15",
    "dotnet9|.NET 9|AL2023|2026-11-10|-|-",
    "dotnet8|.NET 8|AL2023|2026-11-10|2027-02-01|2027-03-03",
    "ruby4.0|Ruby 4.0|AL2023|2029-03-31|2029-04-30|2029-05-31",
    "ruby3.4|Ruby 3.4|AL2023|2028-03-31|2028-04-30|2028-05-31",
    "ruby3.3|Ruby 3.3|AL2023|2027-03-31|2027-04-30|2027-05-31",
    "provided.al2023|Custom Runtime|AL2023|2029-06-30|2029-07-31|2029-08-31",
    "provided.al2|Custom Runtime|AL2|2026-07-31|2027-02-01|2027-03-03",
    "nodejs20.x|Node.js 20|AL2023|2026-04-30|2027-02-01|2027-03-03",
    "ruby3.2|Ruby 3.2|AL2|2026-03-31|2027-02-01|2027-03-03",
    "python3.9|Python 3.9|AL2|2025-12-15|2027-02-01|2027-03-03",
    "nodejs18.x|Node.js 18|AL2|2025-09-01|2027-02-01|2027-03-03",
    "dotnet6|.NET 6|AL2|2024-12-20|2027-02-01|2027-03-03",
    "python3.8|Python 3.8|AL2|2024-10-14|2027-02-01|2027-03-03",
    "nodejs16.x|Node.js 16|AL2|2024-06-12|2027-02-01|2027-03-03",
    "dotnet7|.NET 7|AL2|2024-05-14|-|-",
    "java8|Java 8|AL1|2024-01-08|2024-02-08|2027-03-03",
    "go1.x|Go 1.x|AL1|2024-01-08|2024-02-08|2027-03-03",
    "provided|Custom Runtime|AL1|2024-01-08|2024-02-08|2027-03-03",
    "ruby2.7|Ruby 2.7|AL2|2023-12-07|2024-01-09|2027-03-03",
    "nodejs14.x|Node.js 14|AL2|2023-12-04|2024-01-09|2027-03-03",
    "python3.7|Python 3.7|AL1|2023-12-04|2024-01-09|2027-03-03",
    "dotnetcore3.1|.NET Core 3.1|AL2|2023-04-03|2023-04-03|2023-05-03",
    "nodejs12.x|Node.js 12|AL2|2023-03-31|2023-03-31|2023-04-30",
    "python3.6|Python 3.6|AL1|2022-07-18|2022-07-18|2022-08-29",
    "dotnet5.0|.NET 5|AL2|2022-05-10|-|-",
    "dotnetcore2.1|.NET Core 2.1|AL1|2022-01-05|2022-01-05|2022-04-13",
    "nodejs10.x|Node.js 10|AL2|2021-07-30|2021-07-30|2022-02-14",
    "ruby2.5|Ruby 2.5|AL1|2021-07-30|2021-07-30|2022-03-31",
    "python2.7|Python 2.7|AL1|2021-07-15|2021-07-15|2022-05-30",
    "nodejs8.10|Node.js 8.10|AL1|2020-03-06|2020-02-04|2020-03-06",
    "nodejs4.3|Node.js 4.3|AL1|2020-03-05|2020-02-03|2020-03-05",
    "nodejs4.3-edge|Node.js 4.3 (edge)|AL1|2020-03-05|2019-03-31|2019-04-30",
    "nodejs6.10|Node.js 6.10|AL1|2019-08-12|2019-07-12|2019-08-12",
    "dotnetcore1.0|.NET Core 1.0|AL1|2019-06-27|2019-06-30|2019-07-30",
    "dotnetcore2.0|.NET Core 2.0|AL1|2019-05-30|2019-04-30|2019-05-30",
    "nodejs|Node.js 0.10|AL1|2016-08-30|2016-09-30|2016-10-31",
};

/// In the order of the article's table: identifier|name|operating system|architectures.
const std::vector<std::string> article = {
    "nodejs18.x|Node.js 18|Amazon Linux 2|x86_64, arm64",
    "nodejs16.x|Node.js 16|Amazon Linux 2|x86_64, arm64",
    "nodejs14.x|Node.js 14|Amazon Linux 2|x86_64, arm64",
    "nodejs12.x|Node.js 12|Amazon Linux 2|x86_64, arm64",
    "python3.9|Python 3.9|Amazon Linux 2|x86_64, arm64",
    "python3.8|Python 3.8|Amazon Linux 2|x86_64, arm64",
    "python3.7|Python 3.7|Amazon Linux|x86_64",
    "java11|Java 11|Amazon Linux 2|x86_64, arm64",
    "java8.al2|Java 8|Amazon Linux 2|x86_64, arm64",
    "java8|Java 8|Amazon Linux|x86_64",
    "dotnetcore3.1|.NET Core 3.1|Amazon Linux 2|x86_64, arm64",
    "dotnet6|.NET 6|Amazon Linux 2|x86_64, arm64",
    "dotnet5.0|.NET 5|Amazon Linux 2|x86_64",
    "go1.x|Go 1.x|Amazon Linux|x86_64",
    "ruby2.7|Ruby 2.7|Amazon Linux 2|x86_64, arm64",
    "provided.al2|Custom Runtime|Amazon Linux 2|x86_64, arm64",
    "provided|Custom Runtime|Amazon Linux|x86_64",
};

std::string short_name(OperatingSystem system) {
    switch (system) {
    case OperatingSystem::amazon_linux_1: return "AL1";
    case OperatingSystem::amazon_linux_2: return "AL2";
    case OperatingSystem::amazon_linux_2023: return "AL2023";
    }
    return "";
}

std::string day(const std::optional<std::chrono::year_month_day>& date) { return date ? Era{*date}.str() : "-"; }

std::string as_on_page(const Runtime& row) {
    return std::string{row.identifier} + "|" + std::string{row.name} + "|" + short_name(row.system) + "|" + day(row.deprecated) + "|" +
           day(row.create_blocked) + "|" + day(row.update_blocked);
}

std::string as_in_article(const Runtime& row) {
    return std::string{row.identifier} + "|" + std::string{row.name} + "|" + std::string{to_string(row.system)} + "|" +
           (row.arm64 ? "x86_64, arm64" : "x86_64");
}

} // namespace

TEST_CASE("the catalogue holds the 52 identifiers with name, system and dates, in the page's order") {
    const auto rows = runtime_catalogue();
    REQUIRE(rows.size() == 52);
    REQUIRE(page.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) CHECK(as_on_page(rows[i]) == page[i]);
}

TEST_CASE("identifiers are unique, and each is found by its own name") {
    std::set<std::string_view> seen;
    for (const Runtime& row : runtime_catalogue()) {
        CAPTURE(row.identifier);
        CHECK(seen.insert(row.identifier).second);
        CHECK(find_runtime(row.identifier) == &row);
    }
    CHECK(find_runtime("") == nullptr);
    CHECK(find_runtime("GO1.X") == nullptr);
    CHECK(find_runtime("python3") == nullptr);
    CHECK(find_runtime("python3.99") == nullptr);
}

TEST_CASE("dates are days of the calendar, and updates are blocked after creations") {
    for (const Runtime& row : runtime_catalogue()) {
        CAPTURE(row.identifier);
        for (const auto& date : {row.deprecated, row.create_blocked, row.update_blocked}) {
            if (date) CHECK(date->ok());
        }
        CHECK(row.create_blocked.has_value() == row.update_blocked.has_value());
        if (row.create_blocked) CHECK(*row.create_blocked < *row.update_blocked);
        if (row.image_only) CHECK_FALSE(row.create_blocked.has_value());
    }
}

TEST_CASE("arm64 is lacking on Amazon Linux 1 and for .NET 5, nowhere else") {
    for (const Runtime& row : runtime_catalogue()) {
        CAPTURE(row.identifier);
        const bool lacking = row.system == OperatingSystem::amazon_linux_1 || row.identifier == "dotnet5.0";
        CHECK(row.arm64 == !lacking);
    }
}

TEST_CASE("OS-only runtimes and images paid for INIT before 2025-08; go1.x is managed and alone speaks RPC") {
    for (const Runtime& row : runtime_catalogue()) {
        CAPTURE(row.identifier);
        const bool os_only = row.identifier.starts_with("provided");
        CHECK((row.family == RuntimeFamily::os_only) == os_only);
        CHECK((row.billing == BillingClass::custom) == (os_only || row.image_only));
        CHECK((row.protocol == RuntimeProtocol::go_rpc) == (row.identifier == "go1.x"));
        CHECK((row.family == RuntimeFamily::go) == (row.identifier == "go1.x"));
    }
    REQUIRE(find_runtime("go1.x") != nullptr);
    CHECK(find_runtime("go1.x")->billing == BillingClass::managed);
}

TEST_CASE("dotnet9, dotnet7 and dotnet5.0 exist as images only") {
    std::vector<std::string_view> images;
    for (const Runtime& row : runtime_catalogue()) {
        if (row.image_only) images.push_back(row.identifier);
    }
    CHECK(images == std::vector<std::string_view>{"dotnet9", "dotnet7", "dotnet5.0"});
}

TEST_CASE("a runtime's family is the language in its identifier") {
    const std::vector<std::pair<std::string_view, RuntimeFamily>> beginnings = {
        {"nodejs", RuntimeFamily::nodejs}, {"python", RuntimeFamily::python}, {"java", RuntimeFamily::java},
        {"dotnet", RuntimeFamily::dotnet}, {"ruby", RuntimeFamily::ruby},     {"go", RuntimeFamily::go},
        {"provided", RuntimeFamily::os_only},
    };
    for (const Runtime& row : runtime_catalogue()) {
        CAPTURE(row.identifier);
        const auto begun = [&](const auto& pair) { return row.identifier.starts_with(pair.first); };
        const auto found = std::find_if(beginnings.begin(), beginnings.end(), begun);
        REQUIRE(found != beginnings.end());
        CHECK(row.family == found->second);
    }
}

TEST_CASE("the article's seventeen rows come out in its order with its systems and architectures") {
    const auto identifiers = article_runtimes();
    REQUIRE(identifiers.size() == 17);
    for (std::size_t i = 0; i < identifiers.size(); ++i) {
        const Runtime* row = find_runtime(identifiers[i]);
        REQUIRE(row != nullptr);
        CHECK(as_in_article(*row) == article[i]);
    }
}

TEST_CASE("architectures are read by the API's names") {
    CHECK(parse_architecture("x86_64") == Architecture::x86_64);
    CHECK(parse_architecture("arm64") == Architecture::arm64);
    for (const char* text : {"", "amd64", "aarch64", "X86_64", "arm64 "}) CHECK_FALSE(parse_architecture(text).has_value());
}
