#include "lambox/model/resource_share.hpp"

#include <algorithm>

namespace lambox::model {
namespace {

constexpr std::uint64_t memory_mib_per_vcpu = 1'769;
constexpr std::uint64_t growth_allowance = 2;

} // namespace

std::uint32_t cpu_millionths(Mebibytes memory) {
    return static_cast<std::uint32_t>((memory.count * 1'000'000 + memory_mib_per_vcpu / 2) / memory_mib_per_vcpu);
}

std::uint64_t memory_limit_bytes(Mebibytes memory, std::uint64_t temporary_bytes, std::uint64_t temporary_bytes_before,
                                 Mebibytes ephemeral_storage) {
    const std::uint64_t grown = temporary_bytes > temporary_bytes_before ? temporary_bytes - temporary_bytes_before : 0;
    return memory.bytes() + std::min(temporary_bytes + growth_allowance * grown, ephemeral_storage.bytes());
}

} // namespace lambox::model
