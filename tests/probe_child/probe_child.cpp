// A child that misbehaves to order. Its arguments are steps, done one after the other:
//
//   say TEXT            TEXT and a newline on stdout          say-error TEXT     the same on stderr
//   write N             N bytes, no newline                   flood              bytes without end and without newline
//   exit N              ends with code N                      abort              ends by SIGABRT
//   pause               waits for signals for ever            spin               burns CPU for ever
//   ignore-term         SIGTERM has no effect                 catch-term N       SIGTERM exits with code N
//   fork N              N children that pause, in our group   leave-group        moves to the parent's process group
//   session-child       a child in its own session, pausing   daemon             a daemon: two forks and a session
//   bare-daemon         a daemon with an empty environment    exec-daemon        a daemon that keeps the environment
//   zombie-orphan       a grandchild that ends at once        chain-daemons N    a daemon that starts a daemon, N times
//   allocate MIB        touches MIB, then frees it            hold MIB           touches MIB and keeps it
//   child-hold MIB      a child that holds MIB and pauses     close-output       closes stdout and stderr
//   spin-children N     N children that burn CPU for ever     hold-steps N       says a number after each MiB it holds, to N
//   report NAME         says NAME and its own pid
//   read-input          says how many bytes stdin gave        threads N          starts N threads that pause
//   print-environment   print-directory   print-limits   print-signals   print-descriptors   print-group
//
// What starts another process says "NAME PID" once that process is in place.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

const char* own_path = nullptr;
volatile int term_code = 0;

void put(int fd, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
        if (count <= 0) ::_exit(99);
        done += static_cast<std::size_t>(count);
    }
}

void say(const std::string& text) { put(1, text + "\n"); }

[[noreturn]] void pause_for_ever() {
    while (true) ::pause();
}

char* touched(long mib) {
    const std::size_t bytes = static_cast<std::size_t>(mib) * 1024 * 1024;
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) ::_exit(98);
    std::memset(memory, 1, bytes);
    return static_cast<char*>(memory);
}

void report(const std::string& name) { say(name + " " + std::to_string(::getpid())); }

using Ready = std::function<void()>;

/// Runs `body` in a child; returns the child's pid when `body` has called its argument, has exec'ed or has ended.
pid_t in_child(const std::function<void(const Ready&)>& body) {
    int gate[2];
    if (::pipe2(gate, O_CLOEXEC) != 0) ::_exit(97);
    const pid_t pid = ::fork();
    if (pid == 0) {
        // A gate of our own parent must not stay open because we hold it too.
        for (int fd = 3; fd < 64; ++fd) {
            if (fd != gate[1]) ::close(fd);
        }
        body([&gate] { ::close(gate[1]); });
        ::_exit(0);
    }
    ::close(gate[1]);
    char byte;
    while (::read(gate[0], &byte, 1) > 0) {}
    ::close(gate[0]);
    return pid;
}

void start_daemon(const std::function<void(const Ready&)>& body) {
    const pid_t between = in_child([&body](const Ready& ready) {
        ::setsid();
        if (::fork() == 0) body(ready);
    });
    ::waitpid(between, nullptr, 0);
}

void print_descriptors() {
    DIR* folder = ::opendir("/proc/self/fd");
    while (const dirent* entry = ::readdir(folder)) {
        const int fd = std::atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd == ::dirfd(folder)) continue;
        char target[512] = {};
        if (::readlinkat(::dirfd(folder), entry->d_name, target, sizeof target - 1) < 0) continue;
        say(std::string(entry->d_name) + " " + target);
    }
    ::closedir(folder);
}

void print_limits() {
    rlimit files;
    ::getrlimit(RLIMIT_NOFILE, &files);
    say("files " + std::to_string(files.rlim_cur) + " " + std::to_string(files.rlim_max));
}

void print_signals() {
    sigset_t blocked;
    ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
    int death_signal = 0;
    ::prctl(PR_GET_PDEATHSIG, &death_signal);
    std::string text = "blocked";
    for (int number = 1; number < NSIG; ++number) {
        if (::sigismember(&blocked, number) == 1) text += " " + std::to_string(number);
    }
    text += "\nignored";
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction action;
        if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) text += " " + std::to_string(number);
    }
    say(text + "\ndeath-signal " + std::to_string(death_signal));
}

void chain_daemons(long count) {
    start_daemon([count](const Ready& ready) {
        if (count > 1) chain_daemons(count - 1);
        report("daemon");
        ready();
        pause_for_ever();
    });
}

/// The new program itself reports, because only then its environment can be read from outside.
void exec_daemon(char* const environment[]) {
    start_daemon([environment](const Ready&) {
        char report_step[] = "report";
        char name[] = "daemon";
        char pause_step[] = "pause";
        std::string path = own_path;
        char* arguments[] = {path.data(), report_step, name, pause_step, nullptr};
        ::execve(own_path, arguments, environment);
        ::_exit(96);
    });
}

using Step = std::function<void(const std::string& value)>;

