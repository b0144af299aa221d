// Goal: what runs in a sandbox sees its package, the system and a /tmp of its own, and can do nothing to anybody else. Method: probe_child
// and the system's shell in real sandboxes, as whoever runs the test: root, or an ordinary user with user namespaces. What the machine
// cannot do is skipped with its reason.
#include "process_fixture.hpp"

#include "lambox/io/resource_group.hpp"
#include "lambox/io/sandbox.hpp"
#include "lambox/io/scratch_folder.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

using namespace lambox;
using namespace lambox::io;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;
namespace fs = std::filesystem;

class SandboxFixture : public ProcessFixture {
public:
    SandboxFixture() : scratch(ScratchFolder::make("lambox-sandbox-test").value()) {
        fs::create_directories(scratch.path() / "own");
        fs::create_directories(scratch.path() / "task");
        fs::copy_file(LAMBOX_PROBE_CHILD, scratch.path() / "task/probe");
        auto probed = Sandboxes::probe({scratch.path() / "own", SandboxUser{993, 990, "sbx_user1051"}, {}});
        if (probed)
            sandboxes.emplace(std::move(*probed));
        else
            MESSAGE("SKIPPED: no sandbox can be made here: ", probed.error().message);
    }

    [[nodiscard]] bool possible() const { return sandboxes.has_value(); }
    [[nodiscard]] std::unique_ptr<Sandbox> make(std::uint64_t temporary_bytes = 4 * mib) const {
        auto sandbox = sandboxes->make({{{(scratch.path() / "task").string(), "/var/task"}}, temporary_bytes});
        REQUIRE_MESSAGE(sandbox.has_value(), (sandbox ? "" : sandbox.error().message));
        return std::move(*sandbox);
    }
    [[nodiscard]] SpawnSpec inside(Sandbox& sandbox, std::vector<std::string> arguments) {
        SpawnSpec spec;
        spec.arguments = std::move(arguments);
        spec.environment = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C"}};
        spec.working_directory = "/var/task";
        spec.sandbox = &sandbox;
        return spec;
    }
    /// What probe_child says inside.
    std::string probe_inside(Sandbox& sandbox, std::vector<std::string> steps) {
        steps.insert(steps.begin(), "/var/task/probe");
        return run_inside(sandbox, std::move(steps));
    }
    /// What a command of the shell says inside, on stdout and stderr.
    std::string shell(Sandbox& sandbox, const std::string& command) { return run_inside(sandbox, {"/bin/sh", "-c", command}); }

