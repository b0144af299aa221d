#include "posix_process_child.hpp"
#include "sandbox_detail.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace lambox::io::sandboxes {
namespace {

using posix::code_of;
using posix::reason;

// <sys/mount.h> and <linux/mount.h> of glibc 2.36 cannot be included together.
constexpr unsigned long ms_rdonly = 1, ms_nosuid = 2, ms_nodev = 4, ms_noexec = 8, ms_bind = 4096, ms_rec = 16'384, ms_private = 1UL << 18;
constexpr int mnt_detach = 2;

struct RawStep {
    StepKind kind;
    const char* source;
    const char* target;
    const char* options;
};

/// For the child, as in posix_process_child: prepared before it exists.
struct BuildPlan {
    const RawStep* steps;
    std::size_t count;
    /// Texts for /proc/self/uid_map and gid_map; null without a user namespace.
    const char* user_map;
    const char* group_map;
    std::size_t user_map_bytes;
    std::size_t group_map_bytes;

    volatile int user_namespace = -1;
    volatile int mount_namespace = -1;
    volatile int ipc_namespace = -1;
    volatile int temporary_folder = -1;
    volatile std::size_t at = 0;
    volatile int error = 0;
};

[[gnu::no_sanitize("address,undefined,thread")]] bool write_file(const char* path, const char* text, std::size_t bytes) noexcept {
    const long file = ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool written = ::syscall(SYS_write, file, text, bytes) == static_cast<long>(bytes);
    const int error = errno;
    ::syscall(SYS_close, file);
    errno = error;
    return written;
}

[[gnu::no_sanitize("address,undefined,thread")]] bool set_attributes(const char* path, std::uint64_t attributes, unsigned flags) noexcept {
    mount_attr wanted{};
    wanted.attr_set = attributes;
    return ::syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &wanted, sizeof wanted) == 0;
}

[[gnu::no_sanitize("address,undefined,thread")]] bool bind(const RawStep& step) noexcept {
    return ::syscall(SYS_mount, step.source, step.target, nullptr, ms_bind | ms_rec, nullptr) == 0;
}

[[gnu::no_sanitize("address,undefined,thread")]] bool enter(const char* root) noexcept {
    // pivot_root(2): the old root ends up on top of the new one, and off it goes.
    return ::syscall(SYS_chdir, root) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 && ::syscall(SYS_umount2, ".", mnt_detach) == 0 &&
           ::syscall(SYS_chdir, "/") == 0;
}

[[gnu::no_sanitize("address,undefined,thread")]] bool take(const RawStep& step) noexcept {
    switch (step.kind) {
    case StepKind::private_mounts: return ::syscall(SYS_mount, nullptr, "/", nullptr, ms_rec | ms_private, nullptr) == 0;
    case StepKind::tmpfs: return ::syscall(SYS_mount, "tmpfs", step.target, "tmpfs", ms_nosuid | ms_nodev, step.options) == 0;
    case StepKind::folder: return ::syscall(SYS_mkdirat, AT_FDCWD, step.target, 0755) == 0;
    case StepKind::file: return ::syscall(SYS_mknodat, AT_FDCWD, step.target, S_IFREG | 0444, 0) == 0;
    case StepKind::link: return ::syscall(SYS_symlinkat, step.source, AT_FDCWD, step.target) == 0;
    case StepKind::expose:
        return bind(step) && set_attributes(step.target, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, AT_RECURSIVE);
    case StepKind::device: return bind(step);
    case StepKind::seal: return set_attributes(step.target, MOUNT_ATTR_RDONLY, 0);
    case StepKind::proc: return ::syscall(SYS_mount, "proc", step.target, "proc", ms_nosuid | ms_nodev | ms_noexec, nullptr) == 0;
    case StepKind::enter: return enter(step.target);
    }
    return false;
}

[[gnu::no_sanitize("address,undefined,thread")]] int open_read(const char* path, int flags) noexcept {
    return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | flags));
}

