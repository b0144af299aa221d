// Goal: cold starts find parts made ahead of them, bounded, none before the first and none for ever, and make their own in place of what
// is missing or stale. Method: the engine on manual time, with processes, groups and listeners that are only counted.
#include "fakes/engine_fixture.hpp"
#include "fakes/fake_resource_group.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace std::chrono_literals;

namespace {

struct ReadyFixture : fakes::EngineFixture {
    ReadyFixture() {
        spawner.makes_spares = true;
        endpoints.makes_ready = true;
        services.containments.memory_limit = engine::MemoryLimit::by_kernel;
        services.containments.make_group = [this](const io::GroupSpec& spec) {
            made.push_back(spec);
            return std::make_unique<fakes::FakeResourceGroup>(groups);
        };
    }

    /// A cold start of a function of its own, to the end of its invocation.
    void start_cold(std::uint64_t memory_mib = 128) {
        auto revision = std::const_pointer_cast<engine::FunctionRevision>(function());
        revision->config.memory = Mebibytes{memory_mib};
        const auto reply = invoke(revision);
        ask_next();
        respond("1");
        ask_next();
        REQUIRE(fakes::payload_of(reply) == "1");
        used.push_back(revision);
    }
    [[nodiscard]] std::size_t folders() const {
        std::error_code none;
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(services.settings.scratch, none))
            count += entry.is_directory() ? 1 : 0;
        return count;
    }

    std::shared_ptr<fakes::FakeGroupState> groups = std::make_shared<fakes::FakeGroupState>();
    std::vector<io::GroupSpec> made;
    std::vector<std::shared_ptr<const engine::FunctionRevision>> used;
};

} // namespace

TEST_CASE_FIXTURE(ReadyFixture, "nothing is made before the first cold start, nor while the next one may come at once") {
    advance(10s);
    CHECK(spawner.spares.empty());
    CHECK(endpoints.ready == 0);
    CHECK(made.empty());
    start_cold();
    CHECK_FALSE(spawner.last().in_spare);
    CHECK(made.size() == 1);
    CHECK(spawner.spares.empty());
    advance(limits::ready_pause);
    CHECK(spawner.spares.size() == limits::ready_parts_max);
    CHECK(endpoints.ready == limits::ready_parts_max);
    CHECK(made.size() == 1 + limits::ready_parts_max);
    CHECK(folders() == 1 + limits::ready_parts_max);
    advance(1s);
    CHECK(made.size() == 1 + limits::ready_parts_max);
}

TEST_CASE_FIXTURE(ReadyFixture, "a cold start takes what is ready, and it is made again") {
    start_cold();
    advance(limits::ready_pause);
    const std::size_t before = made.size();
    start_cold();
    CHECK(spawner.last().in_spare);
    CHECK(made.size() == before);
    CHECK(made.back().memory_bytes == made.front().memory_bytes);
    CHECK(groups->memory_limits.empty());
    CHECK(folders() == 1 + limits::ready_parts_max); // the two environments' and one that is ready
    advance(limits::ready_pause);
    CHECK(spawner.spares.size() == limits::ready_parts_max);
    CHECK(made.size() == before + 1);
}

TEST_CASE_FIXTURE(ReadyFixture, "more cold starts at once than there are parts make their own") {
    start_cold();
    advance(limits::ready_pause);
    for (std::size_t number = 0; number < limits::ready_parts_max; ++number) {
        start_cold();
        CHECK(spawner.last().in_spare);
    }
    start_cold();
    CHECK_FALSE(spawner.last().in_spare);
    CHECK(spawner.spares.empty());
}

TEST_CASE_FIXTURE(ReadyFixture, "a ready group gets the limit of the function that takes it") {
    start_cold(128);
    advance(limits::ready_pause);
    start_cold(256);
    CHECK(spawner.last().in_spare);
    REQUIRE(groups->memory_limits.size() == 1);
    CHECK(groups->memory_limits.front() > *made.front().memory_bytes);
    advance(limits::ready_pause);
    CHECK(made.back().memory_bytes == groups->memory_limits.front()); // the next is made like the last
}

TEST_CASE_FIXTURE(ReadyFixture, "a waiting process that has ended is passed over, with its group") {
    start_cold();
    advance(limits::ready_pause);
    spawner.spares.front()->waiting = false;
    start_cold();
    CHECK(spawner.last().in_spare);
    CHECK(spawner.spares.empty()); // the stale one has gone
    for (int round = 0; round < 2; ++round) {
        advance(limits::ready_pause);
        for (auto* spare : spawner.spares)
            spare->waiting = false;
        const std::size_t before = made.size();
        start_cold();
        CHECK_FALSE(spawner.last().in_spare);
        CHECK(made.size() == before + 1);
    }
}

TEST_CASE_FIXTURE(ReadyFixture, "a folder that somebody removed is made again") {
    start_cold();
    advance(limits::ready_pause);
    std::filesystem::remove_all(services.settings.scratch);
    start_cold();
    CHECK(std::filesystem::is_directory(spawner.last().variable("TMPDIR")));
}

TEST_CASE_FIXTURE(ReadyFixture, "without processes that wait, groups are ready all the same") {
    spawner.makes_spares = false;
    start_cold();
    advance(limits::ready_pause);
    const std::size_t before = made.size();
    CHECK(before == 1 + limits::ready_parts_max);
    start_cold();
    CHECK_FALSE(spawner.last().in_spare);
    CHECK(made.size() == before);
}

TEST_CASE_FIXTURE(ReadyFixture, "without groups, processes wait all the same") {
    services.containments.make_group = nullptr;
    services.containments.memory_limit = engine::MemoryLimit::off;
    start_cold();
    advance(limits::ready_pause);
    CHECK(spawner.spares.size() == limits::ready_parts_max);
    start_cold();
    CHECK(spawner.last().in_spare);
    CHECK(groups->living == 0);
}

TEST_CASE_FIXTURE(ReadyFixture, "parts that nobody has needed for long go, and come again with the next cold start") {
    start_cold();
    advance(limits::ready_pause);
    advance(limits::ready_keep - 1s);
    CHECK(spawner.spares.size() == limits::ready_parts_max);
    advance(2s);
    CHECK(spawner.spares.empty());
    CHECK(endpoints.ready == 0);
    CHECK(groups->living == 1);
    CHECK(folders() == 1);
    start_cold();
    CHECK_FALSE(spawner.last().in_spare);
    advance(limits::ready_pause);
    CHECK(spawner.spares.size() == limits::ready_parts_max);
}

TEST_CASE_FIXTURE(ReadyFixture, "parts go when lambox stops, and no more are made") {
    start_cold();
    advance(limits::ready_pause);
    supervisor.drain();
    turn();
    CHECK(spawner.spares.empty());
    CHECK(endpoints.ready == 0);
    CHECK(groups->living == 1);
    advance(1s);
    CHECK(spawner.spares.empty());
}
