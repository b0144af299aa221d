// Goal: on every kind of machine the right files are written, what is missing has a reason, and only our own groups are
// touched. Method: a folder that plays the kernel (FakeCgroups), because no machine has all kinds of cgroups at once.
#include "../../../src/io/resource_group_detail.hpp"

#include "fakes/fake_cgroups.hpp"

#include <unistd.h>

using namespace lambox;
using namespace lambox::io;
using resources::Maker;

namespace {

struct Machine {
    ~Machine() {
        // Whatever a test did, nothing may be left.
        if (files->mounts.cgroup2) CHECK(files->groups("unified").empty());
        for (const auto& [controller, point] : files->mounts.cgroup1)
            CHECK(files->groups(controller).empty());
    }
    [[nodiscard]] ResourceGroups probe(CpuQuotas cpu_quotas = CpuQuotas::wanted) const {
        ResourceSettings settings;
        settings.cpu_quotas = cpu_quotas;
        settings.mounts = files->mounts;
        settings.files = files;
        return ResourceGroups::probe(std::move(settings), Logger());
    }
    void mount_all1() const {
        for (const char* controller : {"memory", "cpu", "pids", "cpuacct", "freezer"})
            files->mount1(controller);
    }

    std::shared_ptr<FakeCgroups> files = std::make_shared<FakeCgroups>();
};

const GroupSpec spec{64 * 1024 * 1024, 32, 72'357};

std::unique_ptr<ResourceGroup> made(ResourceGroups& groups) {
    auto group = groups.make(spec);
    REQUIRE_MESSAGE(group.has_value(), (group ? "" : group.error().message));
    return std::move(*group);
}

std::string first_name() { return Maker::self().prefix() + "1"; }

} // namespace

TEST_CASE_FIXTURE(Machine, "cgroup2 alone does everything but resetting the peak") {
    files->mount2("cpu io memory pids", "cpu memory pids");
    ResourceGroups groups = probe();
    const ResourceCapabilities& can = groups.capabilities();
    for (const Capability* each : {&can.memory_limit, &can.swap_off, &can.pids_limit, &can.cpu_quota, &can.freezer, &can.kill,
                                   &can.peak_memory, &can.oom_events, &can.cpu_usage}) {
        CHECK(each->by == Mechanism::cgroup2);
        CHECK(each->reason.empty());
    }
    CHECK(can.peak_reset.by == Mechanism::none);
    CHECK(can.peak_reset.reason == "cgroup2 keeps one peak for a group's whole life");

    const auto group = made(groups);
    const std::string folder = "unified/lambox/" + first_name();
    CHECK(files->text(folder + "/memory.max") == "67108864\n");
    CHECK(files->text(folder + "/memory.swap.max") == "0\n");
    CHECK(files->text(folder + "/pids.max") == "32\n");
    CHECK(files->text(folder + "/cpu.max") == "7235 100000\n");
    CHECK(group->set_cpu_quota(2'000'000).has_value());
    CHECK(files->text(folder + "/cpu.max") == "200000 100000\n");
    CHECK(group->set_cpu_quota(std::nullopt).has_value());
    CHECK(files->text(folder + "/cpu.max") == "max 100000\n");
    CHECK(group->attach_point().cgroup2_directory == files->at(folder));
    CHECK(group->attach_point().join_files.empty());
    CHECK(group->peak_memory_bytes().value() == 4'096);
    CHECK(group->current_memory_bytes().value() == 4'096);
    CHECK(group->oom_kills().value() == 2);
    CHECK(group->cpu_usage().value() == std::chrono::microseconds(1'234));
    CHECK(group->reset_peak().error().code == Errc::unsupported);
    CHECK_FALSE(group->frozen().value());
    CHECK(group->freeze().has_value());
    CHECK(group->frozen().value());
    CHECK(group->thaw().has_value());
    CHECK_FALSE(group->frozen().value());
    const int kills_before = files->kills;
    CHECK(group->kill().has_value());
    CHECK(files->kills == kills_before + 1);
}

TEST_CASE_FIXTURE(Machine, "cgroup v1 alone limits, freezes and kills one by one") {
    mount_all1();
    ResourceGroups groups = probe();
    const ResourceCapabilities& can = groups.capabilities();
    for (const Capability* each : {&can.memory_limit, &can.swap_off, &can.pids_limit, &can.cpu_quota, &can.freezer, &can.kill,
                                   &can.peak_memory, &can.peak_reset, &can.oom_events, &can.cpu_usage}) {
        CHECK(each->by == Mechanism::cgroup1);
    }
    CHECK(can.kill.reason == "one kill for a whole group: no cgroup2 is mounted; members are killed one by one");

    const auto group = made(groups);
    const std::string name = "/lambox/" + first_name();
    CHECK(files->text("memory" + name + "/memory.limit_in_bytes") == "67108864\n");
    CHECK(files->text("memory" + name + "/memory.memsw.limit_in_bytes") == "67108864\n");
    CHECK(files->text("pids" + name + "/pids.max") == "32\n");
    CHECK(files->text("cpu" + name + "/cpu.cfs_quota_us") == "7235\n");
    CHECK(group->attach_point().cgroup2_directory.empty());
    CHECK(group->attach_point().join_files.size() == 5);
    CHECK(group->oom_kills().value() == 5);
    CHECK(group->cpu_usage().value() == std::chrono::microseconds(5'000));
    CHECK(group->reset_peak().has_value());
    CHECK(files->text("memory" + name + "/memory.max_usage_in_bytes") == "0\n");
    CHECK(group->freeze().has_value());
    CHECK(files->text("freezer" + name + "/freezer.state") == "FROZEN\n");
    CHECK(group->frozen().value());
    CHECK(group->thaw().has_value());
    CHECK(files->text("freezer" + name + "/freezer.state") == "THAWED\n");
}

TEST_CASE_FIXTURE(Machine, "a hybrid takes limits from v1, freezing and killing from cgroup2, and leaves the rest alone") {
    mount_all1();
    files->mount2("", "");
    ResourceGroups groups = probe();
    const ResourceCapabilities& can = groups.capabilities();
    for (const Capability* each : {&can.memory_limit, &can.pids_limit, &can.cpu_quota, &can.peak_memory, &can.peak_reset, &can.oom_events})
        CHECK(each->by == Mechanism::cgroup1);
    for (const Capability* each : {&can.freezer, &can.kill, &can.cpu_usage})
        CHECK(each->by == Mechanism::cgroup2);
    const auto group = made(groups);
    CHECK(group->attach_point().cgroup2_directory == files->at("unified/lambox/" + first_name()));
    CHECK(group->attach_point().join_files.size() == 3);
    CHECK(files->groups("freezer").empty());
    CHECK(files->groups("cpuacct").empty());
    CHECK(group->add(4'194'304).has_value());
    for (const char* hierarchy : {"unified", "memory", "cpu", "pids"}) {
        const std::string procs = std::string(hierarchy) + "/lambox/" + first_name() + "/cgroup.procs";
        CHECK(files->text(procs) == "4194304\n");
        files->set(procs, "");
    }
}

TEST_CASE_FIXTURE(Machine, "controllers that share a mount share a folder") {
    mount_all1();
    files->mounts.cgroup1["cpuacct"] = files->mounts.cgroup1["cpu"];
    ResourceGroups groups = probe();
    CHECK(groups.capabilities().cpu_usage.by == Mechanism::cgroup1);
    const auto group = made(groups);
    CHECK(group->attach_point().join_files.size() == 4);
}

TEST_CASE_FIXTURE(Machine, "without any cgroup groups are lists, and every capability says why") {
    ResourceGroups groups = probe();
    const ResourceCapabilities& can = groups.capabilities();
    CHECK(can.memory_limit.by == Mechanism::none);
    CHECK(can.memory_limit.reason == "a memory limit: no cgroup2 is mounted; no cgroup v1 with memory is mounted");
    CHECK(can.cpu_quota.reason == "a CPU quota: no cgroup2 is mounted; no cgroup v1 with cpu is mounted");
    CHECK(can.freezer.by == Mechanism::process);
    CHECK(can.peak_memory.by == Mechanism::process);
    CHECK(can.kill.by == Mechanism::process);
    CHECK(can.cpu_usage.by == Mechanism::process);
    for (const Capability* each : {&can.memory_limit, &can.swap_off, &can.pids_limit, &can.cpu_quota, &can.freezer, &can.kill,
                                   &can.peak_memory, &can.oom_events, &can.cpu_usage}) {
        CHECK_FALSE(each->reason.empty());
    }
    const auto group = made(groups);
    CHECK(group->attach_point().cgroup2_directory.empty());
    CHECK(group->attach_point().join_files.empty());
    CHECK(group->oom_kills().error().message == can.oom_events.reason);
    CHECK(group->set_cpu_quota(500'000).error().message == can.cpu_quota.reason);
    CHECK(group->members().empty());
}

TEST_CASE_FIXTURE(Machine, "our parent is made in the nearest writable group that passes the controllers on") {
    files->mount2("cpu memory pids", "memory pids");
    REQUIRE(files->make_directory(files->at("unified/slice")).has_value());
    for (const char* controller : {"+memory", "+pids"})
        REQUIRE(files->write(files->at("unified/slice/cgroup.subtree_control"), controller).has_value());
    REQUIRE(files->make_directory(files->at("unified/slice/own")).has_value());
    files->set("unified/slice/own/cgroup.procs", "1\n");
    files->mounts.own_cgroup2 = "/slice/own";
    {
        ResourceGroups groups = probe();
        CHECK(groups.capabilities().memory_limit.by == Mechanism::cgroup2);
        CHECK(groups.capabilities().pids_limit.by == Mechanism::cgroup2);
        CHECK(groups.capabilities().cpu_quota.reason.starts_with(
            "a CPU quota: no group above lambox that it may write to passes cpu on; start lambox in a delegated group"));
        const auto group = made(groups);
        CHECK(group->attach_point().cgroup2_directory == files->at("unified/slice/lambox/" + first_name()));
    }
    CHECK(files->groups("unified/slice") == std::vector<std::string>{"own"});
    files->read_only.insert(files->at("unified/slice/cgroup.procs"));
    files->read_only.insert(files->at("unified/cgroup.procs"));
    {
        // Only the group that lambox runs in itself is left: it can be frozen and killed by, not limited.
        ResourceGroups groups = probe();
        const ResourceCapabilities& can = groups.capabilities();
        CHECK(can.freezer.by == Mechanism::cgroup2);
        CHECK(can.memory_limit.by == Mechanism::none);
        CHECK(can.memory_limit.reason.find("cannot while lambox itself runs in it") != std::string::npos);
        const auto group = made(groups);
        CHECK(group->attach_point().cgroup2_directory == files->at("unified/slice/own/lambox/" + first_name()));
    }
    CHECK(files->groups("unified/slice/own").empty());
    CHECK(files->text("unified/slice/own/cgroup.subtree_control").empty());
    std::filesystem::remove_all(files->at("unified/slice"));
}

TEST_CASE_FIXTURE(Machine, "what the top of cgroup2 does not pass on is not changed by us, but its remedy is named") {
    files->mount2("cpu memory pids", "memory");
    ResourceGroups groups = probe();
    const ResourceCapabilities& can = groups.capabilities();
    CHECK(can.memory_limit.by == Mechanism::cgroup2);
    const std::string top = files->at("unified");
    CHECK(can.pids_limit.reason == "a limit on processes: " + top +
                                       " does not pass pids on; lambox does not change that, root can: echo +pids > " + top +
                                       "/cgroup.subtree_control; no cgroup v1 with pids is mounted");
    CHECK(files->text("unified/cgroup.subtree_control") == "memory");
}

TEST_CASE_FIXTURE(Machine, "a group of a container that lambox fills itself cannot limit") {
    files->mount2("cpu memory pids", "");
    files->set("unified/cgroup.type", "domain\n");
    ResourceGroups groups = probe();
    CHECK(groups.capabilities().freezer.by == Mechanism::cgroup2);
    CHECK(groups.capabilities().memory_limit.reason.find("cannot while lambox itself runs in it") != std::string::npos);
}

TEST_CASE_FIXTURE(Machine, "a hierarchy that refuses us is left out, named, and nothing is left in it") {
    files->mount2("cpu memory pids", "cpu memory pids");
    files->refused["unified/lambox"] = Errc::permission_denied;
    ResourceGroups groups = probe();
    CHECK(groups.capabilities().memory_limit.reason ==
          "a memory limit: " + files->at("unified/lambox") + ": refused; no cgroup v1 with memory is mounted");
}

TEST_CASE_FIXTURE(Machine, "each single refusal weakens its own capability only") {
    struct Case {
        const char* file;
        Capability ResourceCapabilities::*capability;
    };
    for (const Case& each :
         {Case{"memory.max", &ResourceCapabilities::memory_limit}, Case{"memory.swap.max", &ResourceCapabilities::swap_off},
          Case{"pids.max", &ResourceCapabilities::pids_limit}, Case{"cpu.max", &ResourceCapabilities::cpu_quota}}) {
        CAPTURE(each.file);
        Machine machine;
        machine.files->mount2("cpu memory pids", "cpu memory pids");
        machine.files->refused[std::string("/") + each.file] = Errc::permission_denied;
        ResourceGroups groups = machine.probe();
        const ResourceCapabilities& can = groups.capabilities();
        CHECK((can.*each.capability).by == Mechanism::none);
        CHECK((can.*each.capability).reason.ends_with(std::string(each.file) + ": refused"));
        CHECK(can.freezer.by == Mechanism::cgroup2);
        CHECK(can.peak_memory.by == Mechanism::cgroup2);
        const auto group = made(groups);
        CHECK(machine.files->text("unified/lambox/" + first_name() + "/" + each.file).starts_with("max"));
    }
}

TEST_CASE_FIXTURE(Machine, "a group that cannot be limited is not handed out and leaves nothing") {
    files->mount2("cpu memory pids", "cpu memory pids");
    ResourceGroups groups = probe();
    files->refused["/pids.max"] = Errc::io;
    const auto group = groups.make(spec);
    REQUIRE(group.has_error());
    CHECK(group.error().message.ends_with("pids.max: refused"));
    CHECK(files->groups("unified/lambox").empty());
    CHECK(groups.make(GroupSpec{{}, {}, 9'999}).error().code == Errc::invalid_argument);
    CHECK(groups.make(GroupSpec{0, {}, {}}).error().code == Errc::invalid_argument);
}

TEST_CASE_FIXTURE(Machine, "groups of dead lamboxes are removed, those of living ones and of strangers stay") {
    mount_all1();
    files->mount2("", "");
    for (const char* hierarchy : {"unified", "memory"})
        REQUIRE(files->make_directory(files->at(std::string(hierarchy) + "/lambox")).has_value());
    const Maker self = Maker::self();
    const auto parent_start = posix::ProcFs().stat(::getppid());
    REQUIRE(parent_start.has_value());
    const std::string recycled = Maker{self.pid_namespace, self.pid, self.start + 1}.prefix() + "3";
    const std::string recycled_parent = Maker{self.pid_namespace, ::getppid(), parent_start->start + 7}.prefix() + "4";
    const std::string living = Maker{self.pid_namespace, ::getppid(), parent_start->start}.prefix() + "5";
    const std::string elsewhere = Maker{self.pid_namespace + 1, self.pid, self.start + 1}.prefix() + "6";
    const std::vector<std::string> strange = {"lambox-1", "lambox-a-b-c-d", "other", "lambox-1-2-3-", "lambox-1-99999999999-3-4"};
    std::vector<std::string> staying = {living, elsewhere};
    staying.insert(staying.end(), strange.begin(), strange.end());
    for (const std::string& name : {recycled, recycled_parent})
        REQUIRE(files->make_directory(files->at("unified/lambox/" + name)).has_value());
    REQUIRE(files->make_directory(files->at("memory/lambox/" + recycled)).has_value());
    for (const std::string& name : staying)
        REQUIRE(files->make_directory(files->at("unified/lambox/" + name)).has_value());
    std::sort(staying.begin(), staying.end());
    {
        ResourceGroups groups = probe();
        CHECK(groups.collected() == 2);
        CHECK(files->groups("unified/lambox") == staying);
        CHECK(files->groups("memory/lambox").empty());
    }
    // And at the end our parent stays while others are in it.
    CHECK(files->groups("unified/lambox") == staying);
    std::filesystem::remove_all(files->at("unified/lambox"));
}

TEST_CASE_FIXTURE(Machine, "a hierarchy of cgroup v1 that is not needed is left alone, but for what a dead lambox left there") {
    mount_all1();
    const Maker self = Maker::self();
    const std::string dead = Maker{self.pid_namespace, self.pid, self.start + 1}.prefix() + "3";
    REQUIRE(files->make_directory(files->at("cpu/lambox")).has_value());
    REQUIRE(files->make_directory(files->at("cpu/lambox/" + dead)).has_value());
    ResourceGroups groups = probe(CpuQuotas::unwanted);
    CHECK(groups.collected() == 1);
    CHECK_FALSE(std::filesystem::exists(files->at("cpu/lambox")));
    CHECK(groups.capabilities().cpu_quota.by == Mechanism::none);
    CHECK(groups.capabilities().memory_limit.by == Mechanism::cgroup1);
    const auto group = made(groups);
    CHECK(files->groups("memory/lambox") == std::vector<std::string>{first_name()});
    CHECK_FALSE(std::filesystem::exists(files->at("cpu/lambox")));
}

TEST_CASE_FIXTURE(Machine, "a parent that a sibling took away is made again, with its controllers") {
    files->mount2("cpu memory pids", "cpu memory pids");
    ResourceGroups groups = probe();
    REQUIRE(files->remove_directory(files->at("unified/lambox")).has_value());
    const auto group = made(groups);
    CHECK(files->text("unified/lambox/cgroup.subtree_control") == "memory cpu pids");
    CHECK(files->text("unified/lambox/" + first_name() + "/memory.max") == "67108864\n");
}

TEST_CASE_FIXTURE(Machine, "a folder that cannot be removed is tried again later") {
    files->mount2("cpu memory pids", "cpu memory pids");
    ResourceGroups groups = probe();
    auto group = made(groups);
    files->refused[first_name()] = Errc::permission_denied;
    group.reset();
    CHECK(files->groups("unified/lambox") == std::vector<std::string>{first_name()});
    files->refused.clear();
    const auto next = made(groups);
    CHECK(files->groups("unified/lambox") == std::vector<std::string>{Maker::self().prefix() + "2"});
}

TEST_CASE("mounts and our own group are read from /proc") {
    char folder[] = "/tmp/lambox-mounts-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    const std::string self = folder;
    std::ofstream(self + "/mountinfo") << "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                                          "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 master:1 - cgroup cgroup rw,cpu,cpuacct\n"
                                          "35 31 0:32 / /sys/fs/cgroup/my\\040memory rw,relatime - cgroup cgroup rw,memory\n"
                                          "36 31 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"
                                          "41 31 0:38 /outer /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                                          "broken line\n";
    std::ofstream(self + "/cgroup") << "4:memory:/somewhere\n0::/outer/inner\n";
    const CgroupMounts found = CgroupMounts::find(self);
    CHECK(found.cgroup2 == "/sys/fs/cgroup/unified");
    CHECK(found.own_cgroup2 == "/inner");
    CHECK(found.cgroup1 == std::map<std::string, std::string>{{"cpu", "/sys/fs/cgroup/cpu,cpuacct"},
                                                              {"cpuacct", "/sys/fs/cgroup/cpu,cpuacct"},
                                                              {"memory", "/sys/fs/cgroup/my memory"}});
    std::filesystem::remove_all(self);
    CHECK_FALSE(CgroupMounts::find(self).cgroup2.has_value());
}
