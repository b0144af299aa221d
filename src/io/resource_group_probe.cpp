#include "resource_group_detail.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace lambox::io {
namespace {

/// Blanks in paths are written as octal escapes there.
std::string unescape(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

struct Mount {
    std::string root;
    std::string point;
    std::string type;
    std::string options;
};

/// `ID PARENT DEVICE ROOT POINT OPTIONS TAGS... - TYPE SOURCE OPTIONS`, see proc(5).
std::optional<Mount> parse_mount(const std::string& line) {
    std::istringstream words(line);
    std::string skipped;
    Mount mount;
    words >> skipped >> skipped >> skipped >> mount.root >> mount.point;
    while (words >> skipped && skipped != "-") {}
    if (!(words >> mount.type >> skipped >> mount.options)) return std::nullopt;
    mount.root = unescape(mount.root);
    mount.point = unescape(mount.point);
    return mount;
}

/// Our group as `cgroup` names it, seen from a mount whose top is the group `root`.
std::string below(const std::string& group, const std::string& root) {
    if (root == "/") return group;
    if (group == root) return "/";
    return group.starts_with(root + "/") ? group.substr(root.size()) : "/";
}

} // namespace

CgroupMounts CgroupMounts::find(const std::string& proc_self) {
    CgroupMounts found;
    std::string root2 = "/";
    std::ifstream mounts(proc_self + "/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
        const auto mount = parse_mount(line);
        if (!mount) continue;
        if (mount->type == "cgroup2" && !found.cgroup2) {
            found.cgroup2 = mount->point;
            root2 = mount->root;
        }
        if (mount->type != "cgroup") continue;
        std::istringstream options(mount->options);
        for (std::string option; std::getline(options, option, ',');) {
            const auto& wanted = resources::cgroup1_controllers;
            if (std::find(wanted.begin(), wanted.end(), option) != wanted.end()) found.cgroup1.emplace(option, mount->point);
        }
    }
    std::ifstream groups(proc_self + "/cgroup");
    for (std::string line; std::getline(groups, line);) {
        if (line.starts_with("0::")) found.own_cgroup2 = below(line.substr(3), root2);
    }
    return found;
}

namespace resources {
namespace {

constexpr std::uint64_t trial_memory_bytes = 64 * 1024 * 1024;
constexpr std::uint32_t trial_cpu_millionths = 500'000;

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> words_in(const CgroupFiles& files, const std::string& path) {
    const Result<std::string> text = files.read(path);
    return text ? words_of(*text) : std::vector<std::string>();
}

struct Candidate {
    std::string directory;
    std::vector<std::string> passed_on;
};

/// Our own cgroup2 group and those above it, the one that passes most controllers on first, and of equals the nearest.
std::vector<Candidate> candidates(const CgroupFiles& files, const CgroupMounts& mounts) {
    std::vector<Candidate> all;
    std::string below_mount = mounts.own_cgroup2 == "/" ? "" : mounts.own_cgroup2;
    while (true) {
        Candidate next{*mounts.cgroup2 + below_mount, {}};
        const auto passed_on = words_in(files, next.directory + "/cgroup.subtree_control");
        for (const char* controller : cgroup2_controllers) {
            if (contains(passed_on, controller)) next.passed_on.emplace_back(controller);
        }
        all.push_back(std::move(next));
        if (below_mount.empty()) break;
        below_mount.resize(below_mount.rfind('/'));
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Candidate& left, const Candidate& right) { return left.passed_on.size() > right.passed_on.size(); });
    return all;
}

class Trial {
public:
    Trial(Layout& layout, const ResourceSettings& settings) : layout_(layout), settings_(settings), files_(*settings.files) {}

