#include "resource_group_detail.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

namespace lambox::io::resources {
namespace {

/// A group that still grows after so many rounds is a fork bomb.
constexpr int signal_rounds_max = 64;
constexpr std::size_t members_max = 65'536;
/// Deeper trees than this are cut off.
constexpr int depth_max = 4'096;

std::string proc_path(pid_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

/// `label` with its colon, in kB lines of `status`. 0 for a process that has ended.
std::uint64_t status_bytes(const CgroupFiles& files, pid_t pid, std::string_view label) {
    const Result<std::string> status = files.read(proc_path(pid, "status"));
    if (!status) return 0;
    const std::size_t at = status->find("\n" + std::string(label));
    if (at == std::string::npos) return 0;
    std::istringstream words(status->substr(at + 1 + label.size(), 64));
    std::uint64_t kib = 0;
    words >> kib;
    return kib * 1024;
}

std::chrono::microseconds cpu_time(const CgroupFiles& files, pid_t pid) {
    const Result<std::string> stat = files.read(proc_path(pid, "stat"));
    if (!stat) return {};
    const std::size_t name_end = stat->rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream words(stat->substr(name_end + 1));
    // proc(5): state is the 3rd field, utime the 14th, stime the 15th.
    std::string skipped;
    for (int number = 3; number < 14; ++number) words >> skipped;
    std::uint64_t user = 0;
    std::uint64_t system = 0;
    words >> user >> system;
    return std::chrono::microseconds((user + system) * 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

Error unsupported(const Capability& capability) { return make_error(Errc::unsupported, capability.reason); }

std::map<pid_t, posix::ProcStat> census(const posix::ProcFs& proc) {
    std::map<pid_t, posix::ProcStat> all;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const pid_t pid = std::stoi(name);
        if (const auto stat = proc.stat(pid)) all.emplace(pid, *stat);
    }
    return all;
}

} // namespace

Result<void> ProcessGroup::set_memory_limit(std::uint64_t) { return unsupported(layout_->can.memory_limit); }

Result<void> ProcessGroup::set_cpu_quota(std::optional<std::uint32_t>) { return unsupported(layout_->can.cpu_quota); }

Result<void> ProcessGroup::freeze() {
    signal_members(SIGSTOP);
    return {};
}

Result<void> ProcessGroup::thaw() {
    signal_members(SIGCONT);
    return {};
}

Result<bool> ProcessGroup::frozen() {
    for (const pid_t pid : members()) {
        const auto stat = layout_->proc.stat(pid);
        if (stat && stat->state != 'T' && stat->state != 't' && stat->state != 'Z' && stat->state != 'X') return false;
    }
    return true;
}

Result<void> ProcessGroup::kill() {
    signal_members(SIGKILL);
    return {};
}

Result<std::uint64_t> ProcessGroup::peak_memory_bytes() {
    std::uint64_t sum = 0;
    for (const pid_t pid : members()) sum += status_bytes(*layout_->files, pid, "VmHWM:");
    peak_ = std::max(peak_, sum);
    return peak_;
}

Result<void> ProcessGroup::reset_peak() {
    if (layout_->can.peak_reset.by != Mechanism::process) return unsupported(layout_->can.peak_reset);
    // proc(5): 5 sets VmHWM back to the present size.
    for (const pid_t pid : members()) (void)layout_->files->write(proc_path(pid, "clear_refs"), "5");
    peak_ = 0;
    return {};
}

Result<std::uint64_t> ProcessGroup::current_memory_bytes() {
    std::uint64_t sum = 0;
    for (const pid_t pid : members()) sum += status_bytes(*layout_->files, pid, "VmRSS:");
    return sum;
}

Result<std::uint64_t> ProcessGroup::oom_kills() { return unsupported(layout_->can.oom_events); }

Result<std::chrono::microseconds> ProcessGroup::cpu_usage() {
    std::chrono::microseconds sum{0};
    for (const pid_t pid : members()) sum += cpu_time(*layout_->files, pid);
    return sum;
}

void ProcessGroup::signal_members(int number) {
    std::set<pid_t> reached;
    for (int round = 0; round < signal_rounds_max; ++round) {
        std::map<pid_t, posix::Fd> held;
        for (const pid_t pid : members()) {
            if (!reached.contains(pid)) held.emplace(pid, posix::Fd(posix::open_pidfd(pid)));
        }
        if (held.empty()) return;
        // A second look, so that a pid given to a stranger in between is left alone.
        for (const pid_t pid : members()) {
            const auto member = held.find(pid);
            if (member != held.end() && member->second.open()) posix::signal_pidfd(member->second.get(), number);
        }
        for (const auto& [pid, pidfd] : held) reached.insert(pid);
    }
}

ListGroup::ListGroup(std::shared_ptr<Layout> shared) : ProcessGroup(std::move(shared)), leaders_(std::make_shared<Leaders>()) {}

ListGroup::~ListGroup() { (void)kill(); }

AttachPoint ListGroup::attach_point() {
    AttachPoint point;
    point.on_started = [list = std::weak_ptr<Leaders>(leaders_)](pid_t pid) {
        const auto leaders = list.lock();
        const auto stat = posix::ProcFs().stat(pid);
        if (leaders && stat) leaders->insert_or_assign(pid, stat->start);
    };
    return point;
}

Result<void> ListGroup::add(pid_t pid) {
    const auto stat = posix::ProcFs().stat(pid);
    if (!stat) return make_error(Errc::not_found, "no process " + std::to_string(pid));
    leaders_->insert_or_assign(pid, stat->start);
    return {};
}

std::vector<pid_t> ListGroup::members() {
    std::vector<pid_t> pids;
    for (const auto& [pid, stat] : walk()) pids.push_back(pid);
    return pids;
}

// One call stops or kills a whole process group, which is most often all there is. What left it is looked for after.
void ListGroup::signal_members(int number) {
    std::set<pid_t> groups;
    for (const auto& [pid, start] : *leaders_) {
        const auto stat = layout().proc.stat(pid);
        if (stat && stat->start == start && stat->group == pid && ::killpg(pid, number) == 0) groups.insert(pid);
    }
    std::set<std::pair<pid_t, std::uint64_t>> reached;
    bool met_new = true;
    for (int round = 0; met_new && round < signal_rounds_max; ++round) {
        met_new = false;
        for (const auto& [pid, stat] : walk()) {
            if (groups.contains(stat.group) || !reached.emplace(pid, stat.start).second) continue;
            met_new = true;
            // The pidfd first, its start after: then the signal cannot reach a stranger who was given the pid.
            const posix::Fd held(posix::open_pidfd(pid));
            const auto now = layout().proc.stat(pid);
            if (held.open() && now && now->start == stat.start) posix::signal_pidfd(held.get(), number);
        }
    }
}

/// A leader that has been reaped takes its tree with it: its pid may be a stranger's by now.
void ListGroup::forget_ended_leaders() {
    std::erase_if(*leaders_, [this](const auto& leader) {
        const auto stat = layout().proc.stat(leader.first);
        return !stat || stat->start != leader.second;
    });
}

ListGroup::Found ListGroup::walk() {
    forget_ended_leaders();
    Found found;
    if (leaders_->empty()) return found;
    if (layout().proc.has_children_lists()) follow_lists(found);
    else follow_census(found);
    return found;
}

/// About 30 µs a process and 10 a thread.
void ListGroup::follow_lists(Found& found) const {
    const posix::ProcFs& proc = layout().proc;
    std::vector<pid_t> next;
    const auto visit = [&](pid_t pid) {
        const auto stat = proc.stat(pid);
        if (stat && found.emplace(pid, *stat).second) next.push_back(pid);
    };
    for (const auto& [pid, start] : *leaders_) visit(pid);
    // Orphans come to us, who are the subreaper.
    const std::vector<pid_t> own_children = proc.children(::getpid());
    for (const pid_t pid : own_children) {
        const auto stat = proc.stat(pid);
        if (stat && leaders_->contains(stat->group)) visit(pid);
    }
    for (std::size_t at = 0; at < next.size() && found.size() < members_max; ++at) {
        const std::vector<pid_t> children = proc.children(next[at]);
        for (const pid_t child : children) visit(child);
    }
}

/// Reads all of /proc: about 10 µs a process of the machine.
void ListGroup::follow_census(Found& found) const {
    const auto all = census(layout().proc);
    for (const auto& [pid, stat] : all) {
        pid_t at = pid;
        for (int depth = 0; depth < depth_max && at > 1; ++depth) {
            const auto above = all.find(at);
            if (above == all.end()) break;
            if (leaders_->contains(at) || leaders_->contains(above->second.group)) {
                found.emplace(pid, stat);
                break;
            }
            at = above->second.parent;
        }
    }
}

} // namespace lambox::io::resources
