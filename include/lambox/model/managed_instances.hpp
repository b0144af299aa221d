#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/runtime_catalogue.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace lambox::model {

/// AWS's LambdaManagedInstancesCapacityProviderConfig as somebody wrote it: its presence alone makes a function serve several invocations
/// in one environment.
struct ManagedInstancesSpec {
    std::string capacity_provider_arn; ///< kept and returned; may be empty where no API asks for it
    std::optional<std::int64_t> concurrency;
    std::optional<double> memory_gib_per_vcpu;
};

/// The same, checked (behaviour §1.11).
struct ManagedInstances {
    std::string capacity_provider_arn;
    std::optional<std::uint32_t> asked_concurrency;
    std::optional<double> memory_gib_per_vcpu;
    std::uint32_t concurrency = 1; ///< invocations at once in one environment: what was asked for, or AWS's default
    bool operator==(const ManagedInstances&) const = default;
};

/// Node.js 22, Python 3.13, Java 21, .NET 8 and later ones, and provided.al2023 for Rust.
[[nodiscard]] bool supports_managed_instances(const Runtime& runtime);

/// What AWS gives when PerExecutionEnvironmentMaxConcurrency is not set: so many a vCPU, by language (AWS's pages "… runtime for Lambda
/// Managed Instances"), with a vCPU for each `memory_gib_per_vcpu` of memory, 2 when that is not set, and never less than one.
[[nodiscard]] std::uint32_t default_environment_concurrency(const Runtime& runtime, Mebibytes memory,
                                                            std::optional<double> memory_gib_per_vcpu);

} // namespace lambox::model
