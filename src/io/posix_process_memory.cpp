#include "posix_process_detail.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace lambox::io::posix {
namespace {

/// The second number of `statm`; zero for a process that has ended.
std::uint64_t pages_resident(const Fd& statm) {
    std::array<char, 128> text;
    const ssize_t count = ::pread(statm.get(), text.data(), text.size(), 0);
    if (count <= 0) return 0;
    const std::string_view numbers(text.data(), static_cast<std::size_t>(count));
    const std::size_t second = numbers.find(' ') + 1;
    std::uint64_t pages = 0;
    std::from_chars(numbers.data() + second, numbers.data() + numbers.size(), pages);
    return pages;
}

std::uint64_t bytes_behind(std::string_view status, std::string_view label) {
    const std::size_t at = status.find(label);
    if (at == std::string_view::npos) return 0;
    status.remove_prefix(at + label.size());
    status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
    std::uint64_t kib = 0;
    std::from_chars(status.data(), status.data() + status.size(), kib);
    return kib * 1024;
}

struct Use {
    std::uint64_t peak = 0;
    std::uint64_t resident = 0;
};

/// Zero for a process that has ended.
Use use_of(const Fd& status) {
    std::array<char, 4096> text;
    const ssize_t count = ::pread(status.get(), text.data(), text.size(), 0);
    if (count <= 0) return {};
    const std::string_view all(text.data(), static_cast<std::size_t>(count));
    return {bytes_behind(all, "\nVmHWM:"), bytes_behind(all, "\nVmRSS:")};
}

} // namespace

Fd open_below(const ProcFs& proc, pid_t pid, std::string_view file) {
    return Fd(::open(proc.path(pid, file).c_str(), O_RDONLY | O_CLOEXEC));
}

TreeMemory::TreeMemory(pid_t leader, Fd statm) : leader_(leader), statm_(std::move(statm)) {}

std::uint64_t TreeMemory::sample_leader(const ProcFs& proc) {
    // Once for each invocation: writing `status` costs the kernel 4 us, `statm` a fifth of that.
    if (statm_.get() < 0) statm_ = open_below(proc, leader_, "statm");
    const std::uint64_t pages = pages_resident(statm_);
    if (pages == 0 || pages != leader_pages_) leader_peak_ = std::max(leader_peak_, use_of(open_below(proc, leader_, "status")).peak);
    leader_pages_ = pages;
    return leader_peak_;
}

// Not from the ru_maxrss of wait: for a child that borrowed our memory until its exec, that counts our own peak.
std::uint64_t TreeMemory::sample(const ProcFs& proc, const KnownChildren& known) {
    if (status_.get() < 0) status_ = open_below(proc, leader_, "status");
    Use sum = use_of(status_);
    // Looking for descendants is the dear part, and most handlers have none.
    const pid_t newest = proc.newest_pid();
    if (newest == 0 || newest != newest_seen_) {
        newest_seen_ = newest;
        others_.clear();
        for (const Descendant& found : proc.descendants(known, leader_)) {
            if (found.owner == leader_ && !found.zombie) others_.push_back(found.pid);
        }
    }
    for (const pid_t pid : others_) {
        const Use other = use_of(open_below(proc, pid, "status"));
        sum.peak += other.peak;
        sum.resident += other.resident;
    }
    resident_ = sum.resident;
    peak_ = std::max(peak_, sum.peak);
    return peak_;
}

} // namespace lambox::io::posix
