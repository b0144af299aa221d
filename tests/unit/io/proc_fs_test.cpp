// Goal: descendants, their owners and their memory are read rightly from both kinds of /proc, with and without lists of
// children. Method: a made-up /proc in a folder, because a machine has only one of the two kinds.
#include "../../../src/io/posix_process_detail.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <stdlib.h>

using namespace lambox;
using namespace lambox::io::posix;
namespace fs = std::filesystem;

namespace {

enum class Kind { with_lists, without_lists };

constexpr pid_t self = 100;

class FakeProc {
public:
    explicit FakeProc(Kind kind) : kind_(kind) {
        char path[] = "/tmp/lambox-proc-XXXXXX";
        REQUIRE(::mkdtemp(path) != nullptr);
        root_ = path;
        if (kind == Kind::with_lists) write("thread-self/children", "");
        newest(900);
        add(1, 0, 1, {});
        add(self, 1, self, {});
    }
    FakeProc(const FakeProc&) = delete;
    FakeProc& operator=(const FakeProc&) = delete;
    ~FakeProc() { fs::remove_all(root_); }

    void add(pid_t pid, pid_t parent, pid_t group, const std::string& environment, char state = 'S') {
        const std::string numbers = std::to_string(parent) + " " + std::to_string(group) + " 0 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ";
        const std::string name = std::to_string(pid) + " (a) b (S 1) ";
        write(std::to_string(pid) + "/stat", name + state + " " + numbers + std::to_string(pid * 10) + " 1 2\n");
        write(std::to_string(pid) + "/environ", environment);
        if (kind_ == Kind::with_lists) adopt(pid, parent, parent);
    }
    /// Lists `pid` as a child made by one thread of `parent`.
    void adopt(pid_t pid, pid_t parent, pid_t thread) {
        const std::string name = std::to_string(parent) + "/task/" + std::to_string(thread) + "/children";
        std::string text;
        std::getline(std::ifstream(root_ / name), text);
        write(name, text + std::to_string(pid) + " ");
    }
    void memory(pid_t pid, int kib) {
        write(std::to_string(pid) + "/status", "Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t    " + std::to_string(kib) + " kB\nVmRSS:\t 1 kB\n");
    }
    void pages(pid_t pid, int resident) { write(std::to_string(pid) + "/statm", "900 " + std::to_string(resident) + " 3 1 0 20 0\n"); }
    void newest(pid_t pid) { write("loadavg", "0.00 0.01 0.05 1/99 " + std::to_string(pid) + "\n"); }
    void remove(pid_t pid) { fs::remove_all(root_ / std::to_string(pid)); }
    [[nodiscard]] ProcFs open() const { return {root_.string(), self}; }

private:
    void write(const std::string& name, const std::string& text) {
        fs::create_directories((root_ / name).parent_path());
        std::ofstream(root_ / name) << text;
    }
    Kind kind_;
    fs::path root_;
};

/// "pid>owner" in the order of pids, zombies with a z.
std::string describe(std::vector<Descendant> found) {
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
    std::string text;
    for (const Descendant& one : found) {
        CHECK(one.start == static_cast<std::uint64_t>(one.pid) * 10);
        text += std::to_string(one.pid) + (one.zombie ? "z>" : ">") + std::to_string(one.owner) + " ";
    }
    return text;
}

std::string entries(std::initializer_list<std::string> list) {
    std::string text;
    for (const std::string& entry : list) text += entry + '\0';
    return text;
}

} // namespace

TEST_CASE("descendants are given to their owners by parent, group and mark") {
    for (const Kind kind : {Kind::with_lists, Kind::without_lists}) {
        CAPTURE(static_cast<int>(kind));
        FakeProc fake(kind);
        KnownChildren known;
        known.add(200, "MARK=a");
        known.add(300, "MARK=b");
        fake.add(200, self, 200, entries({"MARK=a"}));
        fake.add(201, 200, 999, {});                                 // by its parent
        fake.add(202, 201, 999, {});                                 // by its parent's parent
        fake.add(300, self, 300, entries({"MARK=b"}));
        fake.add(301, 300, 300, {});                                 // below another known child
        fake.add(400, self, 200, {});                                // orphan in the group
        fake.add(401, self, 401, entries({"X=1", "MARK=a", "Y=2"})); // orphan with the mark
        fake.add(402, 401, 402, {});                                 // below it
        fake.add(403, self, 403, entries({"MARK=b"}));               // another's orphan
        fake.add(404, self, 404, entries({"MARK=ab", "XMARK=a"}));   // nobody's
        fake.add(405, self, 405, {}, 'Z');                           // nobody's, ended
        fake.add(500, 1, 500, entries({"MARK=a"}));                  // no descendant of ours
        const ProcFs proc = fake.open();
        CHECK(describe(proc.descendants(known, 200)) == "201>200 202>200 400>200 401>200 402>200 403>300 404>0 405z>0 ");
        CHECK(describe(proc.descendants(known, 300)) == "301>300 400>200 401>200 402>200 403>300 404>0 405z>0 ");
        CHECK(describe(proc.descendants(known, 0)) == "400>200 401>200 402>200 403>300 404>0 405z>0 ");
        known.remove(200);
        known.remove(300);
        CHECK(known.find_mark(entries({"MARK=a"})) == 0);
        CHECK(describe(proc.descendants(known, 0)) ==
              "200>0 201>0 202>0 300>0 301>0 400>0 401>0 402>0 403>0 404>0 405z>0 ");
    }
}