    void run() {
        enter_cgroup2();
        for (const char* controller : cgroup1_controllers) enter_cgroup1(controller);
        decide_memory();
        layout_.can.pids_limit = decide("pids", "a limit on processes", [](CgroupFiles& files, const std::string& directory, Mechanism) {
            return files.write(directory + "/pids.max", "64");
        });
        layout_.can.cpu_quota = decide("cpu", "a CPU quota", [](CgroupFiles& files, const std::string& directory, Mechanism by) {
            const Result<void> set = write_cpu_quota(files, directory, by, trial_cpu_millionths);
            return set ? write_cpu_quota(files, directory, by, std::nullopt) : set;
        });
        decide_freezer();
        decide_kill();
        decide_cpu_usage();
        leave();
        if (settings_.cpu_quotas == CpuQuotas::unwanted) layout_.can.cpu_quota = {Mechanism::none, "a CPU quota: not asked for"};
    }

private:
    /// Makes our parent there and a scratch group in it.
    Result<void> enter(const std::string& parent) {
        const Result<void> made = files_.make_directory(parent);
        if (!made && made.error().code != Errc::conflict) return made;
        const std::string scratch = parent + "/" + layout_.own_prefix + "0";
        const Result<void> inside = files_.make_directory(scratch);
        if (!inside && inside.error().code != Errc::conflict) {
            if (made) (void)files_.remove_directory(parent);
            return inside;
        }
        scratches_.push_back(scratch);
        return {};
    }

    void enter_cgroup2() {
        if (!settings_.mounts.cgroup2) {
            reason2_ = "no cgroup2 is mounted";
            return;
        }
        for (const Candidate& candidate : candidates(files_, settings_.mounts)) {
            // Moving a process needs this file of the group above both its old and its new group.
            if (!files_.writable(candidate.directory + "/cgroup.procs")) {
                if (reason2_.empty()) reason2_ = candidate.directory + "/cgroup.procs is not ours to write";
                continue;
            }
            const std::string parent = candidate.directory + "/" + settings_.parent;
            // A parent that has to pass controllers on must do so before there are groups in it.
            const Result<void> made = files_.make_directory(parent);
            for (const std::string& controller : candidate.passed_on) {
                const Result<void> passed = files_.write(parent + "/cgroup.subtree_control", "+" + controller);
                if (passed) layout_.cgroup2_enabled.push_back(controller);
                else refused2_[controller] = passed.error().message;
            }
            const Result<void> entered = enter(parent);
            if (entered) {
                layout_.cgroup2_parent = parent;
                return;
            }
            if (made) (void)files_.remove_directory(parent);
            layout_.cgroup2_enabled.clear();
            if (reason2_.empty()) reason2_ = entered.error().message;
        }
    }

    void enter_cgroup1(const std::string& controller) {
        const auto mount = settings_.mounts.cgroup1.find(controller);
        if (mount == settings_.mounts.cgroup1.end()) {
            reason1_[controller] = "no cgroup v1 with " + controller + " is mounted";
            return;
        }
        const std::string parent = mount->second + "/" + settings_.parent;
        const Result<void> entered = enter(parent);
        if (entered) layout_.cgroup1[controller] = parent;
        else reason1_[controller] = entered.error().message;
    }

    /// Why groups of ours lack the controller on cgroup2.
    [[nodiscard]] std::string lack2(const std::string& controller) const {
        if (layout_.cgroup2_parent.empty()) return reason2_;
        if (const auto refused = refused2_.find(controller); refused != refused2_.end()) return refused->second;
        const CgroupMounts& mounts = settings_.mounts;
        if (!contains(words_in(files_, *mounts.cgroup2 + "/cgroup.controllers"), controller))
            return *mounts.cgroup2 + " has no " + controller + " controller";
        const std::string own = *mounts.cgroup2 + (mounts.own_cgroup2 == "/" ? "" : mounts.own_cgroup2);
        const std::string hint = "; start lambox in a delegated group (systemd-run --user --scope -p Delegate=yes lambox ...)";
        // Only the real top has no type: it may hold processes and pass controllers on.
        if (mounts.own_cgroup2 == "/" && !files_.read(own + "/cgroup.type")) {
            return own + " does not pass " + controller + " on; lambox does not change that, root can: echo +" + controller + " > " + own +
                   "/cgroup.subtree_control";
        }
        if (contains(words_in(files_, own + "/cgroup.controllers"), controller)) {
            return own + " does not pass " + controller +
                   " on, and cannot while lambox itself runs in it (cgroup2 keeps processes out of groups that pass controllers on)" + hint;
        }
        return "no group above lambox that it may write to passes " + controller + " on" + hint;
    }

