// Goal: `compare --json` has the documented shape and holds the figures of the table. Method: parse what was rendered.
#include "lambox/lab/json_report.hpp"
#include "unit/lab/sample_runs.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace lambox;
using namespace lambox::lab;
using doctest::Approx;
using Json = nlohmann::ordered_json;

namespace {

Json rendered(const ComparisonRun& run) { return Json::parse(render_json(run, analyse(run, 0.05))); }

std::vector<std::string> keys(const Json& object) {
    std::vector<std::string> names;
    for (const auto& item : object.items())
        names.push_back(item.key());
    return names;
}

} // namespace

TEST_CASE("the document has the documented members") {
    const auto document = rendered(test::article_run());
    for (const char* member : {"era", "machine", "functions", "break_even", "samples"})
        CHECK(document.contains(member));
    CHECK(document["era"] == "2022-11-19");
    CHECK(document["price_rounding"] == "printed10");
    CHECK(document["cold_share"] == 0.05);
    CHECK(document["elapsed_ms"] == 12345.678);
    CHECK(document["conditions"].size() == 2);

    const auto& function = document["functions"][1];
    CHECK(keys(function) == std::vector<std::string>{"name", "runtime", "architecture", "emulated", "emulator", "memory_size_mb",
                                                     "init_billed", "price_per_ms_usd", "price_per_request_usd", "cold", "warm",
                                                     "cost_per_million_usd"});
    CHECK(function["name"] == "al2");
    CHECK(function["runtime"] == "provided.al2");
    CHECK(function["architecture"] == "arm64");
    CHECK(function["emulated"] == false);
    CHECK(function["emulator"].is_null());
    CHECK(function["memory_size_mb"] == 128);
    CHECK(function["init_billed"] == true);
    CHECK(function["price_per_ms_usd"] == 0.0000000017);
    CHECK(function["cost_per_million_usd"].size() == 5);
    CHECK(function["cost_per_million_usd"][0]["cold_share"] == 0);
    CHECK(function["cost_per_million_usd"][0]["usd"].get<double>() == Approx(0.202261));
}

TEST_CASE("a series has its count and four distributions, init null when warm") {
    const auto document = rendered(test::article_run());
    const auto& cold = document["functions"][0]["cold"];
    CHECK(keys(cold) == std::vector<std::string>{"count", "duration_ms", "billed_ms", "max_memory_mb", "init_ms", "end_to_end_ms"});
    CHECK(cold["count"] == 100);
    for (const char* figure : {"duration_ms", "billed_ms", "max_memory_mb", "init_ms"}) {
        CHECK(keys(cold[figure]) == std::vector<std::string>{"mean", "p50", "p90", "p99", "max"});
    }
    CHECK(cold["billed_ms"]["mean"].get<double>() == Approx(9.33));
    CHECK(cold["billed_ms"]["p90"] == 10);
    CHECK(cold["init_ms"]["max"].get<double>() == Approx(88.65));
    CHECK(document["functions"][0]["warm"]["init_ms"].is_null());
}

TEST_CASE("every sample is there, in order, to the microsecond") {
    auto run = test::article_run();
    run.samples[0].duration = Microseconds{1'000'007};
    const auto document = rendered(run);
    REQUIRE(document["samples"].size() == run.samples.size());
    const auto& first = document["samples"][0];
    CHECK(keys(first) ==
          std::vector<std::string>{"function", "start", "duration_ms", "init_ms", "billed_ms", "max_memory_mb", "end_to_end_ms"});
    CHECK(first["function"] == "go1");
    CHECK(first["start"] == "cold");
    CHECK(first["duration_ms"].get<double>() == Approx(1000.007).epsilon(1e-12));
    CHECK(first["init_ms"].get<double>() == Approx(88.65));
    CHECK(first["billed_ms"] == 10);
    CHECK(document["samples"][3]["function"] == "al2");
    CHECK(document["samples"][3]["start"] == "warm");
    CHECK(document["samples"][3]["init_ms"].is_null());
}

TEST_CASE("a break-even names both sides of its share") {
    const auto even = rendered(test::article_run())["break_even"][0];
    CHECK(even["functions"] == Json({"go1", "al2"}));
    CHECK(even["cold_share"].get<double>() == Approx(0.026425).epsilon(0.001));
    CHECK(even["cheaper_below"] == "al2");
    CHECK(even["cheaper_above"] == "go1");
    CHECK(even["comparable"] == true);

    auto cheap = test::article_run();
    cheap.functions[0].price_per_ms = 1.0;
    const auto none = rendered(cheap)["break_even"][0];
    CHECK(none["cold_share"].is_null());
    CHECK(none["cheaper_below"] == "al2");
    CHECK(none["cheaper_above"] == "al2");
}

TEST_CASE("emulated functions and comparisons with them are marked") {
    const auto document = rendered(test::emulated_run());
    CHECK(document["functions"][1]["emulated"] == true);
    CHECK(document["functions"][1]["emulator"] == "qemu-aarch64-static");
    CHECK(document["statements"][0]["comparable"] == false);
    CHECK(document["statements"][0]["percent"].get<double>() == Approx(52.63).epsilon(0.001));
    CHECK(document["statements"][8]["comparable"] == true);
    CHECK(document["statements"][8]["percent_of"] == "larger");
    CHECK(document["break_even"][0]["comparable"] == false);
}

TEST_CASE("absent figures are null, not zero") {
    auto run = test::article_run();
    run.samples.clear();
    run.functions[0].price_per_ms.reset();
    const auto document = rendered(run);
    CHECK(document["samples"] == Json::array());
    CHECK(document["functions"][0]["cold"]["count"] == 0);
    CHECK(document["functions"][0]["cold"]["duration_ms"].is_null());
    CHECK(document["functions"][0]["price_per_ms_usd"].is_null());
    CHECK(document["functions"][0]["cost_per_million_usd"][0]["usd"].is_null());
    CHECK(document["break_even"][0]["cheaper_below"].is_null());
}

TEST_CASE("an empty comparison is a document too") {
    const auto document = rendered(test::empty_run());
    CHECK(document["functions"] == Json::array());
    CHECK(document["break_even"] == Json::array());
    CHECK(document["samples"] == Json::array());
}

TEST_CASE("names survive whatever they hold") {
    auto run = test::article_run();
    run.functions[0].name = "quo\"te\\ \n";
    run.machine = "bad \xff byte";
    const auto document = rendered(run);
    CHECK(document["functions"][0]["name"] == "quo\"te\\ \n");
    CHECK(document["samples"][0]["function"] == "quo\"te\\ \n");
    CHECK(document["machine"] == "bad \xEF\xBF\xBD byte");
}
