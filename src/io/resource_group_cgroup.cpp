#include "resource_group_detail.hpp"

#include <algorithm>

namespace lambox::io::resources {
namespace {

constexpr std::uint64_t cpu_period_us = 100'000;

/// Success only where the controller has no such file.
Result<void> unless_missing(Result<void> written) {
    if (!written && written.error().code == Errc::not_found) return {};
    return written;
}

} // namespace

Result<void> write_memory_limit(CgroupFiles& files, const std::string& directory, Mechanism by, std::uint64_t bytes) {
    const std::string path = directory + (by == Mechanism::cgroup2 ? "/memory.max" : "/memory.limit_in_bytes");
    return files.write(path, std::to_string(bytes));
}

Result<void> write_swap_off(CgroupFiles& files, const std::string& directory, Mechanism by, std::uint64_t memory_bytes) {
    if (by == Mechanism::cgroup2) return files.write(directory + "/memory.swap.max", "0");
    // v1 limits memory and swap together, which cannot be below the limit on memory.
    return files.write(directory + "/memory.memsw.limit_in_bytes", std::to_string(memory_bytes));
}

Result<void> write_cpu_quota(CgroupFiles& files, const std::string& directory, Mechanism by, std::optional<std::uint32_t> millionths) {
    const std::uint64_t quota_us = millionths ? *millionths * cpu_period_us / 1'000'000 : 0;
    if (by == Mechanism::cgroup2) {
        return files.write(directory + "/cpu.max", (millionths ? std::to_string(quota_us) : "max") + " " + std::to_string(cpu_period_us));
    }
    const Result<void> period = unless_missing(files.write(directory + "/cpu.cfs_period_us", std::to_string(cpu_period_us)));
    return period ? files.write(directory + "/cpu.cfs_quota_us", millionths ? std::to_string(quota_us) : "-1") : period;
}

CgroupGroup::CgroupGroup(std::shared_ptr<Layout> shared, const std::string& name) : ProcessGroup(std::move(shared)) {
    if (!layout().cgroup2_parent.empty()) cgroup2_ = layout().cgroup2_parent + "/" + name;
    for (const auto& [controller, parent] : layout().cgroup1) cgroup1_.emplace(controller, parent + "/" + name);
    for (const std::string& parent : layout().parents()) wanted_.push_back(parent + "/" + name);
}

Result<std::unique_ptr<ResourceGroup>> CgroupGroup::make(std::shared_ptr<Layout> layout, const std::string& name, const GroupSpec& spec) {
    auto group = std::make_unique<CgroupGroup>(std::move(layout), name);
    if (const Result<void> created = group->create(); !created) return created.error();
    if (const Result<void> limited = group->limit(spec); !limited) return limited.error();
    return std::unique_ptr<ResourceGroup>(std::move(group));
}

CgroupGroup::~CgroupGroup() {
    // thaw: what cgroup v1 holds frozen does not die.
    if (!directories_.empty()) {
        (void)kill();
        (void)thaw();
    }
    for (const std::string& directory : directories_) {
        if (remove_group(*layout().files, directory)) continue;
        layout().log.warn("the group " + directory + " is still busy; it is removed later");
        layout().leftovers.push_back(directory);
    }
}

Result<void> CgroupGroup::create() {
    for (const std::string& directory : wanted_) {
        const Result<void> made = layout().files->make_directory(directory);
        if (!made) return made;
        directories_.push_back(directory);
    }
    return {};
}

Result<void> CgroupGroup::limit(const GroupSpec& spec) {
    CgroupFiles& files = *layout().files;
    const ResourceCapabilities& can = layout().can;
    Result<void> done;
    const auto place = [this](Mechanism by, const char* controller) {
        return by == Mechanism::cgroup2 ? cgroup2_ : cgroup1_.at(controller);
    };
    if (spec.memory_bytes && can.memory_limit.by != Mechanism::none) {
        done = write_memory_limit(files, place(can.memory_limit.by, "memory"), can.memory_limit.by, *spec.memory_bytes);
        if (done && can.swap_off.by != Mechanism::none)
            done = write_swap_off(files, place(can.swap_off.by, "memory"), can.swap_off.by, *spec.memory_bytes);
    }
    if (done && spec.pids_max && can.pids_limit.by != Mechanism::none) {
        done = files.write(place(can.pids_limit.by, "pids") + "/pids.max", std::to_string(*spec.pids_max));
    }
    if (done && spec.cpu_millionths && can.cpu_quota.by != Mechanism::none) done = set_cpu_quota(spec.cpu_millionths);
    return done;
}

AttachPoint CgroupGroup::attach_point() {
    AttachPoint point;
    point.cgroup2_directory = cgroup2_;
    for (const std::string& directory : directories_) {
        if (directory != cgroup2_) point.join_files.push_back(directory + "/tasks");
    }
    return point;
}

Result<void> CgroupGroup::add(pid_t pid) {
    for (const std::string& directory : directories_) {
        const Result<void> added = layout().files->write(directory + "/cgroup.procs", std::to_string(pid));
        if (!added) return added;
    }
    return {};
}

Result<void> CgroupGroup::set_memory_limit(std::uint64_t bytes) {
    const ResourceCapabilities& can = layout().can;
    const Mechanism by = can.memory_limit.by;
    if (by != Mechanism::cgroup2 && by != Mechanism::cgroup1) return ProcessGroup::set_memory_limit(bytes);
    CgroupFiles& files = *layout().files;
    const std::string directory = by == Mechanism::cgroup2 ? cgroup2_ : cgroup1_.at("memory");
    // v1 wants the limit on memory never to be above that on memory and swap: raising begins with the one, lowering with the other.
    const bool swap_too = by == Mechanism::cgroup1 && can.swap_off.by == Mechanism::cgroup1;
    const Result<void> first = write_memory_limit(files, directory, by, bytes);
    if (!swap_too) return first;
    const Result<void> swap = write_swap_off(files, directory, by, bytes);
    if (!swap) return swap;
    return first ? first : write_memory_limit(files, directory, by, bytes);
}

Result<void> CgroupGroup::set_cpu_quota(std::optional<std::uint32_t> cpu_millionths) {
    const Mechanism by = layout().can.cpu_quota.by;
    if (by == Mechanism::cgroup2) return write_cpu_quota(*layout().files, cgroup2_, by, cpu_millionths);
    if (by == Mechanism::cgroup1) return write_cpu_quota(*layout().files, cgroup1_.at("cpu"), by, cpu_millionths);
    return ProcessGroup::set_cpu_quota(cpu_millionths);
}

Result<void> CgroupGroup::freeze() {
    const Mechanism by = layout().can.freezer.by;
    if (by == Mechanism::cgroup2) return layout().files->write(cgroup2_ + "/cgroup.freeze", "1");
    if (by == Mechanism::cgroup1) return layout().files->write(cgroup1_.at("freezer") + "/freezer.state", "FROZEN");
    return ProcessGroup::freeze();
}

Result<void> CgroupGroup::thaw() {
    const Mechanism by = layout().can.freezer.by;
    if (by == Mechanism::cgroup2) return layout().files->write(cgroup2_ + "/cgroup.freeze", "0");
    if (by == Mechanism::cgroup1) return layout().files->write(cgroup1_.at("freezer") + "/freezer.state", "THAWED");
    return ProcessGroup::thaw();
}

Result<bool> CgroupGroup::frozen() {
    const Mechanism by = layout().can.freezer.by;
    if (by == Mechanism::cgroup2) {
        const Result<std::uint64_t> state = read_field(cgroup2_ + "/cgroup.events", "frozen");
        return state ? Result<bool>(*state == 1) : state.error();
    }
    if (by == Mechanism::cgroup1) {
        // Reading moves it on from FREEZING.
        const Result<std::string> state = layout().files->read(cgroup1_.at("freezer") + "/freezer.state");
        return state ? Result<bool>(state->starts_with("FROZEN")) : state.error();
    }
    return ProcessGroup::frozen();
}

Result<void> CgroupGroup::kill() {
    if (!cgroup2_.empty() && layout().files->write(cgroup2_ + "/cgroup.kill", "1")) return {};
    kill_members(*layout().files, directories_.front());
    if (layout().can.freezer.by == Mechanism::cgroup1) return thaw();
    return {};
}

Result<std::uint64_t> CgroupGroup::peak_memory_bytes() {
    const Mechanism by = layout().can.peak_memory.by;
    if (by == Mechanism::cgroup2) return read_peak(cgroup2_ + "/memory.peak");
    if (by == Mechanism::cgroup1) return read_peak(cgroup1_.at("memory") + "/memory.max_usage_in_bytes");
    return ProcessGroup::peak_memory_bytes();
}

Result<void> CgroupGroup::reset_peak() {
    const Mechanism by = layout().can.peak_reset.by;
    if (by == Mechanism::cgroup1) return layout().files->write(cgroup1_.at("memory") + "/memory.max_usage_in_bytes", "0");
    return ProcessGroup::reset_peak();
}

Result<std::uint64_t> CgroupGroup::current_memory_bytes() {
    // The same account as the peak's.
    const Mechanism by = layout().can.peak_memory.by;
    if (by == Mechanism::cgroup2) return read_number(cgroup2_ + "/memory.current");
    if (by == Mechanism::cgroup1) return read_number(cgroup1_.at("memory") + "/memory.usage_in_bytes");
    return ProcessGroup::current_memory_bytes();
}

Result<std::uint64_t> CgroupGroup::oom_kills() {
    const Mechanism by = layout().can.oom_events.by;
    if (by == Mechanism::cgroup2) return read_field(cgroup2_ + "/memory.events", "oom_kill");
    if (by == Mechanism::cgroup1) return read_field(cgroup1_.at("memory") + "/memory.oom_control", "oom_kill");
    return ProcessGroup::oom_kills();
}

Result<std::chrono::microseconds> CgroupGroup::cpu_usage() {
    const Mechanism by = layout().can.cpu_usage.by;
    if (by == Mechanism::cgroup2) {
        const Result<std::uint64_t> usage_us = read_field(cgroup2_ + "/cpu.stat", "usage_usec");
        return usage_us ? Result<std::chrono::microseconds>(*usage_us) : usage_us.error();
    }
    if (by == Mechanism::cgroup1) {
        const Result<std::uint64_t> usage_ns = read_number(cgroup1_.at("cpuacct") + "/cpuacct.usage");
        return usage_ns ? Result<std::chrono::microseconds>(*usage_ns / 1'000) : usage_ns.error();
    }
    return ProcessGroup::cpu_usage();
}

std::vector<pid_t> CgroupGroup::members() { return members_of(*layout().files, directories_.front()); }

namespace {

Result<std::uint64_t> number_in(const Result<std::string>& text, const std::string& path) {
    if (!text) return text.error();
    const auto number = parse_number(*text);
    return number ? Result<std::uint64_t>(*number) : make_error(Errc::malformed, path + ": not a number");
}

} // namespace

Result<std::uint64_t> CgroupGroup::read_number(const std::string& path) const { return number_in(layout().files->read(path), path); }

Result<std::uint64_t> CgroupGroup::read_peak(const std::string& path) {
    return number_in(layout().files->read_kept(path, peak_file_), path);
}

Result<std::uint64_t> CgroupGroup::read_field(const std::string& path, std::string_view key) const {
    const Result<std::string> text = layout().files->read(path);
    if (!text) return text.error();
    const auto number = field(*text, key);
    return number ? Result<std::uint64_t>(*number) : make_error(Errc::malformed, path + ": no " + std::string(key));
}

} // namespace lambox::io::resources
