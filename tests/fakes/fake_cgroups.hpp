#pragma once

#include "lambox/io/resource_group.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace lambox::io {

/// Plays the kernel's cgroup file systems in a folder: control files come with a new group, controllers pass from group to group,
/// a busy group cannot be removed. No process is moved or limited.
class FakeCgroups final : public CgroupFiles {
public:
    FakeCgroups() {
        char path[] = "/tmp/lambox-cgroups-XXXXXX";
        REQUIRE(::mkdtemp(path) != nullptr);
        root_ = path;
    }
    FakeCgroups(const FakeCgroups&) = delete;
    FakeCgroups& operator=(const FakeCgroups&) = delete;
    ~FakeCgroups() override { std::filesystem::remove_all(root_); }

    [[nodiscard]] std::string at(const std::string& path) const { return root_ + "/" + path; }
    /// A hierarchy of cgroup2 whose top passes `passed_on` on.
    void mount2(const std::string& controllers, const std::string& passed_on) {
        mounts.cgroup2 = at("unified");
        std::filesystem::create_directory(at("unified"));
        put(at("unified/cgroup.controllers"), controllers);
        put(at("unified/cgroup.subtree_control"), passed_on);
        put(at("unified/cgroup.procs"), "");
    }
    void mount1(const std::string& controller) {
        mounts.cgroup1[controller] = at(controller);
        std::filesystem::create_directory(at(controller));
        put(at(controller + "/cgroup.procs"), "");
    }
    [[nodiscard]] std::string text(const std::string& path) const {
        const Result<std::string> found = CgroupFiles::read(at(path));
        return found ? *found : "none";
    }
    void set(const std::string& path, const std::string& text) const { put(at(path), text); }
    [[nodiscard]] std::vector<std::string> groups(const std::string& path) const {
        std::vector<std::string> names = CgroupFiles::directories(at(path));
        std::sort(names.begin(), names.end());
        return names;
    }

    [[nodiscard]] Result<void> make_directory(const std::string& path) override {
        if (auto error = refusal(path)) return *error;
        const Result<void> made = CgroupFiles::make_directory(path);
        if (made) populate(path);
        return made;
    }
    [[nodiscard]] Result<void> remove_directory(const std::string& path) override {
        if (auto error = refusal(path)) return *error;
        if (!std::filesystem::exists(path)) return make_error(Errc::not_found, path);
        const Result<std::string> procs = CgroupFiles::read(path + "/cgroup.procs");
        if (!CgroupFiles::directories(path).empty() || (procs && !procs->empty())) return make_error(Errc::conflict, path + ": busy");
        std::filesystem::remove_all(path);
        return {};
    }
    [[nodiscard]] Result<void> write(const std::string& path, std::string_view text) override {
        if (auto error = refusal(path)) return *error;
        if (!std::filesystem::exists(path)) return make_error(Errc::not_found, path + ": no such file or directory");
        const std::string name = path.substr(path.rfind('/') + 1);
        const std::string group = path.substr(0, path.rfind('/'));
        if (name == "cgroup.subtree_control") return pass_on(group, std::string(text.substr(1)));
        if (name == "cgroup.procs") {
            put(path, *CgroupFiles::read(path) + std::string(text) + "\n");
            return {};
        }
        put(path, std::string(text) + "\n");
        if (name == "cgroup.freeze") put(group + "/cgroup.events", "populated 0\nfrozen " + std::string(text) + "\n");
        if (name == "cgroup.kill") {
            put(group + "/cgroup.procs", "");
            ++kills;
        }
        return {};
    }
    [[nodiscard]] bool writable(const std::string& path) const override { return !read_only.contains(path) && CgroupFiles::writable(path); }

    CgroupMounts mounts;
    std::map<std::string, Errc> refused; ///< ends of paths that cannot be made, removed or written
    std::set<std::string> read_only;
    int kills = 0;

private:
    static void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

    [[nodiscard]] std::optional<Error> refusal(const std::string& path) const {
        for (const auto& [end, code] : refused) {
            if (path.ends_with(end)) return make_error(code, path + ": refused");
        }
        return std::nullopt;
    }

    Result<void> pass_on(const std::string& group, const std::string& controller) {
        const std::string path = group + "/cgroup.subtree_control";
        if (CgroupFiles::read(group + "/cgroup.controllers")->find(controller) == std::string::npos)
            return make_error(Errc::not_found, path);
        if (group != mounts.cgroup2 && !CgroupFiles::read(group + "/cgroup.procs")->empty())
            return make_error(Errc::conflict, path + ": busy");
        const std::string before = *CgroupFiles::read(path);
        if (before.find(controller) == std::string::npos) put(path, before + (before.empty() ? "" : " ") + controller);
        return {};
    }

    void populate(const std::string& group) const {
        std::map<std::string, std::string> files = {{"cgroup.procs", ""}};
        if (mounts.cgroup2 && group.starts_with(*mounts.cgroup2)) {
            const std::string passed_on = *CgroupFiles::read(group.substr(0, group.rfind('/')) + "/cgroup.subtree_control");
            files["cgroup.controllers"] = passed_on;
            for (const char* name : {"cgroup.subtree_control", "cgroup.freeze", "cgroup.kill"}) files[name] = "";
            files["cgroup.events"] = "populated 0\nfrozen 0\n";
            files["cpu.stat"] = "usage_usec 1234\nuser_usec 1000\n";
            if (passed_on.find("memory") != std::string::npos) {
                for (const char* name : {"memory.max", "memory.swap.max"}) files[name] = "max\n";
                for (const char* name : {"memory.current", "memory.peak"}) files[name] = "4096\n";
                files["memory.events"] = "low 0\noom 3\noom_kill 2\noom_group_kill 0\n";
            }
            if (passed_on.find("cpu") != std::string::npos) files["cpu.max"] = "max 100000\n";
            if (passed_on.find("pids") != std::string::npos) files["pids.max"] = "max\n";
        } else {
            files.merge(cgroup1_files(group));
        }
        for (const auto& [name, text] : files) put(group + "/" + name, text);
    }

    [[nodiscard]] std::map<std::string, std::string> cgroup1_files(const std::string& group) const {
        static const std::map<std::string, std::map<std::string, std::string>> all = {
            {"memory",
             {{"memory.limit_in_bytes", ""},
              {"memory.memsw.limit_in_bytes", ""},
              {"memory.max_usage_in_bytes", "4096\n"},
              {"memory.usage_in_bytes", "1024\n"},
              {"memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"}}},
            {"cpu", {{"cpu.cfs_quota_us", "-1\n"}, {"cpu.cfs_period_us", "100000\n"}}},
            {"pids", {{"pids.max", "max\n"}}},
            {"cpuacct", {{"cpuacct.usage", "5000000\n"}}},
            {"freezer", {{"freezer.state", "THAWED\n"}}},
        };
        std::map<std::string, std::string> files;
        for (const auto& [controller, point] : mounts.cgroup1) {
            if (!group.starts_with(point + "/")) continue;
            for (const auto& [name, text] : all.at(controller)) files.emplace(name, text);
        }
        return files;
    }

    std::string root_;
};

} // namespace lambox::io
