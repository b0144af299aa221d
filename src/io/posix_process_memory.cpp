#include "posix_process_detail.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace lambox::io::posix {
namespace {

Fd open_status(const ProcFs& proc, pid_t pid) { return Fd(::open(proc.path(pid, "status").c_str(), O_RDONLY | O_CLOEXEC)); }

/// 0 for a process that has ended.
std::uint64_t high_water_bytes(const Fd& status) {
    constexpr std::string_view label = "\nVmHWM:";
    std::array<char, 4096> text;
    const ssize_t count = ::pread(status.get(), text.data(), text.size(), 0);
    if (count <= 0) return 0;
    std::string_view rest(text.data(), static_cast<std::size_t>(count));
    const std::size_t at = rest.find(label);
    if (at == std::string_view::npos) return 0;
    rest.remove_prefix(at + label.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::uint64_t kib = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), kib);
    return kib * 1024;
}

} // namespace

TreeMemory::TreeMemory(const ProcFs& proc, pid_t leader) : leader_(leader), status_(open_status(proc, leader)) {}

// Not from the ru_maxrss of wait: for a child that borrowed our memory until its exec, that counts our own peak.
std::uint64_t TreeMemory::sample(const ProcFs& proc, const KnownChildren& known) {
    std::uint64_t sum = high_water_bytes(status_);
    // Looking for descendants is the dear part, and most handlers have none.
    const pid_t newest = proc.newest_pid();
    if (newest == 0 || newest != newest_seen_) {
        newest_seen_ = newest;
        others_.clear();
        for (const Descendant& found : proc.descendants(known, leader_)) {
            if (found.owner == leader_ && !found.zombie) others_.push_back(found.pid);
        }
    }
    for (const pid_t pid : others_) sum += high_water_bytes(open_status(proc, pid));
    peak_ = std::max(peak_, sum);
    return peak_;
}

} // namespace lambox::io::posix
