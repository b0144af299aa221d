// Goal: when a process ends, or is ended, its whole tree ends with it, nobody else's, and no zombie stays; its memory
// is the sum over the tree. Method: probe_child in every way to escape a group; pidfds tell who is alive.
#include "process_fixture.hpp"

#include "../../../src/io/posix_process_detail.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <set>

using namespace lambox;
using namespace lambox::io;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

} // namespace

TEST_CASE_FIXTURE(ProcessFixture, "children in the group die with a leader that exits, and do not delay its exit") {
    Recorder recorder;
    auto process = start({"fork", "3", "exit", "4"}, recorder);
    run_to_exit(recorder);
    CHECK(*recorder.status == ExitStatus(Exited{4}));
    CHECK(recorder.reported("child").size() == 3);
    process.reset();
    CHECK(childless());
}

TEST_CASE_FIXTURE(ProcessFixture, "children in the group die with a leader that is killed") {
    Recorder recorder;
    auto process = start({"fork", "3", "say", "ready", "pause"}, recorder);
    run_to_output(recorder, "ready\n");
    const Witness child(recorder.reported("child").at(1));
    CHECK(child.alive());
    process->kill();
    run_to_exit(recorder);
    process.reset();
    CHECK_FALSE(child.alive());
}

TEST_CASE_FIXTURE(ProcessFixture, "terminating reaches the group") {
    Recorder recorder;
    const auto process = start({"fork", "1", "ignore-term", "say", "ready", "pause"}, recorder);
    run_to_output(recorder, "ready\n");
    const Witness child(recorder.reported("child").at(0));
    process->terminate();
    CHECK(child.ends());
    CHECK(recorder.exits == 0);
}

TEST_CASE_FIXTURE(ProcessFixture, "a leader that left its own group is still terminated and killed") {
    for (const bool kill : {false, true}) {
        Recorder recorder;
        auto process = start({"leave-group", "print-group", "pause"}, recorder);
        run_to_output(recorder, "member\n");
        if (kill) process->kill();
        else process->terminate();
        run_to_exit(recorder);
        CHECK(*recorder.status == ExitStatus(Signaled{kill ? SIGKILL : SIGTERM}));
    }
}

TEST_CASE_FIXTURE(ProcessFixture, "marked descendants outside the group die with their tree") {
    for (const std::string step : {"daemon", "exec-daemon", "session-child"}) {
        CAPTURE(step);
        const std::string name = step == "session-child" ? "session" : "daemon";
        for (const bool kill : {false, true}) {
            Recorder recorder;
            auto process = start({step, "say", "ready", kill ? "pause" : "say", "end"}, recorder);
            run_to_output(recorder, "ready\n");
            if (kill) {
                run_until([&] { return recorder.reported(name).size() == 1; });
                process->kill();
            }
            run_to_exit(recorder);
            process.reset();
            CHECK(childless());
        }
    }
}

TEST_CASE_FIXTURE(ProcessFixture, "a destructor ends marked descendants without the loop") {
    Recorder recorder;
    auto process = start({"chain-daemons", "5", "session-child", "fork", "2", "say", "ready", "pause"}, recorder);
    run_to_output(recorder, "ready\n");
    CHECK(recorder.reported("daemon").size() == 5);
    process.reset();
    CHECK(childless());
    CHECK(recorder.exits == 0);
}

TEST_CASE_FIXTURE(ProcessFixture, "an unmarked descendant is found through its living parent") {
    SpawnSpec spec = probe({"session-child", "say", "ready", "pause"});
    spec.mark.clear();
    Recorder recorder;
    auto process = start(spec, recorder);
    run_to_output(recorder, "ready\n");
    process->kill();
    run_to_exit(recorder);
    process.reset();
    CHECK(childless());
}

TEST_CASE_FIXTURE(ProcessFixture, "a daemon without the mark holds the pipe, and does not delay the exit") {
    Recorder recorder;
    auto process = start({"catch-term", "0", "bare-daemon", "pause"}, recorder);
    run_until([&] { return recorder.reported("daemon").size() == 1; });
    process->terminate();
    run_to_exit(recorder);
    CHECK(*recorder.status == ExitStatus(Exited{0}));
    process.reset();
    CHECK_FALSE(childless());
    CHECK(spawner->collect_strays() == 1);
    CHECK(childless());
    CHECK(spawner->collect_strays() == 0);
}

