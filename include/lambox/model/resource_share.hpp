#pragma once

#include "lambox/base/units.hpp"

#include <cstdint>

/// What an execution environment of a memory size gets of a machine (behaviour §3.2, §3.3).
namespace lambox::model {

/// Its share of CPU time in millionths of a vCPU, rounded: M / 1769.
[[nodiscard]] std::uint32_t cpu_millionths(Mebibytes memory);

/// The kernel's limit for an environment of `memory` whose /tmp holds `temporary_bytes` now and held `temporary_bytes_before` at the
/// last look. /tmp is storage and not memory on AWS, but a tmpfs here, whose pages count as their writer's memory. So its content is
/// added, and twice what it grew by since, so that a steady writer is not taken for a memory hog; never more than all of /tmp.
[[nodiscard]] std::uint64_t memory_limit_bytes(Mebibytes memory, std::uint64_t temporary_bytes, std::uint64_t temporary_bytes_before,
                                               Mebibytes ephemeral_storage);

} // namespace lambox::model
