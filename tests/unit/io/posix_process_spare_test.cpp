// Goal: a program that is started in a spare child finds what it finds without one, and a spare child leaves nothing behind, whatever
// happens to it. Method: probe_child, and the kernel's word on who lives.
#include "process_fixture.hpp"

#include <fcntl.h>

#include <csignal>
#include <regex>
#include <string>

using namespace lambox;
using namespace lambox::io;

namespace {

struct SpareFixture : ProcessFixture {
    [[nodiscard]] std::shared_ptr<SpareProcess> prepare() const {
        auto spare = spawner->prepare({});
        REQUIRE_MESSAGE(spare.has_value(), (spare ? "" : spare.error().message));
        return std::move(*spare);
    }

    /// What the program prints, started in a spare child or not.
    [[nodiscard]] std::string printed(std::vector<std::string> steps, std::shared_ptr<SpareProcess> spare) {
        SpawnSpec spec = probe(std::move(steps));
        spec.environment = {{"LANG", "C"}, {"PROBE_MARK", "spare"}};
        spec.mark = "PROBE_MARK=spare";
        spec.spare = std::move(spare);
        Recorder recorder;
        const auto process = start(spec, recorder);
        run_to_exit(recorder);
        CHECK(*recorder.status == ExitStatus(Exited{0}));
        return std::regex_replace(recorder.output, std::regex("pipe:.*"), "pipe"); // each has its own
    }

    /// Its only child.
    [[nodiscard]] static pid_t spare_pid() {
        const std::string file = "/proc/self/task/" + std::to_string(::gettid()) + "/children";
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        char text[64] = {};
        const ssize_t count = fd < 0 ? -1 : ::read(fd, text, sizeof text - 1);
        if (fd >= 0) ::close(fd);
        REQUIRE(count > 0);
        return std::stoi(text);
    }
};

} // namespace

TEST_CASE_FIXTURE(SpareFixture, "a program finds the same surroundings in a spare child as in a new one") {
    ::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> steps{"print-environment", "print-directory",   "print-limits", "print-signals",
                                         "print-group",       "print-descriptors", "say",          "end"};
    const std::string without = printed(steps, nullptr);
    CHECK(without.ends_with("end\n"));
    CHECK(printed(steps, prepare()) == without);
    ::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE_FIXTURE(SpareFixture, "its status, its signals and its stdin are a new child's") {
    SpawnSpec spec = probe({"read-input", "exit", "42"});
    spec.spare = prepare();
    Recorder recorder;
    auto process = start(spec, recorder);
    run_to_exit(recorder);
    CHECK(*recorder.status == ExitStatus(Exited{42}));

    spec = probe({"say", "here", "pause"});
    spec.spare = prepare();
    Recorder paused;
    process = start(spec, paused);
    run_to_output(paused, "here\n");
    process->terminate();
    run_to_exit(paused);
    CHECK(*paused.status == ExitStatus(Signaled{SIGTERM}));
}

TEST_CASE_FIXTURE(SpareFixture, "what cannot be started fails in the same words, and the spare child ends") {
    for (const char* path : {"/no/such/program", "/etc/passwd", "/tmp"}) {
        SpawnSpec spec = probe({});
        spec.arguments = {path};
        const Error without = failure(spec);
        spec.spare = prepare();
        const Error with = failure(spec);
        CHECK(with.code == without.code);
        CHECK(with.message == without.message);
        CHECK_FALSE(spec.spare->waits());
        CHECK(childless());
    }
    SpawnSpec nowhere = probe({"exit", "0"});
    nowhere.working_directory = "/no/such/folder";
    nowhere.spare = prepare();
    CHECK(failure(nowhere).message == "chdir /no/such/folder: no such file or directory");
}

TEST_CASE_FIXTURE(SpareFixture, "after a text with a NUL it waits on, and takes the next program") {
    SpawnSpec spec = probe({"say", std::string("a\0b", 3)});
    spec.spare = prepare();
    CHECK(failure(spec).code == Errc::invalid_argument);
    CHECK(spec.spare->waits());
    CHECK(printed({"say", "next"}, spec.spare) == "next\n");
}

TEST_CASE_FIXTURE(SpareFixture, "one that nobody needs ends with its object") {
    auto spare = prepare();
    const Witness witness(spare_pid());
    CHECK(spare->waits());
    CHECK(witness.alive());
    spare.reset();
    CHECK(childless());
}

TEST_CASE_FIXTURE(SpareFixture, "one that was killed is told from one that waits, and the program starts without it") {
    const auto spare = prepare();
    const pid_t pid = spare_pid();
    const Witness witness(pid);
    REQUIRE(::kill(pid, SIGKILL) == 0);
    REQUIRE(witness.ends());
    CHECK_FALSE(spare->waits());
    CHECK(printed({"say", "anyway"}, spare) == "anyway\n");
}

TEST_CASE_FIXTURE(SpareFixture, "it holds none of our descriptors open") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const auto spare = prepare();
    ::close(ends[1]);
    char byte = 0;
    CHECK(::read(ends[0], &byte, 1) == 0); // comes when the spare child has let go of its copy as well
    ::close(ends[0]);
    CHECK(spare->waits());
}

TEST_CASE_FIXTURE(SpareFixture, "one that cannot join its group ends, and the start without it says why") {
    SpareSpec place;
    place.attach.emplace();
    place.attach->join_files = {"/dev/full"};
    SpawnSpec spec = probe({"exit", "0"});
    auto spare = spawner->prepare(place);
    REQUIRE(spare.has_value());
    spec.spare = std::move(*spare);
    const Witness witness(spare_pid());
    CHECK(witness.ends());
    spec.attach = place.attach;
    CHECK(failure(spec).message == "joining /dev/full: no space left on device");

    place.attach->join_files = {"/no/such/group"};
    CHECK(spawner->prepare(place).has_error());
}

TEST_CASE_FIXTURE(SpareFixture, "the memory of a group's member is its program's, not ours that it borrowed before") {
    constexpr std::uint64_t mebibyte = 1024 * 1024;
    const std::string ours(64 * mebibyte, 'x');
    SpareSpec place;
    place.attach.emplace(); // the kernel knows of no such group
    auto spare = spawner->prepare(place);
    REQUIRE(spare.has_value());
    SpawnSpec spec = probe({"hold", "40", "say", "ready", "pause"});
    spec.attach = place.attach;
    spec.spare = std::move(*spare);
    Recorder recorder;
    const auto process = start(spec, recorder);
    run_to_output(recorder, "ready");
    const std::uint64_t peak = process->program_peak_memory_bytes();
    CHECK(peak >= 40 * mebibyte);
    CHECK(peak < ours.size());
}

TEST_CASE_FIXTURE(SpareFixture, "it is nobody's stray, and many of them do not disturb each other") {
    std::vector<std::shared_ptr<SpareProcess>> spares;
    for (int i = 0; i < 20; ++i)
        spares.push_back(prepare());
    CHECK(run({"fork", "2", "exit", "0"}) == ExitStatus(Exited{0}));
    spawner->reap_orphans();
    for (auto& spare : spares) {
        CHECK(spare->waits());
        CHECK(printed({"say", "mine"}, std::move(spare)) == "mine\n");
    }
}