TEST_CASE("the children of every thread count") {
    FakeProc fake(Kind::with_lists);
    KnownChildren known;
    known.add(200, "");
    fake.add(200, self, 200, {});
    fake.add(201, 200, 200, {});
    fake.add(202, 7, 200, {});
    fake.adopt(202, 200, 205);
    fake.add(203, 7, 203, {});
    fake.adopt(203, self, 101);
    CHECK(describe(fake.open().descendants(known, 200)) == "201>200 202>200 203>0 ");
}

TEST_CASE("a child that is listed and gone is passed over") {
    for (const Kind kind : {Kind::with_lists, Kind::without_lists}) {
        FakeProc fake(kind);
        fake.add(200, self, 200, {});
        fake.add(201, self, 201, {});
        fake.remove(200);
        CHECK(describe(fake.open().descendants(KnownChildren(), 0)) == "201>0 ");
    }
}

TEST_CASE("a process without an entry in /proc has no state") {
    const FakeProc fake(Kind::with_lists);
    CHECK_FALSE(fake.open().stat(4711).has_value());
    const auto own = fake.open().stat(self);
    REQUIRE(own.has_value());
    CHECK(own->state == 'S');
    CHECK(own->parent == 1);
    CHECK(own->group == self);
}

TEST_CASE("memory is summed over the tree, its maximum is kept, and the tree is looked for only after new pids") {
    for (const Kind kind : {Kind::with_lists, Kind::without_lists}) {
        FakeProc fake(kind);
        KnownChildren known;
        known.add(200, "MARK=a");
        fake.add(200, self, 200, {});
        fake.memory(200, 1'000);
        const ProcFs proc = fake.open();
        CHECK(proc.newest_pid() == 900);
        TreeMemory memory(200);
        CHECK(memory.sample(proc, known) == 1'000 * 1024);
        fake.add(201, 200, 201, {});
        fake.memory(201, 500);
        fake.add(202, self, 202, entries({"MARK=a"}));
        fake.memory(202, 250);
        fake.add(203, self, 203, {});
        fake.memory(203, 10'000);
        CHECK(memory.sample(proc, known) == 1'000 * 1024);
        fake.newest(901);
        CHECK(memory.sample(proc, known) == 1'750 * 1024);
        fake.remove(201);
        CHECK(memory.sample(proc, known) == 1'750 * 1024);
        fake.memory(202, 2'000);
        CHECK(memory.sample(proc, known) == 3'000 * 1024);
        CHECK(memory.peak() == 3'000 * 1024);
    }
}

TEST_CASE("without a newest pid the tree is looked for every time") {
    FakeProc fake(Kind::with_lists);
    KnownChildren known;
    known.add(200, "");
    fake.add(200, self, 200, {});
    fake.memory(200, 10);
    fake.newest(0);
    const ProcFs proc = fake.open();
    TreeMemory memory(200);
    CHECK(memory.sample(proc, known) == 10 * 1024);
    fake.add(201, 200, 200, {});
    fake.memory(201, 20);
    CHECK(memory.sample(proc, known) == 30 * 1024);
}

TEST_CASE("the leader's peak is read again when it holds another number of pages, and never falls") {
    FakeProc fake(Kind::with_lists);
    fake.add(200, self, 200, {});
    fake.memory(200, 100);
    fake.pages(200, 25);
    const ProcFs proc = fake.open();
    TreeMemory memory(200);
    CHECK(memory.sample_leader(proc) == 100 * 1024);
    fake.memory(200, 300);
    CHECK(memory.sample_leader(proc) == 100 * 1024); // as many pages as before: not looked at
    fake.pages(200, 24);
    CHECK(memory.sample_leader(proc) == 300 * 1024);
    fake.memory(200, 50);
    fake.pages(200, 12);
    CHECK(memory.sample_leader(proc) == 300 * 1024);
    CHECK(memory.leader_peak() == 300 * 1024);
}

TEST_CASE("a leader without statm is asked every time, and one that has gone keeps its peak") {
    FakeProc fake(Kind::with_lists);
    fake.add(200, self, 200, {});
    fake.memory(200, 10);
    const ProcFs proc = fake.open();
    TreeMemory memory(200);
    CHECK(memory.sample_leader(proc) == 10 * 1024);
    fake.memory(200, 20);
    CHECK(memory.sample_leader(proc) == 20 * 1024);
    fake.remove(200);
    CHECK(memory.sample_leader(proc) == 20 * 1024);
}