    ScratchFolder scratch;
    std::optional<Sandboxes> sandboxes;
    std::optional<ExitStatus> last_status;

private:
    std::string run_inside(Sandbox& sandbox, std::vector<std::string> arguments) {
        Recorder recorder;
        const auto process = start(inside(sandbox, std::move(arguments)), recorder);
        run_to_exit(recorder);
        last_status = recorder.status;
        return recorder.output;
    }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE_FIXTURE(SandboxFixture, "a package is where AWS puts it, read-only, and the program runs as AWS's user") {
    if (!possible()) return;
    const auto sandbox = make();
    CHECK(shell(*sandbox, "pwd; id -un; id -u; id -g; ls /var/task") == "/var/task\nsbx_user1051\n993\n990\nprobe\n");
    CHECK(contains(shell(*sandbox, "touch /var/task/new"), "Read-only file system"));
    for (const char* path : {"/new", "/usr/new", "/etc/new", "/opt/new", "/var/new", "/dev/new", "/home/new"}) {
        const std::string said = shell(*sandbox, "touch " + std::string(path));
        CHECK_MESSAGE(contains(said, "cannot touch"), said);
    }
    CHECK(contains(probe_inside(*sandbox, {"print-limits"}), "files 1024 1024"));
    CHECK(contains(shell(*sandbox, "ulimit -s"), "8192"));
}

TEST_CASE_FIXTURE(SandboxFixture, "nothing else of the machine's files can be reached") {
    if (!possible()) return;
    const auto sandbox = make();
    CHECK(contains(shell(*sandbox, "ls " + scratch.path().string()), "No such file"));
    CHECK(shell(*sandbox, "ls /root /srv /var/lib 2>/dev/null").empty());
    CHECK(shell(*sandbox, "ls -A /tmp /home /opt /mnt /run 2>/dev/null | grep -v ':$' | grep .").empty());
    std::ofstream(scratch.path() / "secret") << "secret";
    fs::create_symlink(scratch.path() / "secret", scratch.path() / "task/leak");
    fs::create_symlink("../../../../.." + (scratch.path() / "secret").string(), scratch.path() / "task/climb");
    CHECK(contains(shell(*sandbox, "cat leak"), "No such file"));
    CHECK(contains(shell(*sandbox, "cat climb"), "No such file"));
}

TEST_CASE_FIXTURE(SandboxFixture, "two sandboxes see nothing of each other, and processes outside cannot be seen or signalled") {
    if (!possible()) return;
    const auto one = make();
    const auto other = make();
    CHECK(shell(*one, "echo mine > /tmp/mine; cat /tmp/mine") == "mine\n");
    CHECK(contains(shell(*other, "cat /tmp/mine"), "No such file"));
    Recorder paused;
    const auto bystander = start({"report", "self", "pause"}, paused);
    run_until([&] { return !paused.reported("self").empty(); });
    const std::string pid = std::to_string(paused.reported("self").front());
    CHECK(contains(shell(*one, "kill -0 " + pid), "No such process"));
    CHECK(shell(*one, "ls /proc | grep -c '^[0-9]'") <= "5\n"); // process 1, the shell, and its pipeline
    CHECK(Witness(std::stoi(pid)).alive());
}

TEST_CASE_FIXTURE(SandboxFixture, "/tmp has its size and lasts over generations") {
    if (!possible()) return;
    const auto sandbox = make(4 * mib);
    CHECK(sandbox->temporary_bytes_used() == 0);
    CHECK(contains(shell(*sandbox, "head -c 5000000 /dev/zero > /tmp/big; echo $?; ls -l /tmp/big"), "4194304"));
    CHECK(sandbox->temporary_bytes_used() == 4 * mib);
    CHECK(shell(*sandbox, "rm /tmp/big; echo kept > /tmp/kept; kill -9 $$").empty());
    CHECK(last_status == ExitStatus(Signaled{SIGKILL}));
    CHECK(shell(*sandbox, "cat /tmp/kept; stat -c %a /tmp; wc -l < /proc/mounts") ==
          shell(*sandbox, "cat /tmp/kept; stat -c %a /tmp; wc -l < /proc/mounts"));
    CHECK(contains(shell(*sandbox, "cat /tmp/kept; stat -c %a /tmp"), "kept\n1777\n"));
}

TEST_CASE_FIXTURE(SandboxFixture, "a program that ends takes its daemons along, and so does one that is killed") {
    if (!possible()) return;
    const auto sandbox = make();
    for (const char* end : {"exit", "pause"}) {
        Recorder recorder;
        std::vector<std::string> steps{"/var/task/probe", "daemon", "bare-daemon", "session-child", "report", "self", end};
        if (std::string(end) == "exit") steps.insert(steps.end() - 1, {"say", "ready"});
        if (std::string(end) == "exit") steps.push_back("7");
        const auto process = start(inside(*sandbox, steps), recorder);
        if (std::string(end) == "pause") {
            run_until([&] { return !recorder.reported("self").empty(); });
            process->kill();
        }
        run_to_exit(recorder);
        if (std::string(end) == "exit")
            CHECK(*recorder.status == ExitStatus(Exited{7}));
        else
            CHECK(*recorder.status == ExitStatus(Signaled{SIGKILL}));
        // By name, because inside they count from 1.
        std::size_t left = 0;
        for (const auto& entry : fs::directory_iterator("/proc")) {
            std::ifstream file(entry.path() / "cmdline");
            std::string line;
            std::getline(file, line, '\0');
            if (line == "/var/task/probe") ++left;
        }
        CHECK(left == 0);
    }
}

TEST_CASE_FIXTURE(SandboxFixture, "exits and signals are those of the program, and output comes whole") {
    if (!possible()) return;
    const auto sandbox = make();
    CHECK(probe_inside(*sandbox, {"write", "300000", "exit", "3"}).size() == 300'000);
    CHECK(last_status == ExitStatus(Exited{3}));
    (void)probe_inside(*sandbox, {"abort"});
    CHECK(std::get<Signaled>(*last_status).number == SIGABRT);
    // A program of its own accord: process 1 would be deaf to that.
    (void)shell(*sandbox, "kill -TERM $$");
    CHECK(last_status == ExitStatus(Signaled{SIGTERM}));
    Recorder recorder;
    const auto process = start(inside(*sandbox, {"/var/task/probe", "catch-term", "5", "say", "ready", "pause"}), recorder);
    run_to_output(recorder, "ready");
    process->terminate();
    run_to_exit(recorder);
    CHECK(*recorder.status == ExitStatus(Exited{5}));
}

TEST_CASE_FIXTURE(SandboxFixture, "set-user-id bits have no effect and no privilege can be gained") {
    if (!possible()) return;
    fs::copy_file("/usr/bin/id", scratch.path() / "task/id");
    REQUIRE(::chmod((scratch.path() / "task/id").c_str(), 04755) == 0);
    const auto sandbox = make();
    CHECK(shell(*sandbox, "./id -u") == "993\n");
    const std::string status = shell(*sandbox, "grep -E '^(CapPrm|CapEff|CapInh|CapAmb|NoNewPrivs)' /proc/self/status | tr -d '\\t'");
    CHECK(status == "CapInh:0000000000000000\nCapPrm:0000000000000000\nCapEff:0000000000000000\nCapAmb:0000000000000000\nNoNewPrivs:1\n");
    CHECK(shell(*sandbox, "kill -9 1 2>/dev/null; echo alive") == "alive\n");
}

TEST_CASE_FIXTURE(SandboxFixture, "what cannot be started is an error that says why, and leaves nothing") {
    if (!possible()) return;
    const auto sandbox = make();
    CHECK(failure(inside(*sandbox, {"/var/task/none"})).message == "no such file or directory");
    SpawnSpec lost = inside(*sandbox, {"/bin/true"});
    lost.working_directory = "/nowhere";
    CHECK(failure(lost).message == "chdir /nowhere: no such file or directory");
    std::ofstream(scratch.path() / "task/text") << "no program";
    CHECK(failure(inside(*sandbox, {"/var/task/text"})).message == "permission denied");
    const auto missing = sandboxes->make({{{"/no/such/folder", "/var/task"}}, mib});
    REQUIRE(missing.has_error());
    CHECK(missing.error().code == Errc::not_found);
    CHECK(missing.error().message == "mounting /no/such/folder: no such file or directory");
    // A failed start may have come as far as process 1; the next one is none the wiser.
    CHECK(shell(*sandbox, "echo still") == "still\n");
}

TEST_CASE_FIXTURE(SandboxFixture, "a user namespace bounds the processes inside") {
    if (!possible()) return;
    if (!sandboxes->unprivileged()) return; // a resource group does it there
    const auto sandbox = make();
    SpawnSpec spec = inside(*sandbox, {"/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do sleep 20 & done"});
    spec.processes_max = 8;
    Recorder recorder;
    const auto process = start(spec, recorder);
    run_to_exit(recorder);
    CHECK_MESSAGE(contains(recorder.output, "Cannot fork"), recorder.output);
}

TEST_CASE_FIXTURE(SandboxFixture, "the machine's /proc shows which programs run inside, and memory is counted") {
    if (!possible()) return;
    const auto sandbox = make();
    Recorder recorder;
    const auto process = start(inside(*sandbox, {"/var/task/probe", "hold", "32", "say", "ready", "pause"}), recorder);
    run_to_output(recorder, "ready");
    CHECK(process->peak_memory_bytes() >= 32 * mib);
    CHECK(process->peak_memory_bytes() < 48 * mib);
}

TEST_CASE_FIXTURE(SandboxFixture, "a program inside is in its resource group, its process 1 is not") {
    if (!possible()) return;
    ResourceSettings settings;
    settings.parent = "lambox-sandbox-test-" + std::to_string(::getpid());
    ResourceGroups groups = ResourceGroups::probe(settings, Logger());
    const auto group = groups.make({}).value();
    const auto sandbox = make();
    SpawnSpec spec = inside(*sandbox, {"/var/task/probe", "fork", "2", "say", "ready", "pause"});
    spec.attach = group->attach_point();
    Recorder recorder;
    const auto process = start(spec, recorder);
    run_to_output(recorder, "ready");
    CHECK(group->members().size() == 3);
}

TEST_CASE_FIXTURE(SandboxFixture, "programs of one sandbox share process numbers; one's end leaves the others, the last takes all along") {
    if (!possible()) return;
    const auto sandbox = make();
    Recorder first;
    Recorder second;
    const auto one = start(inside(*sandbox, {"/bin/sh", "-c", "echo up; read -r word </tmp/never 2>/dev/null; sleep 600"}), first);
    run_until([&] { return contains(first.output, "up"); });
    const std::string leaving = "cat /proc/1/comm; cat /proc/[0-9]*/comm | sort -u | tr '\\n' ' '; "
                                "(setsid sh -c 'touch /tmp/away; exec sleep 600' &); until [ -e /tmp/away ]; do :; done; exit 3";
    const auto two = start(inside(*sandbox, {"/bin/sh", "-c", leaving}), second);
    run_to_exit(second);
    CHECK(second.status == ExitStatus(Exited{3}));
    CHECK(contains(second.output, "lambox-init\n"));
    CHECK(contains(second.output, "sh "));
    CHECK_FALSE(first.status);
    // A third still finds the first, and the sleeper that the second has left behind.
    CHECK(shell(*sandbox, "until [ $(cat /proc/[0-9]*/comm 2>/dev/null | grep -c sleep) = 2 ]; do :; done; echo both") == "both\n");
    CHECK_FALSE(first.status);
    one->kill();
    run_to_exit(first);
    CHECK(first.status == ExitStatus(Signaled{SIGKILL}));
    // A new generation has process numbers of its own.
    CHECK(contains(shell(*sandbox, "cat /proc/[0-9]*/comm | grep -c sleep"), "0"));
}
