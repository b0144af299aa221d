// Goal: limits, freezing and accounts hold against real processes, from the first instruction of their program on. Method: probe_child
// in real groups of this machine, small and bounded; what the machine cannot do is skipped with its reason.
#include "resource_fixture.hpp"

#include <algorithm>

using namespace lambox;
using namespace lambox::io;

TEST_CASE_FIXTURE(ResourceFixture, "a child is in its group before its program starts, and so are its children") {
    if (!possible(groups.capabilities().kill)) return;
    const auto group = make({});
    Recorder recorder;
    const auto process = start_in(*group, {"fork", "3", "report", "self", "pause"}, recorder);
    run_until([&] { return !recorder.reported("self").empty(); });
    std::vector<pid_t> expected = recorder.reported("child");
    expected.push_back(recorder.reported("self").front());
    std::sort(expected.begin(), expected.end());
    std::vector<pid_t> inside = group->members();
    std::sort(inside.begin(), inside.end());
    CHECK(inside == expected);
    // In every hierarchy, not only in the one that members() looks into.
    AttachPoint point = group->attach_point();
    if (!point.cgroup2_directory.empty()) point.join_files.push_back(point.cgroup2_directory + "/cgroup.procs");
    for (const std::string& path : point.join_files) {
        const std::string text = CgroupFiles().read(path).value();
        CHECK_MESSAGE(std::count(text.begin(), text.end(), '\n') == 4, path);
    }
}

TEST_CASE_FIXTURE(ResourceFixture, "a child's surroundings are the same with a group as without") {
    Recorder outside;
    const auto first = start({"print-descriptors", "print-group", "print-signals", "print-limits"}, outside);
    run_to_exit(outside);
    const auto group = make({});
    Recorder inside;
    const auto second = start_in(*group, {"print-descriptors", "print-group", "print-signals", "print-limits"}, inside);
    run_to_exit(inside);
    const auto without_pipes = [](std::string text) {
        for (std::size_t at = 0; (at = text.find("pipe:[", at)) != std::string::npos; at += 5)
            text.erase(at + 5, text.find(']', at) - at - 4);
        return text;
    };
    CHECK(without_pipes(inside.output) == without_pipes(outside.output));
    CHECK(*inside.status == ExitStatus(Exited{0}));
}

TEST_CASE_FIXTURE(ResourceFixture, "a group that cannot be joined is an error that names it, and no program runs") {
    SpawnSpec spec = probe({"say", "never"});
    spec.attach = AttachPoint{"/no/such/group", {}, {}};
    CHECK(failure(spec).message == "joining /no/such/group: no such file or directory");
    spec.attach = AttachPoint{"/tmp", {}, {}};
    CHECK(failure(spec).message.starts_with("joining /tmp"));
    spec.attach = AttachPoint{"", {"/no/cgroup.procs"}, {}};
    CHECK(failure(spec).message == "joining /no/cgroup.procs: no such file or directory");
    spec.attach = AttachPoint{"", {"/dev/null", "/dev/full"}, {}};
    CHECK(failure(spec).message == "joining /dev/full: no space left on device");
    spec = probe({"exit", "0"});
    spec.working_directory = "/no/such/place";
    const auto group = make({});
    spec.attach = group->attach_point();
    CHECK(failure(spec).message == "chdir /no/such/place: no such file or directory");
    CHECK(group->members().empty());
}

TEST_CASE_FIXTURE(ResourceFixture, "memory is killed at the limit and not below 97 per cent of it") {
    if (!possible(groups.capabilities().memory_limit)) return;
    const auto group = make({48 * mib, {}, {}});
    Recorder recorder;
    const auto process = start_in(*group, {"hold-steps", "64"}, recorder);
    run_to_exit(recorder);
    CHECK(*recorder.status == ExitStatus(Signaled{SIGKILL}));
    const std::string before_last = recorder.output.substr(0, recorder.output.size() - 1);
    const int held = std::stoi(before_last.substr(before_last.rfind('\n') + 1));
    CHECK(held >= 46); // 46.56 MiB is 97 per cent, and the program itself needs some
    CHECK(held <= 48);
    if (possible(groups.capabilities().oom_events)) CHECK(group->oom_kills().value() >= 1);
    if (possible(groups.capabilities().peak_memory)) {
        CHECK(group->peak_memory_bytes().value() >= 48 * mib * 98 / 100);
        CHECK(group->peak_memory_bytes().value() <= 48 * mib);
    }
}

