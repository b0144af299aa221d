// Goal: which functions may serve several invocations in one environment, and how many. Method: every runtime of the catalogue, and
// definitions with one setting changed.
#include "lambox/model/function_config.hpp"
#include "lambox/model/runtime_environment.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace lambox;
using namespace lambox::model;

namespace {

const Era today{std::chrono::year{2026} / 11 / 1};

FunctionSpec spec_of(const std::string& runtime) {
    FunctionSpec spec;
    spec.name = "f";
    spec.runtime = runtime;
    spec.handler = "app.handler";
    spec.code = "folder";
    spec.managed_instances = ManagedInstancesSpec{"", 4, std::nullopt};
    return spec;
}

std::string refusal_of(const FunctionSpec& spec, const Era& era = today) {
    const auto made = make_function_config(spec, era, RuntimePolicy::lenient);
    const auto* violations = std::get_if<std::vector<Violation>>(&made);
    return violations == nullptr ? "" : violations->front().message;
}

FunctionConfig config_of(const FunctionSpec& spec) {
    return std::get<FunctionConfig>(make_function_config(spec, today, RuntimePolicy::lenient));
}

} // namespace

TEST_CASE("the runtimes of Managed Instances are those that AWS names") {
    std::vector<std::string> found;
    for (const Runtime& runtime : runtime_catalogue()) {
        if (supports_managed_instances(runtime)) found.emplace_back(runtime.identifier);
    }
    for (const std::string wanted : {"nodejs22.x", "python3.13", "java21", "dotnet8", "provided.al2023"})
        CHECK(std::find(found.begin(), found.end(), wanted) != found.end());
    for (const std::string older : {"nodejs20.x", "python3.12", "python3.9", "java17", "java8.al2", "dotnet6", "dotnetcore3.1", "go1.x",
                                    "ruby3.4", "provided.al2", "provided"})
        CHECK(std::find(found.begin(), found.end(), older) == found.end());
}

TEST_CASE("other runtimes, earlier eras and numbers out of range are refused in words that help") {
    CHECK(refusal_of(spec_of("provided.al2023")).empty());
    CHECK(refusal_of(spec_of("python3.12")).find("not for python3.12") != std::string::npos);
    CHECK(refusal_of(spec_of("provided.al2023"), Era{std::chrono::year{2025} / 11 / 29}).find("2025-11-30") != std::string::npos);
    for (const std::int64_t number : {0, 1'601}) {
        auto spec = spec_of("provided.al2023");
        spec.managed_instances->concurrency = number;
        CHECK(refusal_of(spec).find("between 1 and 1600, got " + std::to_string(number)) != std::string::npos);
    }
    auto reserved = spec_of("provided.al2023");
    reserved.environment = {{"AWS_LAMBDA_MAX_CONCURRENCY", "4"}};
    CHECK(refusal_of(reserved).find("AWS_LAMBDA_MAX_CONCURRENCY") != std::string::npos);
}

TEST_CASE("the default is a number a vCPU, by language") {
    const auto of = [](const char* runtime, std::uint64_t mib, std::optional<double> ratio = std::nullopt) {
        return default_environment_concurrency(*find_runtime(runtime), Mebibytes{mib}, ratio);
    };
    CHECK(of("provided.al2023", 128) == 8);
    CHECK(of("provided.al2023", 2'048) == 8);
    CHECK(of("provided.al2023", 4'096) == 16);
    CHECK(of("provided.al2023", 4'096, 4.0) == 8);
    CHECK(of("python3.13", 2'048) == 16);
    CHECK(of("nodejs22.x", 2'048) == 64);
    CHECK(of("java21", 2'048) == 32);
    CHECK(of("dotnet8", 10'240) == 160);
    auto spec = spec_of("python3.13");
    spec.managed_instances->concurrency.reset();
    CHECK(config_of(spec).managed_instances->concurrency == 16);
    CHECK_FALSE(config_of(spec).managed_instances->asked_concurrency);
}

TEST_CASE("such a function logs JSON, may open more files, and its process is told") {
    const auto config = config_of(spec_of("provided.al2023"));
    CHECK(config.logging.json());
    CHECK(config.open_files_max() == 4'096);
    const auto variables = runtime_environment(config, {}, {});
    const auto value_of = [&](const std::string& name) {
        const auto found = std::find_if(variables.begin(), variables.end(), [&](const auto& one) { return one.first == name; });
        return found == variables.end() ? std::string("absent") : found->second;
    };
    CHECK(value_of("AWS_LAMBDA_MAX_CONCURRENCY") == "4");
    CHECK(value_of("AWS_LAMBDA_LOG_FORMAT") == "JSON");

    auto ordinary = spec_of("provided.al2023");
    ordinary.managed_instances.reset();
    CHECK(config_of(ordinary).open_files_max() == 1'024);
    CHECK_FALSE(config_of(ordinary).logging.json());
    const auto without = runtime_environment(config_of(ordinary), {}, {});
    CHECK(std::none_of(without.begin(), without.end(), [](const auto& one) { return one.first == "AWS_LAMBDA_MAX_CONCURRENCY"; }));
}