    [[nodiscard]] std::string lack(const std::string& controller) const {
        const auto one = reason1_.find(controller);
        return lack2(controller) + (one == reason1_.end() ? "" : "; " + one->second);
    }

    [[nodiscard]] std::string scratch(const std::string& parent) const { return parent + "/" + layout_.own_prefix + "0"; }

    /// By the controller of cgroup2 if groups have it, else by that of v1, if `attempt` succeeds there.
    template <class Attempt>
    Capability decide(const std::string& controller, const std::string& what, Attempt attempt) {
        Mechanism by = Mechanism::none;
        std::string directory;
        if (contains(layout_.cgroup2_enabled, controller)) {
            by = Mechanism::cgroup2;
            directory = scratch(layout_.cgroup2_parent);
        } else if (const auto one = layout_.cgroup1.find(controller); one != layout_.cgroup1.end()) {
            by = Mechanism::cgroup1;
            directory = scratch(one->second);
        } else {
            return {Mechanism::none, what + ": " + lack(controller)};
        }
        const Result<void> done = attempt(files_, directory, by);
        if (!done) return {Mechanism::none, done.error().message};
        return {by, ""};
    }

    void decide_memory() {
        ResourceCapabilities& can = layout_.can;
        can.memory_limit = decide("memory", "a memory limit", [](CgroupFiles& files, const std::string& directory, Mechanism by) {
            return write_memory_limit(files, directory, by, trial_memory_bytes);
        });
        can.swap_off = decide("memory", "no swap", [](CgroupFiles& files, const std::string& directory, Mechanism by) {
            return write_swap_off(files, directory, by, trial_memory_bytes);
        });
        can.peak_memory =
            decide("memory", "peak memory", [](CgroupFiles& files, const std::string& directory, Mechanism by) -> Result<void> {
                const auto text = files.read(directory + (by == Mechanism::cgroup2 ? "/memory.peak" : "/memory.max_usage_in_bytes"));
                if (!text) return text.error();
                if (!parse_number(*text)) return make_error(Errc::malformed, directory + ": the peak is not a number");
                return {};
            });
        can.peak_reset =
            decide("memory", "resetting the peak", [](CgroupFiles& files, const std::string& directory, Mechanism by) -> Result<void> {
                if (by == Mechanism::cgroup1) return files.write(directory + "/memory.max_usage_in_bytes", "0");
                return make_error(Errc::unsupported, "cgroup2 keeps one peak for a group's whole life");
            });
        can.oom_events =
            decide("memory", "out-of-memory events", [](CgroupFiles& files, const std::string& directory, Mechanism by) -> Result<void> {
                const std::string path = directory + (by == Mechanism::cgroup2 ? "/memory.events" : "/memory.oom_control");
                const auto text = files.read(path);
                if (!text) return text.error();
                if (!field(*text, "oom_kill")) return make_error(Errc::unsupported, path + " does not count kills (Linux before 4.13)");
                return {};
            });
        if (can.peak_memory.by == Mechanism::none) can.peak_memory.by = can.peak_reset.by = Mechanism::process;
    }