TEST_CASE_FIXTURE(ResourceFixture, "children count for their group's memory, and another group does not suffer") {
    if (!possible(groups.capabilities().memory_limit)) return;
    const auto bomb = make({32 * mib, {}, {}});
    const auto calm = make({32 * mib, {}, {}});
    Recorder bombing;
    Recorder working;
    const auto worker = start_in(*calm, {"hold", "24", "say", "ready", "pause"}, working);
    const auto bomber = start_in(*bomb, {"child-hold", "12", "child-hold", "12", "child-hold", "12", "say", "done", "pause"}, bombing);
    run_to_output(working, "ready");
    run_until([&] { return bombing.exits > 0 || bombing.output.find("done") != std::string::npos; });
    if (possible(groups.capabilities().oom_events)) {
        CHECK(bomb->oom_kills().value() >= 1);
        CHECK(calm->oom_kills().value() == 0);
    }
    CHECK(working.exits == 0);
}

TEST_CASE_FIXTURE(ResourceFixture, "the peak is within two per cent of what was touched, ended children included") {
    if (!possible(groups.capabilities().peak_memory)) return;
    for (const std::vector<std::string>& steps :
         {std::vector<std::string>{"allocate", "64"}, {"hold", "32", "child-hold", "32", "exit", "0"}}) {
        const auto group = make({128 * mib, {}, {}});
        Recorder recorder;
        const auto process = start_in(*group, steps, recorder);
        run_to_exit(recorder);
        const std::uint64_t peak = group->peak_memory_bytes().value();
        CHECK(peak >= 64 * mib * 98 / 100);
        CHECK(peak <= 64 * mib * 102 / 100);
        if (groups.capabilities().peak_reset.by == Mechanism::none) {
            MESSAGE("SKIPPED: ", groups.capabilities().peak_reset.reason);
            continue;
        }
        // The child was killed with its parent, but nobody waited for it to give its memory back.
        poll_until([&] { return group->current_memory_bytes().value() < 8 * mib; });
        CHECK(group->reset_peak().has_value());
        CHECK(group->peak_memory_bytes().value() < 8 * mib);
    }
}

TEST_CASE_FIXTURE(ResourceFixture, "a fork bomb ends at the limit on processes") {
    if (!possible(groups.capabilities().pids_limit)) return;
    const auto group = make({{}, 16, {}});
    Recorder recorder;
    const auto process = start_in(*group, {"fork", "40", "say", "done", "pause"}, recorder);
    run_to_output(recorder, "done");
    CHECK(recorder.reported("child").size() == 15);
    CHECK(group->members().size() == 16);
}

TEST_CASE_FIXTURE(ResourceFixture, "kill ends every process of the group, frozen or in a session of its own") {
    const auto group = make({});
    const auto other = make({});
    Recorder recorder;
    Recorder spared;
    const auto neighbour = start_in(*other, {"say", "here", "pause"}, spared);
    const auto process = start_in(*group, {"fork", "2", "session-child", "daemon", "say", "ready", "pause"}, recorder);
    run_to_output(recorder, "ready\n");
    run_to_output(spared, "here");
    CHECK(group->freeze().has_value());
    CHECK(group->kill().has_value());
    run_to_exit(recorder);
    CHECK(*recorder.status == ExitStatus(Signaled{SIGKILL}));
    poll_until([&] { return group->members().empty(); });
    CHECK(spared.exits == 0);
    CHECK(group->thaw().has_value());
}

TEST_CASE_FIXTURE(ResourceFixture, "a group that goes away takes its processes with it") {
    auto group = make({});
    Recorder recorder;
    const auto process = start_in(*group, {"fork", "2", "say", "ready", "pause"}, recorder);
    run_to_output(recorder, "ready");
    const Witness child(recorder.reported("child").front());
    CHECK(group->freeze().has_value());
    group.reset();
    CHECK(child.ends());
    run_to_exit(recorder);
}

