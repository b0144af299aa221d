// Goal: CPU shares and freezing as measured by the clock. Method: real processes over a second or so. The only tests that look at
// time; they have a program and a label of their own so that a busy machine can leave them out.
#include "../../../src/io/resource_group_detail.hpp"

#include "resource_fixture.hpp"

#include <thread>

using namespace lambox;
using namespace lambox::io;
using namespace std::chrono_literals;

namespace {

constexpr auto measured = 1'500ms;
/// Somebody else may be using the CPUs.
constexpr int tries_max = 4;

struct Periods {
    std::uint64_t all = 0;
    std::uint64_t throttled = 0; ///< in which the group wanted more than its quota
};

Periods periods_of(ResourceGroup& group) {
    const AttachPoint point = group.attach_point();
    std::vector<std::string> folders = {point.cgroup2_directory};
    for (const std::string& procs : point.join_files) folders.push_back(procs.substr(0, procs.rfind('/')));
    for (const std::string& folder : folders) {
        const auto stat = CgroupFiles().read(folder + "/cpu.stat");
        if (!stat) continue;
        const auto all = resources::field(*stat, "nr_periods");
        const auto throttled = resources::field(*stat, "nr_throttled");
        if (all && throttled) return {*all, *throttled};
    }
    return {};
}

struct Measured {
    double share = 0;      ///< CPU time by clock time
    bool starved = false; ///< it did not use its quota up, because others had the CPUs
};

Measured measure(ResourceGroup& group) {
    const auto began = std::chrono::steady_clock::now();
    const auto before = group.cpu_usage().value();
    const Periods periods_before = periods_of(group);
    std::this_thread::sleep_until(began + measured);
    const auto used = group.cpu_usage().value() - before;
    const double share = std::chrono::duration<double>(used) / std::chrono::duration<double>(std::chrono::steady_clock::now() - began);
    const Periods periods = periods_of(group);
    return {share, periods.throttled - periods_before.throttled + 1 < periods.all - periods_before.all};
}

} // namespace

TEST_CASE_FIXTURE(ResourceFixture, "a group gets its share of CPU within five per cent") {
    if (!possible(groups.capabilities().cpu_quota) || !possible(groups.capabilities().cpu_usage)) return;
    if (std::thread::hardware_concurrency() < 2) {
        MESSAGE("SKIPPED: two CPUs are needed to see that a limit of one holds");
        return;
    }
    const auto group = make({});
    Recorder recorder;
    const auto process = start_in(*group, {"spin-children", "2", "say", "ready", "pause"}, recorder);
    run_to_output(recorder, "ready");
    for (const std::uint32_t quota : {100'000U, 500'000U, 1'000'000U}) {
        const double expected = quota / 1e6;
        CHECK(group->set_cpu_quota(quota).has_value());
        // The first period may still hand out what is left of the old quota.
        std::this_thread::sleep_for(200ms);
        CAPTURE(expected);
        Measured result{0, true};
        for (int attempt = 0; attempt < tries_max && result.starved; ++attempt) {
            result = measure(*group);
            CHECK(result.share <= expected * 1.05);
        }
        if (result.starved && result.share < expected * 0.95)
            MESSAGE("SKIPPED: other programs left the group no more than ", result.share, " of a CPU");
        else CHECK(result.share >= expected * 0.95);
    }
}

TEST_CASE_FIXTURE(ResourceFixture, "a frozen group makes no progress and goes on when thawed") {
    const auto group = make({});
    Recorder recorder;
    const auto process = start_in(*group, {"spin-children", "1", "flood"}, recorder);
    run_until([&] { return recorder.output.size() > 100'000; });
    for (int round = 0; round < 5; ++round) {
        CHECK(group->freeze().has_value());
        poll_until([&] {
            process->drain_output();
            return group->frozen().value();
        });
        process->drain_output();
        const std::size_t said = recorder.output.size();
        const auto used = group->cpu_usage().value();
        std::this_thread::sleep_for(60ms);
        process->drain_output();
        CHECK(recorder.output.size() == said);
        CHECK(group->cpu_usage().value() - used < 1ms);
        CHECK(group->thaw().has_value());
        poll_until([&] { return recorder.output.size() > said && group->cpu_usage().value() > used; });
    }
}