    void decide_freezer() {
        Capability& freezer = layout_.can.freezer;
        std::string refused = reason2_;
        if (!layout_.cgroup2_parent.empty()) {
            const std::string directory = scratch(layout_.cgroup2_parent);
            const Result<void> frozen = files_.write(directory + "/cgroup.freeze", "1");
            const Result<std::string> events = files_.read(directory + "/cgroup.events");
            const bool seen = frozen && events && field(*events, "frozen") == 1U;
            const Result<void> thawed = files_.write(directory + "/cgroup.freeze", "0");
            if (seen && thawed) {
                freezer = {Mechanism::cgroup2, ""};
                return;
            }
            refused = frozen ? directory + "/cgroup.events does not tell of the freeze" : frozen.error().message;
        }
        if (const auto one = layout_.cgroup1.find("freezer"); one != layout_.cgroup1.end()) {
            const std::string path = scratch(one->second) + "/freezer.state";
            const Result<void> frozen = files_.write(path, "FROZEN");
            const Result<void> thawed = files_.write(path, "THAWED");
            if (frozen && thawed) {
                freezer = {Mechanism::cgroup1, ""};
                return;
            }
            refused += "; " + (frozen ? thawed : frozen).error().message;
        } else {
            refused += "; " + reason1_["freezer"];
        }
        freezer = {Mechanism::process, "a freezer: " + refused + "; SIGSTOP and SIGCONT do it, which the processes' parents can see"};
    }

    void decide_kill() {
        Capability& kill = layout_.can.kill;
        if (!layout_.cgroup2_parent.empty()) {
            const Result<void> killed = files_.write(scratch(layout_.cgroup2_parent) + "/cgroup.kill", "1");
            kill = killed ? Capability{Mechanism::cgroup2, ""}
                          : Capability{Mechanism::cgroup2, killed.error().message + "; members are killed one by one"};
            return;
        }
        if (layout_.cgroup1.empty())
            kill = {Mechanism::process, "one kill for a whole group: " + reason2_ + "; members are killed one by one"};
        else kill = {Mechanism::cgroup1, "one kill for a whole group: " + reason2_ + "; members are killed one by one"};
    }

    void decide_cpu_usage() {
        Capability& usage = layout_.can.cpu_usage;
        if (!layout_.cgroup2_parent.empty()) {
            const Result<std::string> text = files_.read(scratch(layout_.cgroup2_parent) + "/cpu.stat");
            if (text && field(*text, "usage_usec")) {
                usage = {Mechanism::cgroup2, ""};
                return;
            }
        }
        if (const auto one = layout_.cgroup1.find("cpuacct"); one != layout_.cgroup1.end()) {
            const Result<std::string> text = files_.read(scratch(one->second) + "/cpuacct.usage");
            if (text && parse_number(*text)) {
                usage = {Mechanism::cgroup1, ""};
                return;
            }
        }
        usage = {Mechanism::process, "CPU time of ended processes: " + lack("cpuacct")};
    }

    /// Takes the scratch groups away, and forgets the v1 hierarchies that nothing is done by.
    void leave() {
        for (const std::string& directory : scratches_) {
            if (!remove_group(files_, directory)) layout_.leftovers.push_back(directory);
        }
        const ResourceCapabilities& can = layout_.can;
        const auto unused = [this](const char* controller, bool used) {
            const auto at = layout_.cgroup1.find(controller);
            if (at == layout_.cgroup1.end() || used) return;
            const std::string parent = at->second;
            layout_.cgroup1.erase(at);
            layout_.unused_parents.push_back(parent);
            const auto remaining = layout_.parents();
            if (std::find(remaining.begin(), remaining.end(), parent) == remaining.end()) (void)files_.remove_directory(parent);
        };
        unused("memory", can.memory_limit.by == Mechanism::cgroup1 || can.peak_memory.by == Mechanism::cgroup1);
        unused("cpu", can.cpu_quota.by == Mechanism::cgroup1 && settings_.cpu_quotas == CpuQuotas::wanted);
        unused("pids", can.pids_limit.by == Mechanism::cgroup1);
        unused("cpuacct", can.cpu_usage.by == Mechanism::cgroup1);
        unused("freezer", can.freezer.by == Mechanism::cgroup1);
    }

    Layout& layout_;
    const ResourceSettings& settings_;
    CgroupFiles& files_;
    std::string reason2_;
    std::map<std::string, std::string> refused2_;
    std::map<std::string, std::string> reason1_;
    std::vector<std::string> scratches_;
};

} // namespace

void try_out(Layout& layout, const ResourceSettings& settings) { Trial(layout, settings).run(); }

} // namespace resources
} // namespace lambox::io
