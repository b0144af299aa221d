// Goal: a child starts in the promised surroundings or its failure is told in strerror's words; its output and status
// arrive in order, once, and never from inside a call. Method: probe_child; no time is waited for, only events.
#include "process_fixture.hpp"

#include "lambox/io/clock.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>

using namespace lambox;
using namespace lambox::io;
namespace fs = std::filesystem;

namespace {

class Folder {
public:
    Folder() {
        char path[] = "/tmp/lambox-process-XXXXXX";
        REQUIRE(::mkdtemp(path) != nullptr);
        path_ = path;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }
    std::string write(const std::string& name, const std::string& text, mode_t mode) const {
        const std::string file = path_ + "/" + name;
        std::ofstream(file) << text;
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        return file;
    }

private:
    std::string path_;
};

SpawnSpec program(const std::string& path) {
    SpawnSpec spec;
    spec.arguments = {path};
    spec.working_directory = "/";
    return spec;
}

} // namespace

TEST_CASE_FIXTURE(ProcessFixture, "exit codes come back as they were") {
    for (const int code : {0, 1, 42, 127, 255}) CHECK(run({"exit", std::to_string(code)}) == ExitStatus(Exited{code}));
}

TEST_CASE_FIXTURE(ProcessFixture, "a fatal signal comes back with its number") {
    const ExitStatus status = run({"abort"});
    REQUIRE(std::holds_alternative<Signaled>(status));
    CHECK(std::get<Signaled>(status).number == SIGABRT);
}

TEST_CASE_FIXTURE(ProcessFixture, "stdout and stderr arrive as one stream in the order they were written") {
    CHECK(run({"say", "one", "say-error", "two", "say", "three"}) == ExitStatus(Exited{0}));
    CHECK(last_output == "one\ntwo\nthree\n");
}

TEST_CASE_FIXTURE(ProcessFixture, "output written just before the exit is not lost, whatever its size") {
    for (const std::size_t size : {1UL, 65'535UL, 65'536UL, 1'000'000UL}) {
        CHECK(run({"write", std::to_string(size)}) == ExitStatus(Exited{0}));
        CHECK(last_output.size() == size);
    }
}

TEST_CASE_FIXTURE(ProcessFixture, "the environment is the given one and nothing else") {
    SpawnSpec spec = probe({"print-environment"});
    spec.environment.emplace_back("EMPTY", "");
    spec.environment.emplace_back("EQUALS", "a=b c");
    Recorder recorder;
    const auto process = start(spec, recorder);
    run_to_exit(recorder);
    CHECK(recorder.output == "LANG=C\n" + spec.mark + "\nEMPTY=\nEQUALS=a=b c\n");
}

TEST_CASE_FIXTURE(ProcessFixture, "directory, limit, group, input and signals are as promised") {
    // What a careless parent would hand down.
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    SpawnSpec spec = probe({"print-directory", "print-limits", "print-group", "read-input", "print-signals"});
    spec.working_directory = "/proc";
    spec.open_files_max = 77;
    Recorder recorder;
    const auto process = start(spec, recorder);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    run_to_exit(recorder);
    CHECK(recorder.output == "/proc\nfiles 77 77\nleader\ninput 0\nblocked\nignored\ndeath-signal 9\n");
}

TEST_CASE_FIXTURE(ProcessFixture, "spawning leaves our own signal mask alone") {
    sigset_t before;
    sigset_t after;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
    CHECK(run({"exit", "0"}) == ExitStatus(Exited{0}));
    ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
    for (int number = 1; number < NSIG; ++number) CHECK(sigismember(&before, number) == sigismember(&after, number));
}

TEST_CASE_FIXTURE(ProcessFixture, "a child has three descriptors and inherits none of ours") {
    const int inheritable = ::socket(AF_INET, SOCK_STREAM, 0);
    const int high = ::fcntl(inheritable, F_DUPFD, 500);
    CHECK(run({"print-descriptors"}) == ExitStatus(Exited{0}));
    ::close(high);
    ::close(inheritable);
    const std::string pipe = last_output.substr(last_output.find("1 ") + 2, last_output.find("\n2 ") - last_output.find("1 ") - 2);
    CHECK(pipe.starts_with("pipe:["));
    CHECK(last_output == "0 /dev/null\n1 " + pipe + "\n2 " + pipe + "\n");
}

