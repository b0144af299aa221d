#include "posix_process_detail.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace lambox::io::posix {
namespace {

constexpr std::size_t environment_bytes_max = 1024 * 1024;
constexpr int environment_attempts_max = 16;
constexpr std::size_t children_bytes_max = 1024 * 1024;
constexpr std::size_t descendants_max = 65'536;
constexpr std::size_t victims_waited_for_max = 256; ///< each costs a descriptor

std::string read_file(const std::string& path, std::size_t bytes_max) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> piece;
    while (file.open() && text.size() < bytes_max) {
        const ssize_t count = ::read(file.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return text;
}

/// The next blank-separated word, taken from the front of `text`.
std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    return word;
}

template <class Number>
Number to_number(std::string_view word) {
    Number value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
}

/// Names in `path` that are numbers.
std::vector<pid_t> numbered_entries(const std::string& path) {
    std::vector<pid_t> numbers;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), [](DIR* open) { return ::closedir(open); });
    if (!folder) return numbers;
    while (const dirent* entry = ::readdir(folder.get())) {
        if (const auto number = to_number<pid_t>(entry->d_name); number > 0) numbers.push_back(number);
    }
    return numbers;
}

} // namespace

void KnownChildren::add(pid_t pid, const std::string& mark) {
    marks_.emplace(pid, mark);
    if (!mark.empty()) by_mark_.emplace(mark, pid);
}

void KnownChildren::remove(pid_t pid) {
    const auto found = marks_.find(pid);
    if (found == marks_.end()) return;
    const auto [begin, end] = by_mark_.equal_range(found->second);
    const auto own = std::find_if(begin, end, [pid](const auto& one) { return one.second == pid; });
    if (own != end) by_mark_.erase(own);
    marks_.erase(found);
}

pid_t KnownChildren::find_mark(std::string_view environment) const {
    while (!environment.empty()) {
        const std::string_view entry = environment.substr(0, environment.find('\0'));
        if (const auto found = by_mark_.find(entry); found != by_mark_.end()) return found->second;
        environment.remove_prefix(std::min(entry.size() + 1, environment.size()));
    }
    return 0;
}

ProcFs::ProcFs() : ProcFs("/proc", ::getpid()) {}

ProcFs::ProcFs(std::string root, pid_t self)
    : root_(std::move(root)), self_(self), loadavg_(::open((root_ + "/loadavg").c_str(), O_RDONLY | O_CLOEXEC)),
      has_children_files_(::access((root_ + "/thread-self/children").c_str(), R_OK) == 0) {}

std::string ProcFs::path(pid_t pid, std::string_view file) const { return root_ + "/" + std::to_string(pid) + "/" + std::string(file); }

/// Any thread may have made a child, and each has a list of its own.
std::vector<pid_t> ProcFs::listed_children(pid_t pid) const {
    std::vector<pid_t> children;
    for (const pid_t thread : numbered_entries(path(pid, "task"))) {
        const std::string text = read_file(path(pid, "task/" + std::to_string(thread) + "/children"), children_bytes_max);
        std::string_view rest = text;
        while (const auto child = to_number<pid_t>(take_word(rest)))
            children.push_back(child);
    }
    return children;
}

/// Its entries, each ended by NUL. A process in the middle of an exec has none for a few microseconds, so an empty
/// answer is asked for again.
std::string ProcFs::environment_of(pid_t pid) const {
    const std::string file = path(pid, "environ");
    std::string entries;
    for (int attempt = 0; attempt < environment_attempts_max; ++attempt) {
        entries = read_file(file, environment_bytes_max);
        if (!entries.empty()) break;
        ::sched_yield();
    }
    return entries;
}

std::optional<ProcStat> ProcFs::stat(pid_t pid) const {
    const std::string text = read_file(path(pid, "stat"), 4096);
    // The name in parentheses is the process's own choice and may hold blanks and parentheses.
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::string_view rest = std::string_view(text).substr(name_end + 1);
    const std::string_view state = take_word(rest);
    if (state.empty()) return std::nullopt;
    ProcStat result{};
    result.state = state.front();
    result.parent = to_number<pid_t>(take_word(rest));
    result.group = to_number<pid_t>(take_word(rest));
    for (int field = 6; field < 22; ++field)
        take_word(rest);
    result.start = to_number<std::uint64_t>(take_word(rest));
    return result;
}

