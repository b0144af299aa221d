#pragma once

#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/launch_plan.hpp"
#include "lambox/io/process.hpp"
#include "lambox/io/resource_group.hpp"
#include "lambox/io/sandbox.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace lambox::engine {

class ReadyParts;

/// How the memory size is enforced.
enum class MemoryLimit {
    off,
    watched,   ///< by looking at /proc and killing what is over it
    by_kernel, ///< by the resource group
};
enum class CpuShare { unlimited, by_memory_size };

/// What environments are kept in; decided once, at the program's start, from what was asked for and what this machine can do.
struct Containments {
    MemoryLimit memory_limit = MemoryLimit::off;
    CpuShare cpu_share = CpuShare::unlimited;
    std::uint32_t init_cpu_millionths = 2'000'000; ///< the burst that INIT may use (behaviour §3.3); 0 = no bound
    bool kernel_counts_memory = false;             ///< groups know their peak
    bool freezes = false;                          ///< between invocations (behaviour §4.1)
    /// Null when there is none to be had. Empty: environments have no group.
    std::function<std::unique_ptr<io::ResourceGroup>(const io::GroupSpec&)> make_group;
    /// Empty: isolation `process`.
    std::function<Result<std::unique_ptr<io::Sandbox>>(const io::SandboxSpec&)> make_sandbox;
};

/// The group and the sandbox of one execution environment, over all its generations.
class Containment {
public:
    /// Takes its groups from `ready` when they are there; null = makes its own.
    Containment(const Containments& chosen, ReadyParts* ready) : chosen_(chosen), ready_(ready) {}

    /// Before each generation. Errors: those of Sandboxes::make.
    [[nodiscard]] Result<void> prepare(const FunctionRevision& function, const LaunchPlan& launch);
    /// Whether processes see AWS's paths instead of this machine's.
    [[nodiscard]] bool sandboxed() const { return static_cast<bool>(chosen_.make_sandbox); }
    /// Puts the next generation inside, with INIT's share of the CPU.
    void admit(io::SpawnSpec& spec);
    /// For the runtime's own process, once a generation: a spare one that waits in the group, or null.
    [[nodiscard]] std::shared_ptr<io::SpareProcess> take_spare() { return std::move(spare_); }
    /// What the group's limit is by the memory size; nothing where the kernel holds none.
    [[nodiscard]] std::optional<std::uint64_t> memory_limit_bytes() const;
    /// INIT is over: from here on the share of the memory size.
    void end_init();

    /// Null = no group.
    [[nodiscard]] io::ResourceGroup* group() { return group_.get(); }
    /// Whether environments are to be frozen when idle, and this one can be.
    [[nodiscard]] bool freezes() const { return chosen_.freezes && group_; }
    /// Whether `peak_memory_bytes` is that of all processes inside, and not of the one alone.
    [[nodiscard]] bool kernel_counts_memory() const { return group_ && chosen_.kernel_counts_memory; }
    [[nodiscard]] MemoryLimit memory_limit() const { return limit_; }
    /// The highest use of a generation's memory so far, in bytes.
    [[nodiscard]] std::uint64_t peak_memory_bytes(io::Process& process);
    /// Keeps the kernel's limit true to what lies in /tmp; to be called now and then.
    void follow_temporary_folder();
    /// Whether the kernel has killed for memory in the present generation.
    [[nodiscard]] bool out_of_memory() const;
    /// Kills all that is inside, whatever it has forked. The next generation has to be prepared.
    void kill();

private:
    void make_group();
    [[nodiscard]] bool take_ready(std::optional<std::uint64_t> memory_bytes);
    void limit_memory(std::uint64_t bytes);
    void set_cpu(std::uint32_t millionths);

    const Containments& chosen_;
    ReadyParts* ready_;
    Mebibytes memory_{0};
    Mebibytes ephemeral_storage_{0};
    std::uint64_t open_files_max_ = 0;
    MemoryLimit limit_ = MemoryLimit::off;
    bool prepared_ = false;
    bool killed_ = false;
    bool shares_cpu_ = false;
    bool admitted_ = false; ///< somebody, to the present group
    std::unique_ptr<io::Sandbox> sandbox_;
    std::unique_ptr<io::ResourceGroup> group_;
    std::shared_ptr<io::SpareProcess> spare_; ///< in that group, so it goes first
    std::uint64_t oom_kills_before_ = 0;
    std::uint64_t limit_bytes_ = 0;
    std::uint64_t temporary_bytes_ = 0;
    std::uint64_t group_peak_ = 0;
    std::uint64_t group_peak_without_temporary_ = 0;
};

} // namespace lambox::engine
