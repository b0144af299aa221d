#pragma once

#include "process_fixture.hpp"

#include "lambox/io/resource_group.hpp"

#include <filesystem>
#include <string>
#include <thread>
#include <utility>

namespace lambox::io {

/// Groups below a parent of this program's own, beside a process fixture. At its end no group of the test may be left.
class ResourceFixture : public ProcessFixture {
public:
    ResourceFixture() : groups(ResourceGroups::probe(settings(), Logger())) {}
    ~ResourceFixture() {
        { const ResourceGroups ended = std::move(groups); }
        for (const std::string& parent : parents()) CHECK_MESSAGE(!std::filesystem::exists(parent), parent);
    }

    [[nodiscard]] static ResourceSettings settings() {
        ResourceSettings ours;
        ours.parent = "lambox-test-" + std::to_string(::getpid());
        return ours;
    }
    /// Every place where our parent could be: cgroup2 is at or above our own group.
    [[nodiscard]] static std::vector<std::string> parents() {
        const ResourceSettings ours = settings();
        std::vector<std::string> all;
        for (const auto& [controller, point] : ours.mounts.cgroup1) all.push_back(point + "/" + ours.parent);
        if (!ours.mounts.cgroup2) return all;
        std::string below = ours.mounts.own_cgroup2 == "/" ? "" : ours.mounts.own_cgroup2;
        while (true) {
            all.push_back(*ours.mounts.cgroup2 + below + "/" + ours.parent);
            if (below.empty()) return all;
            below.resize(below.rfind('/'));
        }
    }
    /// False, and loud, when this machine cannot do what a test is about.
    [[nodiscard]] static bool possible(const Capability& capability) {
        if (capability.by == Mechanism::cgroup1 || capability.by == Mechanism::cgroup2) return true;
        MESSAGE("SKIPPED: ", capability.reason);
        return false;
    }
    [[nodiscard]] std::unique_ptr<ResourceGroup> make(const GroupSpec& spec) {
        auto group = groups.make(spec);
        REQUIRE_MESSAGE(group.has_value(), (group ? "" : group.error().message));
        return std::move(*group);
    }
    [[nodiscard]] std::unique_ptr<Process> start_in(ResourceGroup& group, std::vector<std::string> steps, ProcessListener& listener) {
        SpawnSpec spec = probe(std::move(steps));
        spec.attach = group.attach_point();
        return start(spec, listener);
    }

    /// For what the loop is not told of. Fails after ten seconds.
    template <class Condition>
    void poll_until(Condition reached) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        bool seen = reached();
        while (!seen && std::chrono::steady_clock::now() < deadline) {
            io->restart();
            io->poll();
            std::this_thread::yield();
            seen = reached();
        }
        REQUIRE(seen);
    }

    ResourceGroups groups;
};

inline constexpr std::uint64_t mib = 1024 * 1024;

} // namespace lambox::io