ProcFs::Census ProcFs::take_census() const {
    Census census;
    for (const pid_t pid : numbered_entries(root_)) {
        if (const auto seen = stat(pid)) census.emplace(seen->parent, std::pair(pid, *seen));
    }
    return census;
}

std::vector<Descendant> ProcFs::descendants(const KnownChildren& known, pid_t inside) const {
    std::vector<Descendant> found;
    Census census;
    if (!has_children_files_) census = take_census();
    std::vector<std::pair<pid_t, pid_t>> parents{{self_, 0}};
    const auto visit = [&](pid_t pid, const ProcStat& seen, pid_t owner) {
        const bool zombie = seen.state == 'Z' || seen.state == 'X';
        if (owner == 0 && known.contains(seen.group)) owner = seen.group;
        if (owner == 0 && !zombie) owner = known.find_mark(environment_of(pid));
        found.push_back(Descendant{pid, seen.start, zombie, owner});
        parents.emplace_back(pid, owner);
    };
    for (std::size_t next = 0; next < parents.size() && found.size() < descendants_max; ++next) {
        const auto [parent, owner] = parents[next];
        if (has_children_files_) {
            for (const pid_t pid : listed_children(parent)) {
                if (pid == inside) parents.emplace_back(pid, pid);
                if (known.contains(pid)) continue;
                if (const auto seen = stat(pid)) visit(pid, *seen, owner);
            }
            continue;
        }
        const auto [first, last] = census.equal_range(parent);
        for (auto entry = first; entry != last; ++entry) {
            const auto& [pid, seen] = entry->second;
            if (pid == inside) parents.emplace_back(pid, pid);
            if (!known.contains(pid)) visit(pid, seen, owner);
        }
    }
    return found;
}

pid_t ProcFs::newest_pid() const {
    std::array<char, 128> text;
    const ssize_t count = ::pread(loadavg_.get(), text.data(), text.size(), 0);
    if (count <= 0) return 0;
    std::string_view line(text.data(), static_cast<std::size_t>(count));
    for (int field = 1; field < 5; ++field)
        take_word(line);
    return to_number<pid_t>(take_word(line));
}

bool Victims::strike(const ProcFs& proc, const Descendant& target) {
    if (!met_.emplace(target.pid, target.start).second) return false;
    if (target.zombie) return true;
    // The pid may have changed hands since it was seen. The pidfd is taken first and its start compared after:
    // if they agree, the signal can only reach the process that was meant.
    Fd pidfd(open_pidfd(target.pid));
    if (!pidfd.open()) return true;
    const auto now = proc.stat(target.pid);
    if (!now || now->start != target.start) return true;
    if (!signal_pidfd(pidfd.get(), SIGKILL)) return true;
    ++struck_;
    if (pidfds_.size() < victims_waited_for_max) pidfds_.push_back(std::move(pidfd));
    return true;
}

void Victims::reap_until(Instant deadline) {
    // First all ends, then all reaping: a victim becomes our child only when its parent, a victim too, is gone.
    for (const Fd& pidfd : pidfds_)
        wait_for_end(pidfd.get(), deadline);
    for (const Fd& pidfd : pidfds_) {
        siginfo_t info;
        ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | WNOHANG);
    }
    pidfds_.clear();
}

int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)); }

bool signal_pidfd(int pidfd, int signal) { return ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0U) == 0; }

bool wait_for_end(int pidfd, Instant deadline) {
    while (true) {
        const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd waited{pidfd, POLLIN, 0};
        const int ready = ::poll(&waited, 1, static_cast<int>(std::max(left, Milliseconds{0}).count()));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

Household::Household(Logger logger)
    : log(std::move(logger)), dev_null(::open("/dev/null", O_RDONLY | O_CLOEXEC)), own_pidfd(open_pidfd(::getpid())) {
    if (dev_null.open() && dev_null.get() <= 2) dev_null = Fd(::fcntl(dev_null.get(), F_DUPFD_CLOEXEC, 3));
}

void Household::reap_orphans() const {
    while (true) {
        siginfo_t info{};
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
        // The end of a known child is its Process's to take; that comes here again afterwards.
        if (known.contains(info.si_pid)) return;
        const auto pid = static_cast<id_t>(info.si_pid);
        if (::waitid(P_PID, pid, &info, WEXITED | WNOHANG) != 0) return;
    }
}

} // namespace lambox::io::posix