TEST_CASE_FIXTURE(ProcessFixture, "a program that cannot be run is told in strerror's words") {
    const Folder folder;
    const Error missing = failure(program(folder.path() + "/none"));
    CHECK(missing.code == Errc::not_found);
    CHECK(missing.message == "no such file or directory");

    const Error plain = failure(program(folder.write("plain", "#!/bin/sh\n", 0644)));
    CHECK(plain.code == Errc::permission_denied);
    CHECK(plain.message == "permission denied");

    const Error itself = failure(program(folder.path()));
    CHECK(itself.code == Errc::permission_denied);

    const Error text = failure(program(folder.write("text", "hello\n", 0755)));
    CHECK(text.code == Errc::malformed);
    CHECK(text.message == "exec format error");

    const Error empty = failure(program(folder.write("empty", "", 0755)));
    CHECK(empty.code == Errc::malformed);

    const Error interpreter = failure(program(folder.write("lost", "#!/no/such/interpreter\n", 0755)));
    CHECK(interpreter.code == Errc::not_found);

    const Error below_file = failure(program(folder.path() + "/plain/below"));
    CHECK(below_file.code == Errc::not_found);
    CHECK(below_file.message == "not a directory");
}

TEST_CASE_FIXTURE(ProcessFixture, "a directory that cannot be entered is named") {
    SpawnSpec spec = probe({"exit", "0"});
    spec.working_directory = "/tmp/no such directory";
    const Error error = failure(spec);
    CHECK(error.code == Errc::not_found);
    CHECK(error.message == "chdir /tmp/no such directory: no such file or directory");
    spec.working_directory = LAMBOX_PROBE_CHILD;
    CHECK(failure(spec).message == std::string("chdir ") + LAMBOX_PROBE_CHILD + ": not a directory");
}

TEST_CASE_FIXTURE(ProcessFixture, "texts that the kernel cannot take are refused") {
    SpawnSpec spec = probe({"say", std::string("a\0b", 3)});
    CHECK(failure(spec).code == Errc::invalid_argument);
    spec = probe({"exit", "0"});
    spec.environment.emplace_back("NUL", std::string(1, '\0'));
    CHECK(failure(spec).code == Errc::invalid_argument);
    spec = probe({"say", std::string(5'000'000, 'x')});
    CHECK(failure(spec).message == "argument list too long");
}

TEST_CASE_FIXTURE(ProcessFixture, "the program is not searched in the path") {
    CHECK(failure(program("sh")).code == Errc::not_found);
}

TEST_CASE_FIXTURE(ProcessFixture, "nothing is called from inside spawn, terminate and kill") {
    Recorder recorder;
    auto process = start({"say", "hello", "pause"}, recorder);
    CHECK(recorder.pieces == 0);
    run_to_output(recorder, "hello\n");
    process->terminate();
    CHECK(recorder.exits == 0);
    process->kill();
    CHECK(recorder.exits == 0);
    run_to_exit(recorder);
    const int number = std::get<Signaled>(*recorder.status).number;
    CHECK((number == SIGTERM || number == SIGKILL));
    process->terminate();
    process->kill();
    process->drain_output();
    io->restart();
    io->poll();
    CHECK(recorder.exits == 1);
}

TEST_CASE_FIXTURE(ProcessFixture, "a terminated process may end in its own way, or not at all") {
    Recorder polite;
    const auto ending = start({"catch-term", "7", "say", "ready", "pause"}, polite);
    Recorder stubborn;
    const auto staying = start({"ignore-term", "say", "ready", "pause"}, stubborn);
    run_to_output(polite, "ready\n");
    run_to_output(stubborn, "ready\n");
    ending->terminate();
    staying->terminate();
    run_to_exit(polite);
    CHECK(*polite.status == ExitStatus(Exited{7}));
    CHECK(stubborn.exits == 0);
    staying->kill();
    run_to_exit(stubborn);
    CHECK(*stubborn.status == ExitStatus(Signaled{SIGKILL}));
}

TEST_CASE_FIXTURE(ProcessFixture, "killing at once after spawning works") {
    for (int i = 0; i < 20; ++i) {
        Recorder recorder;
        const auto process = start({"pause"}, recorder);
        process->kill();
        run_to_exit(recorder);
        CHECK(*recorder.status == ExitStatus(Signaled{SIGKILL}));
    }
}

TEST_CASE_FIXTURE(ProcessFixture, "destroying at once after spawning works and calls nobody") {
    Recorder recorder;
    for (int i = 0; i < 20; ++i) (void)start({"say", "hello", "pause"}, recorder);
    CHECK(childless());
    io->poll();
    CHECK(recorder.pieces == 0);
    CHECK(recorder.exits == 0);
}