std::map<std::string, Step> process_steps() {
    std::map<std::string, Step> steps;
    steps["exit"] = [](const std::string& value) { ::_exit(std::atoi(value.c_str())); };
    steps["abort"] = [](const std::string&) { std::abort(); };
    steps["pause"] = [](const std::string&) { pause_for_ever(); };
    steps["spin"] = [](const std::string&) {
        for (volatile unsigned turns = 0;;) turns = turns + 1;
    };
    steps["ignore-term"] = [](const std::string&) { ::signal(SIGTERM, SIG_IGN); };
    steps["catch-term"] = [](const std::string& value) {
        term_code = std::atoi(value.c_str());
        ::signal(SIGTERM, [](int) { ::_exit(term_code); });
    };
    steps["fork"] = [](const std::string& value) {
        for (int i = 0; i < std::atoi(value.c_str()); ++i) {
            in_child([](const Ready& ready) {
                report("child");
                ready();
                pause_for_ever();
            });
        }
    };
    steps["spin-children"] = [](const std::string& value) {
        for (int i = 0; i < std::atoi(value.c_str()); ++i) {
            in_child([](const Ready& ready) {
                report("spinner");
                ready();
                for (volatile unsigned turns = 0;;) turns = turns + 1;
            });
        }
    };
    steps["leave-group"] = [](const std::string&) { ::setpgid(0, ::getpgid(::getppid())); };
    steps["session-child"] = [](const std::string&) {
        in_child([](const Ready& ready) {
            ::setsid();
            report("session");
            ready();
            pause_for_ever();
        });
    };
    steps["daemon"] = [](const std::string&) { chain_daemons(1); };
    steps["chain-daemons"] = [](const std::string& value) { chain_daemons(std::atol(value.c_str())); };
    steps["exec-daemon"] = [](const std::string&) { exec_daemon(environ); };
    steps["bare-daemon"] = [](const std::string&) {
        char* nothing[] = {nullptr};
        exec_daemon(nothing);
    };
    steps["zombie-orphan"] = [](const std::string&) {
        start_daemon([](const Ready&) {
            report("orphan");
            ::_exit(0);
        });
    };
    steps["threads"] = [](const std::string& value) {
        for (int i = 0; i < std::atoi(value.c_str()); ++i) std::thread(pause_for_ever).detach();
    };
    return steps;
}

std::map<std::string, Step> output_steps() {
    std::map<std::string, Step> steps;
    steps["report"] = [](const std::string& value) { report(value); };
    steps["say"] = [](const std::string& value) { say(value); };
    steps["say-error"] = [](const std::string& value) { put(2, value + "\n"); };
    steps["write"] = [](const std::string& value) { put(1, std::string(static_cast<std::size_t>(std::atol(value.c_str())), 'x')); };
    steps["flood"] = [](const std::string&) {
        const std::string piece(4096, 'f');
        while (true) put(1, piece);
    };
    steps["close-output"] = [](const std::string&) {
        ::close(1);
        ::close(2);
    };
    steps["read-input"] = [](const std::string&) {
        char bytes[16];
        say("input " + std::to_string(::read(0, bytes, sizeof bytes)));
    };
    steps["print-environment"] = [](const std::string&) {
        for (char** entry = environ; *entry != nullptr; ++entry) say(*entry);
    };
    steps["print-directory"] = [](const std::string&) {
        char path[4096];
        say(::getcwd(path, sizeof path) != nullptr ? path : "none");
    };
    steps["print-limits"] = [](const std::string&) { print_limits(); };
    steps["print-signals"] = [](const std::string&) { print_signals(); };
    steps["print-descriptors"] = [](const std::string&) { print_descriptors(); };
    steps["print-group"] = [](const std::string&) { say(::getpgrp() == ::getpid() ? "leader" : "member"); };
    steps["allocate"] = [](const std::string& value) {
        const long mib = std::atol(value.c_str());
        ::munmap(touched(mib), static_cast<std::size_t>(mib) * 1024 * 1024);
    };
    steps["hold-steps"] = [](const std::string& value) {
        for (int held = 1; held <= std::atoi(value.c_str()); ++held) {
            touched(1);
            say(std::to_string(held));
        }
    };
    steps["hold"] = [](const std::string& value) { touched(std::atol(value.c_str())); };
    steps["child-hold"] = [](const std::string& value) {
        in_child([&value](const Ready& ready) {
            touched(std::atol(value.c_str()));
            report("child");
            ready();
            pause_for_ever();
        });
    };
    return steps;
}

const std::vector<std::string> steps_with_value = {"allocate",  "catch-term",    "chain-daemons", "child-hold", "exit",
                                                   "fork",      "hold",          "hold-steps",    "report",     "say",
                                                   "say-error", "spin-children", "threads",       "write"};

} // namespace

int main(int count, char** arguments) {
    own_path = arguments[0];
    std::map<std::string, Step> steps = process_steps();
    steps.merge(output_steps());
    for (int i = 1; i < count; ++i) {
        const std::string name = arguments[i];
        const auto step = steps.find(name);
        if (step == steps.end()) {
            put(2, "probe_child: no step " + name + "\n");
            return 95;
        }
        bool takes_value = false;
        for (const std::string& other : steps_with_value) takes_value = takes_value || other == name;
        if (takes_value && i + 1 == count) return 94;
        step->second(takes_value ? arguments[++i] : "");
    }
    return 0;
}
