#include "resource_group_detail.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>
#include <thread>

namespace lambox::io::resources {
namespace {

constexpr std::string_view name_start = "lambox-";
/// A group that still grows after so many rounds is a fork bomb; its limit on pids stops it before.
constexpr int kill_rounds_max = 64;
/// Together a second: processes that were sent SIGKILL need a few ms, a group without any goes at once.
constexpr std::chrono::milliseconds remove_pause{2};
constexpr int remove_attempts_max = 500;

std::uint64_t pid_namespace_of_self() {
    struct stat info {};
    return ::stat("/proc/self/ns/pid", &info) == 0 ? info.st_ino : 0;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
    const std::size_t end = std::min(text.find('-'), text.size());
    const auto number = parse_number(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return number;
}

} // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> field(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ') return parse_number(line.substr(key.size() + 1));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::nullopt;
}

Maker Maker::self() {
    const auto stat = posix::ProcFs().stat(::getpid());
    return Maker{pid_namespace_of_self(), ::getpid(), stat ? stat->start : 0};
}

std::string Maker::prefix() const {
    return std::string(name_start) + std::to_string(pid_namespace) + "-" + std::to_string(pid) + "-" + std::to_string(start) + "-";
}

std::optional<Maker> Maker::parse(std::string_view name) {
    if (!name.starts_with(name_start)) return std::nullopt;
    name.remove_prefix(name_start.size());
    const auto space = take_number(name);
    const auto pid = take_number(name);
    const auto start = take_number(name);
    if (!space || !pid || *pid > 4'194'304 || !start || !parse_number(name)) return std::nullopt;
    return Maker{*space, static_cast<pid_t>(*pid), *start};
}

bool Maker::alive() const {
    if (pid_namespace != pid_namespace_of_self()) return true;
    const auto stat = posix::ProcFs().stat(pid);
    if (stat) return stat->start == start && stat->state != 'Z' && stat->state != 'X';
    // With hidepid its files may be hidden from us; its existence is not.
    return ::kill(pid, 0) == 0 || errno == EPERM;
}

std::vector<std::string> Layout::parents() const {
    std::vector<std::string> all;
    if (!cgroup2_parent.empty()) all.push_back(cgroup2_parent);
    for (const auto& [controller, parent] : cgroup1) {
        if (std::find(all.begin(), all.end(), parent) == all.end()) all.push_back(parent);
    }
    return all;
}

Result<void> Layout::ensure_parents() {
    for (const std::string& parent : parents()) {
        const Result<void> made = files->make_directory(parent);
        if (!made && made.error().code != Errc::conflict) return made.error();
        // One that was there already passes its controllers on; only a new one does not yet.
        if (made && parent == cgroup2_parent) {
            for (const std::string& controller : cgroup2_enabled) {
                if (const Result<void> passed = files->write(parent + "/cgroup.subtree_control", "+" + controller); !passed)
                    return passed.error();
            }
        }
    }
    return {};
}

void Layout::retry_leftovers() {
    std::vector<std::string> remaining;
    for (const std::string& directory : leftovers) {
        kill_members(*files, directory);
        const Result<void> removed = files->remove_directory(directory);
        if (!removed && removed.error().code != Errc::not_found) remaining.push_back(directory);
    }
    leftovers = std::move(remaining);
}

std::vector<pid_t> members_of(const CgroupFiles& files, const std::string& directory) {
    std::vector<pid_t> pids;
    const Result<std::string> text = files.read(directory + "/cgroup.procs");
    if (!text) return pids;
    std::string_view rest = *text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        // 0 is a process of a namespace that we cannot see into.
        if (const auto pid = parse_number(rest.substr(0, end)); pid && *pid != 0) pids.push_back(static_cast<pid_t>(*pid));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return pids;
}

void kill_members(const CgroupFiles& files, const std::string& directory) {
    std::set<pid_t> struck;
    for (int round = 0; round < kill_rounds_max; ++round) {
        std::map<pid_t, posix::Fd> held;
        for (const pid_t pid : members_of(files, directory)) {
            if (pid != ::getpid() && !struck.contains(pid)) held.emplace(pid, posix::Fd(posix::open_pidfd(pid)));
        }
        if (held.empty()) return;
        // Read again: a pid that was given to a stranger before we held it is not a member now.
        for (const pid_t pid : members_of(files, directory)) {
            const auto member = held.find(pid);
            if (member != held.end() && member->second.open()) posix::signal_pidfd(member->second.get(), SIGKILL);
        }
        for (const auto& [pid, held_by] : held) struck.insert(pid);
    }
}

bool remove_group(CgroupFiles& files, const std::string& directory) {
    for (int attempt = 0; attempt < remove_attempts_max; ++attempt) {
        const Result<void> removed = files.remove_directory(directory);
        if (removed || removed.error().code == Errc::not_found) return true;
        if (removed.error().code != Errc::conflict) return false;
        std::this_thread::sleep_for(remove_pause);
    }
    return false;
}

std::size_t collect_stale(Layout& layout) {
    std::vector<std::string> directories;
    std::set<std::string> groups;
    std::vector<std::string> parents = layout.parents();
    parents.insert(parents.end(), layout.unused_parents.begin(), layout.unused_parents.end());
    for (const std::string& parent : parents) {
        for (const std::string& name : layout.files->directories(parent)) {
            const auto maker = Maker::parse(name);
            if (!maker || maker->alive()) continue;
            directories.push_back(parent + "/" + name);
            groups.insert(name);
        }
    }
    for (const std::string& directory : directories) {
        (void)layout.files->write(directory + "/cgroup.kill", "1"); // where there is one
        kill_members(*layout.files, directory);
    }
    // What cgroup v1 holds frozen dies only when thawed, and until then its folders in all hierarchies stay busy.
    for (const std::string& directory : directories) (void)layout.files->write(directory + "/freezer.state", "THAWED");
    for (const std::string& directory : directories) {
        if (remove_group(*layout.files, directory)) continue;
        layout.log.warn("the group " + directory + " of a lambox that has ended cannot be removed");
        groups.erase(directory.substr(directory.rfind('/') + 1));
    }
    for (const std::string& parent : layout.unused_parents) {
        const auto used = layout.parents(); // controllers may share a mount
        if (std::find(used.begin(), used.end(), parent) == used.end()) (void)layout.files->remove_directory(parent);
    }
    return groups.size();
}

} // namespace lambox::io::resources
