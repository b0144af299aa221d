#include "lambox/engine/environment.hpp"

#include <algorithm>
#include <utility>

namespace lambox::engine {

Mebibytes Environment::sample_memory() {
    if (process_ && !out_of_memory_) {
        std::uint64_t peak = workspace_.containment.peak_memory_bytes(*process_);
        if (!workspace_.containment.kernel_counts_memory()) peak += extension_host_.peak_memory_bytes();
        const std::uint64_t size = function_->config.memory.bytes();
        // The kernel's limit was held; what is above it was counted twice.
        if (workspace_.containment.memory_limit() == MemoryLimit::by_kernel) peak = std::min(peak, size);
        workspace_.peak_memory_bytes = std::max(workspace_.peak_memory_bytes, peak);
        if (peak > size && emulator_.empty()) tell_over_memory();
    }
    return Mebibytes::covering(workspace_.peak_memory_bytes);
}

void Environment::tell_over_memory() {
    if (std::exchange(told_over_memory_, true)) return;
    services_.log.channel("memory")
        .with("environment", workspace_.id.str())
        .warn("held " + std::to_string(Mebibytes::covering(workspace_.peak_memory_bytes).count) + " MB for a moment, more than its " +
              std::to_string(function_->config.memory.count) + " MB; AWS would have killed it");
}

void Environment::enforce_memory() {
    workspace_.containment.follow_temporary_folder();
    const std::uint64_t size = function_->config.memory.bytes();
    const bool watched = workspace_.containment.memory_limit() == MemoryLimit::watched;
    if (!process_ || out_of_memory_ || !watched || process_->resident_memory_bytes() + extension_host_.resident_memory_bytes() <= size) {
        (void)sample_memory();
        return;
    }
    note_out_of_memory();
    process_->drain_output();
    process_->kill(); // its exit ends the invocation, as the kernel's kill does on AWS
}

void Environment::note_out_of_memory() {
    out_of_memory_ = true;
    workspace_.peak_memory_bytes = function_->config.memory.bytes(); // what REPORT shows on AWS
}

} // namespace lambox::engine
