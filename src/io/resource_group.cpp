#include "lambox/io/resource_group.hpp"

#include "resource_group_detail.hpp"

#include <algorithm>

namespace lambox::io {

const char* name_of(Mechanism mechanism) {
    switch (mechanism) {
    case Mechanism::cgroup2: return "cgroup2";
    case Mechanism::cgroup1: return "cgroup1";
    case Mechanism::process: return "process";
    case Mechanism::none: return "none";
    }
    return "none";
}

struct ResourceGroups::State {
    std::shared_ptr<resources::Layout> layout;
    std::size_t collected = 0;
};

ResourceGroups::ResourceGroups(std::shared_ptr<State> state) : state_(std::move(state)) {}
ResourceGroups::ResourceGroups(ResourceGroups&&) noexcept = default;
ResourceGroups& ResourceGroups::operator=(ResourceGroups&&) noexcept = default;

ResourceGroups::~ResourceGroups() {
    if (!state_) return;
    resources::Layout& layout = *state_->layout;
    layout.retry_leftovers();
    // Another lambox's groups, or ours that outlive us, keep it; whoever goes last removes it.
    for (const std::string& parent : layout.parents()) (void)layout.files->remove_directory(parent);
}

ResourceGroups ResourceGroups::probe(ResourceSettings settings, Logger log) {
    auto state = std::make_shared<State>();
    state->layout = std::make_shared<resources::Layout>();
    state->layout->files = settings.files;
    state->layout->log = log.channel("resources");
    state->layout->own_prefix = resources::Maker::self().prefix();
    resources::try_out(*state->layout, settings);
    state->collected = resources::collect_stale(*state->layout);
    return ResourceGroups(std::move(state));
}

const ResourceCapabilities& ResourceGroups::capabilities() const { return state_->layout->can; }

std::size_t ResourceGroups::collected() const { return state_->collected; }

Result<std::unique_ptr<ResourceGroup>> ResourceGroups::make(const GroupSpec& spec) {
    constexpr std::uint32_t cpu_millionths_min = 10'000; // the kernel's least quota is 1 ms
    if (spec.cpu_millionths && *spec.cpu_millionths < cpu_millionths_min)
        return make_error(Errc::invalid_argument, "a CPU quota is at least a hundredth of a CPU");
    if (spec.memory_bytes == 0U || spec.pids_max == 0U)
        return make_error(Errc::invalid_argument, "a limit of a resource group cannot be 0");
    const std::shared_ptr<resources::Layout>& layout = state_->layout;
    layout->retry_leftovers();
    if (layout->parents().empty()) return std::unique_ptr<ResourceGroup>(std::make_unique<resources::ListGroup>(layout));
    // A sibling that ended just now may have removed our empty parents.
    if (const Result<void> ready = layout->ensure_parents(); !ready) return ready.error();
    return resources::CgroupGroup::make(layout, layout->own_prefix + std::to_string(layout->next_number++), spec);
}

} // namespace lambox::io