TEST_CASE_FIXTURE(ProcessFixture, "collecting strays spares the trees of living processes") {
    Recorder kept;
    auto process = start({"exec-daemon", "session-child", "fork", "1", "say", "ready", "pause"}, kept);
    run_until([&] { return kept.reported("daemon").size() == 1 && kept.output.find("ready\n") != std::string::npos; });
    Recorder gone;
    auto leaving = start({"bare-daemon", "bare-daemon", "pause"}, gone);
    run_until([&] { return gone.reported("daemon").size() == 2; });
    leaving->terminate();
    run_to_exit(gone);
    leaving.reset();
    CHECK(spawner->collect_strays() == 2);
    const Witness daemon(kept.reported("daemon").at(0));
    const Witness session(kept.reported("session").at(0));
    const Witness child(kept.reported("child").at(0));
    CHECK(daemon.alive());
    CHECK(session.alive());
    CHECK(child.alive());
    process.reset();
    CHECK_FALSE(daemon.alive());
    CHECK_FALSE(session.alive());
    CHECK_FALSE(child.alive());
}

TEST_CASE_FIXTURE(ProcessFixture, "one tree's end does not touch another") {
    Recorder first;
    Recorder second;
    auto ending = start({"daemon", "say", "ready", "pause"}, first);
    const auto staying = start({"daemon", "say", "ready", "pause"}, second);
    run_to_output(first, "ready\n");
    run_to_output(second, "ready\n");
    const Witness daemon(second.reported("daemon").at(0));
    ending.reset();
    CHECK(daemon.alive());
    CHECK(second.exits == 0);
}

TEST_CASE_FIXTURE(ProcessFixture, "orphans that ended are reaped, and no known child's status is stolen") {
    Recorder recorder;
    auto process = start({"zombie-orphan", "zombie-orphan", "say", "ready", "pause"}, recorder);
    run_to_output(recorder, "ready\n");
    Recorder other;
    const auto ended = start({"report", "self", "exit", "9"}, other);
    while (other.reported("self").empty()) ended->drain_output();
    // The other child becomes a zombie that its Process has not noticed.
    siginfo_t info{};
    const auto pid = static_cast<id_t>(other.reported("self").at(0));
    while (::waitid(P_PID, pid, &info, WEXITED | WNOWAIT) != 0) REQUIRE(errno == EINTR);
    for (const pid_t orphan : recorder.reported("orphan")) REQUIRE(Witness(orphan).ends());
    CHECK(spawner->collect_strays() == 0);
    (void)process->peak_memory_bytes();
    run_to_exit(other);
    CHECK(*other.status == ExitStatus(Exited{9}));
    (void)process->peak_memory_bytes();
    siginfo_t left{};
    REQUIRE(::waitid(P_ALL, 0, &left, WEXITED | WNOHANG | WNOWAIT) == 0);
    CHECK(left.si_pid == 0);
}

TEST_CASE_FIXTURE(ProcessFixture, "descendants are the same with the kernel's lists of children and without") {
    Recorder recorder;
    const SpawnSpec spec = probe({"report", "self", "daemon", "session-child", "fork", "2", "threads", "2", "say", "ready", "pause"});
    const auto process = start(spec, recorder);
    run_to_output(recorder, "ready\n");
    const pid_t leader = recorder.reported("self").at(0);
    posix::KnownChildren known;
    known.add(leader, spec.mark);

    // The machine's /proc without what tells that there are lists.
    char root[] = "/tmp/lambox-proc-XXXXXX";
    REQUIRE(::mkdtemp(root) != nullptr);
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::filesystem::create_directory_symlink(entry.path(), root + ("/" + name));
    }
    const auto pids = [](const std::vector<posix::Descendant>& found) {
        std::set<std::pair<pid_t, pid_t>> owners;
        for (const posix::Descendant& one : found) owners.emplace(one.pid, one.owner);
        return owners;
    };
    const auto expected = pids(posix::ProcFs().descendants(known, leader));
    CHECK(expected.size() == 4);
    CHECK(expected.contains({recorder.reported("daemon").at(0), leader}));
    CHECK(pids(posix::ProcFs(root, ::getpid()).descendants(known, leader)) == expected);
    std::filesystem::remove_all(root);
}