TEST_CASE_FIXTURE(ProcessFixture, "a stopped process can be killed") {
    Recorder recorder;
    auto process = start({"report", "self", "pause"}, recorder);
    run_to_output(recorder, "self ");
    ::kill(recorder.reported("self").at(0), SIGSTOP);
    process->kill();
    run_to_exit(recorder);
    CHECK(*recorder.status == ExitStatus(Signaled{SIGKILL}));
}

TEST_CASE_FIXTURE(ProcessFixture, "draining passes on waiting output now, and at most one MiB") {
    Recorder recorder;
    auto process = start({"report", "self", "write", "5", "exit", "0"}, recorder);
    // Its exit is observed without the loop, so what it wrote is still in the pipe.
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) != 0) REQUIRE(errno == EINTR);
    process->drain_output();
    CHECK(recorder.output.ends_with("\nxxxxx"));
    CHECK(recorder.exits == 0);
    process->drain_output();
    run_to_exit(recorder);

    Recorder flooded;
    auto flooding = start({"flood"}, flooded);
    for (int i = 0; i < 3; ++i) {
        const std::size_t before = flooded.output.size();
        flooding->drain_output();
        CHECK(flooded.output.size() - before <= 1024 * 1024 + limits::output_read_bytes);
    }
}

TEST_CASE_FIXTURE(ProcessFixture, "a flooding child does not starve the loop") {
    Recorder recorder;
    const auto process = start({"flood"}, recorder);
    run_until([&] { return recorder.pieces > 0; });
    int turns = 0;
    std::function<void()> turn = [&] {
        if (++turns < 200) boost::asio::post(*io, turn);
    };
    boost::asio::post(*io, turn);
    SystemClock clock(io->get_executor());
    bool fired = false;
    const auto timer = clock.call_at(clock.now() + Milliseconds{5}, [&] { fired = true; });
    run_until([&] { return turns == 200 && fired; });
    run_until([&] { return recorder.output.size() > 10'000'000; });
    process->kill();
    run_to_exit(recorder);
    CHECK(recorder.output.find_first_not_of('f') == std::string::npos);
}

TEST_CASE_FIXTURE(ProcessFixture, "a child that closed its output is still watched") {
    Recorder recorder;
    auto process = start({"say", "bye", "close-output", "pause"}, recorder);
    run_to_output(recorder, "bye\n");
    io->restart();
    io->poll();
    CHECK(recorder.exits == 0);
    process->terminate();
    run_to_exit(recorder);
    CHECK(*recorder.status == ExitStatus(Signaled{SIGTERM}));
}

namespace {

/// Destroys its process from inside a callback.
struct Destroyer : Recorder {
    enum class Moment { output, exit };
    explicit Destroyer(Moment at) : moment(at) {}
    void on_output(std::string_view bytes) override {
        Recorder::on_output(bytes);
        if (moment == Moment::output) process.reset();
        // The bytes must outlive their process.
        CHECK(bytes.find_first_not_of("fhelo\n") == std::string_view::npos);
    }
    void on_exit(ExitStatus ended) override {
        Recorder::on_exit(ended);
        process.reset();
    }
    Moment moment;
    std::unique_ptr<Process> process;
};

} // namespace

TEST_CASE_FIXTURE(ProcessFixture, "a listener may destroy its process in any callback") {
    Destroyer at_output(Destroyer::Moment::output);
    at_output.process = start({"flood"}, at_output);
    run_until([&] { return at_output.process == nullptr; });
    CHECK(at_output.pieces == 1);

    Destroyer at_drain(Destroyer::Moment::output);
    at_drain.process = start({"flood"}, at_drain);
    while (at_drain.process) at_drain.process->drain_output();
    CHECK(at_drain.pieces == 1);

    Destroyer at_exit(Destroyer::Moment::exit);
    at_exit.process = start({"say", "hello"}, at_exit);
    run_to_exit(at_exit);
    CHECK(at_exit.process == nullptr);

    Destroyer at_last_output(Destroyer::Moment::output);
    at_last_output.process = start({"say", "hello"}, at_last_output);
    run_until([&] { return at_last_output.process == nullptr; });
    io->restart();
    io->poll();
    CHECK(at_last_output.exits == 0);
}

TEST_CASE_FIXTURE(ProcessFixture, "many children at once keep their outputs and statuses apart") {
    constexpr int count = 50;
    std::vector<Recorder> recorders(count);
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < count; ++i) {
        processes.push_back(start({"say", "number " + std::to_string(i), "exit", std::to_string(i)}, recorders[i]));
    }
    for (int i = 0; i < count; ++i) {
        run_to_exit(recorders[i]);
        CHECK(recorders[i].output == "number " + std::to_string(i) + "\n");
        CHECK(*recorders[i].status == ExitStatus(Exited{i}));
    }
}