/// Shares our memory and our table of descriptors; its namespaces live on in the descriptors that it opens for us.
[[gnu::no_sanitize("address,undefined,thread")]] int run_builder(void* argument) noexcept {
    auto& plan = *static_cast<BuildPlan*>(argument);
    const auto fail = [&plan]() noexcept {
        plan.error = errno;
        return 1;
    };
    if (plan.user_map != nullptr) {
        // user_namespaces(7): an ordinary user may map itself alone, and its group only once setgroups is given up.
        if (!write_file("/proc/self/setgroups", "deny", 4)) return fail();
        if (!write_file("/proc/self/uid_map", plan.user_map, plan.user_map_bytes)) return fail();
        if (!write_file("/proc/self/gid_map", plan.group_map, plan.group_map_bytes)) return fail();
        plan.user_namespace = open_read("/proc/self/ns/user", 0);
        if (plan.user_namespace < 0) return fail();
    }
    plan.mount_namespace = open_read("/proc/self/ns/mnt", 0);
    plan.ipc_namespace = open_read("/proc/self/ns/ipc", 0);
    if (plan.mount_namespace < 0 || plan.ipc_namespace < 0) return fail();
    ::syscall(SYS_umask, 0);
    for (std::size_t i = 0; i < plan.count; ++i) {
        plan.at = i;
        if (!take(plan.steps[i])) return fail();
    }
    plan.temporary_folder = open_read("/tmp", O_DIRECTORY);
    if (plan.temporary_folder < 0) return fail();
    return 0;
}

const char* words_for(StepKind kind) {
    switch (kind) {
    case StepKind::private_mounts: return "making mounts private";
    case StepKind::tmpfs: return "mounting a tmpfs at";
    case StepKind::folder: return "making the folder";
    case StepKind::file: return "making the file";
    case StepKind::link: return "making the link";
    case StepKind::expose: return "mounting";
    case StepKind::device: return "mounting the device";
    case StepKind::seal: return "making read-only";
    case StepKind::proc: return "mounting /proc at";
    case StepKind::enter: return "changing the root to";
    }
    return "";
}

long clone_builder(BuildPlan& plan, std::uint64_t flags, int& pidfd) {
    const posix::StackMemory stack;
    const posix::SignalsBlocked blocked;
    return posix::clone_on_stack(run_builder, &plan, stack.get(), posix::CloneCall{flags, SIGCHLD}, pidfd);
}

} // namespace

Result<Built> build(const std::vector<Step>& steps, const SandboxUser& user, Privilege privilege) {
    std::vector<RawStep> raw;
    raw.reserve(steps.size());
    for (const Step& step : steps)
        raw.push_back({step.kind, step.source.c_str(), step.target.c_str(), step.options.c_str()});
    const std::string user_map = std::to_string(user.user) + " " + std::to_string(::geteuid()) + " 1\n";
    const std::string group_map = std::to_string(user.group) + " " + std::to_string(::getegid()) + " 1\n";
    BuildPlan plan{raw.data(), raw.size(), nullptr, nullptr, user_map.size(), group_map.size()};
    std::uint64_t flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC;
    if (privilege == Privilege::user_namespace) {
        plan.user_map = user_map.c_str();
        plan.group_map = group_map.c_str();
        flags |= CLONE_NEWUSER;
    }

    int pidfd_number = -1;
    const long pid = clone_builder(plan, flags, pidfd_number);
    if (pid < 0) {
        const int error = static_cast<int>(-pid);
        return make_error(code_of(error), "making namespaces: " + reason(error));
    }
    const posix::Fd pidfd(pidfd_number);
    siginfo_t info;
    while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0 && errno == EINTR) {
    }
    Built built{posix::Fd(plan.user_namespace), posix::Fd(plan.mount_namespace), posix::Fd(plan.ipc_namespace),
                posix::Fd(plan.temporary_folder)};
    if (built.temporary.open()) return built;
    if (plan.error == 0) return make_error(Errc::io, "the child that makes the sandbox was killed");
    if (!built.mount_namespace.open()) return make_error(code_of(plan.error), "setting up a user namespace: " + reason(plan.error));
    const Step& step = steps[plan.at];
    const std::string& path = step.kind == StepKind::expose ? step.source : step.target;
    return make_error(code_of(plan.error), std::string(words_for(step.kind)) + " " + path + ": " + reason(plan.error));
}

} // namespace lambox::io::sandboxes