TEST_CASE_FIXTURE(ProcessFixture, "memory counts a peak that has been freed") {
    Recorder small;
    const auto little = start({"say", "ready", "pause"}, small);
    Recorder large;
    const auto much = start({"allocate", "64", "say", "ready", "pause"}, large);
    run_to_output(small, "ready\n");
    run_to_output(large, "ready\n");
    const std::uint64_t base = little->peak_memory_bytes();
    CHECK(base > 0);
    CHECK(base < 16 * mib);
    CHECK(much->peak_memory_bytes() >= 64 * mib);
    CHECK(much->peak_memory_bytes() < 64 * mib + 16 * mib);
}

TEST_CASE_FIXTURE(ProcessFixture, "memory is summed over the tree, daemons included, and remembered after the exit") {
    Recorder recorder;
    auto process = start({"child-hold", "20", "child-hold", "30", "exec-daemon", "hold", "10", "say", "ready", "pause"}, recorder);
    run_until([&] { return recorder.reported("daemon").size() == 1 && recorder.output.find("ready\n") != std::string::npos; });
    const std::uint64_t peak = process->peak_memory_bytes();
    CHECK(peak >= 60 * mib);
    CHECK(peak < 60 * mib + 32 * mib);
    process->kill();
    run_to_exit(recorder);
    CHECK(process->peak_memory_bytes() == peak);
}

TEST_CASE_FIXTURE(ProcessFixture, "memory counts children of every thread and those born between two samples") {
    Recorder recorder;
    const auto process = start({"threads", "4", "say", "first", "read-input", "child-hold", "40", "say", "second", "pause"}, recorder);
    run_to_output(recorder, "first\n");
    (void)process->peak_memory_bytes();
    run_to_output(recorder, "second\n");
    CHECK(process->peak_memory_bytes() >= 40 * mib);
}

TEST_CASE("when the program that spawned is killed, its children die too") {
    // A process of its own plays the program; its child comes to us as the reaper of orphans.
    boost::asio::io_context reaper;
    const PosixSpawner subreaper(reaper.get_executor(), Logger());
    int report[2];
    REQUIRE(::pipe2(report, O_CLOEXEC) == 0);
    const pid_t program = ::fork();
    if (program == 0) {
        boost::asio::io_context io;
        PosixSpawner spawner(io.get_executor(), Logger());
        struct Relay : ProcessListener {
            void on_output(std::string_view bytes) override { (void)!::write(fd, bytes.data(), bytes.size()); }
            void on_exit(ExitStatus) override {}
            int fd = -1;
        } relay;
        relay.fd = report[1];
        SpawnSpec spec;
        spec.arguments = {LAMBOX_PROBE_CHILD, "report", "self", "pause"};
        spec.working_directory = "/";
        const auto process = spawner.spawn(spec, relay);
        io.run();
        ::_exit(1);
    }
    ::close(report[1]);
    std::string said;
    char byte;
    while (!said.ends_with("\n") && ::read(report[0], &byte, 1) == 1) said += byte;
    ::close(report[0]);
    REQUIRE(said.starts_with("self "));
    const pid_t child = std::stoi(said.substr(5));
    ::kill(program, SIGKILL);
    siginfo_t info{};
    CHECK(::waitid(P_PID, static_cast<id_t>(program), &info, WEXITED) == 0);
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED) == 0);
    CHECK(info.si_code == CLD_KILLED);
    CHECK(info.si_status == SIGKILL);
}

TEST_CASE_FIXTURE(ProcessFixture, "statuses arrive even when the program was started with SIGCHLD ignored") {
    ::signal(SIGCHLD, SIG_IGN);
    const PosixSpawner careful(io->get_executor(), Logger());
    CHECK(run({"exit", "5"}) == ExitStatus(Exited{5}));
}