TEST_CASE_FIXTURE(ResourceFixture, "a running process can be moved in") {
    Recorder recorder;
    const auto process = start({"report", "self", "pause"}, recorder);
    run_until([&] { return !recorder.reported("self").empty(); });
    const auto group = make({});
    CHECK(group->members().empty());
    CHECK(group->add(recorder.reported("self").front()).has_value());
    CHECK(group->members() == recorder.reported("self"));
    CHECK(group->add(4'194'304).has_error());
}

TEST_CASE_FIXTURE(ResourceFixture, "what a killed lambox left is ended and removed, a living one's is not") {
    if (!possible(groups.capabilities().kill)) return;
    const ResourceSettings ours = settings();
    // Of the pid of a lambox that has ended: a child of ours that we have reaped.
    Recorder ended;
    const auto past = start({"report", "self", "exit", "0"}, ended);
    run_to_exit(ended);
    const auto group = make({});
    AttachPoint point = group->attach_point();
    std::vector<std::string> folders;
    for (const std::string& procs : point.join_files) folders.push_back(procs.substr(0, procs.rfind('/')));
    if (!point.cgroup2_directory.empty()) folders.push_back(point.cgroup2_directory);
    std::vector<std::string> stale;
    AttachPoint stale_point;
    for (const std::string& folder : folders) {
        const std::string name = folder.substr(folder.rfind('/') + 1);
        const std::size_t pid_at = name.find('-', 7) + 1;
        const std::string dead =
            name.substr(0, pid_at) + std::to_string(ended.reported("self").front()) + name.substr(name.find('-', pid_at));
        stale.push_back(folder.substr(0, folder.rfind('/') + 1) + dead);
        REQUIRE(CgroupFiles().make_directory(stale.back()).has_value());
        stale_point.join_files.push_back(stale.back() + "/cgroup.procs");
    }
    Recorder orphan;
    SpawnSpec spec = probe({"say", "ready", "pause"});
    spec.attach = stale_point;
    const auto process = start(spec, orphan);
    run_to_output(orphan, "ready");
    if (groups.capabilities().freezer.by == Mechanism::cgroup2)
        REQUIRE(CgroupFiles().write(stale.back() + "/cgroup.freeze", "1").has_value());
    {
        const ResourceGroups successor = ResourceGroups::probe(settings(), Logger());
        CHECK(successor.collected() == 1);
    }
    for (const std::string& folder : stale) CHECK_FALSE(std::filesystem::exists(folder));
    for (const std::string& folder : folders) CHECK(std::filesystem::exists(folder));
    run_to_exit(orphan);
    CHECK(*orphan.status == ExitStatus(Signaled{SIGKILL}));
}

TEST_CASE_FIXTURE(ResourceFixture, "without cgroups a list of processes is stopped, continued, measured and killed") {
    ResourceSettings nothing;
    nothing.mounts = CgroupMounts{};
    ResourceGroups plain = ResourceGroups::probe(nothing, Logger());
    auto group = plain.make({64 * mib, 16, 500'000});
    REQUIRE(group.has_value());
    Recorder recorder;
    const auto process =
        start_in(**group, {"hold", "16", "child-hold", "16", "fork", "2", "session-child", "say", "ready", "pause"}, recorder);
    run_to_output(recorder, "ready");
    CHECK((*group)->members().size() == 5);
    CHECK((*group)->current_memory_bytes().value() >= 32 * mib);
    CHECK((*group)->peak_memory_bytes().value() >= 32 * mib);
    CHECK_FALSE((*group)->frozen().value());
    CHECK((*group)->freeze().has_value());
    poll_until([&] { return (*group)->frozen().value(); });
    CHECK((*group)->thaw().has_value());
    CHECK_FALSE((*group)->frozen().value());
    CHECK((*group)->kill().has_value());
    run_to_exit(recorder);
    CHECK((*group)->members().empty());
}
