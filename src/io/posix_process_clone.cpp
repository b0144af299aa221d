#include "posix_process_child.hpp"

#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

// clone() cannot pass CLONE_INTO_CGROUP or CLONE_PARENT with a pidfd and libc has no clone3(). The child has a stack of its own, on which
// nothing has been called yet, so what it does after the system call has to be written out here: call the body, and end with its result.

namespace lambox::io::posix {
namespace {

#if defined(__x86_64__)
[[gnu::no_sanitize("address,undefined,thread")]] long clone3(clone_args& arguments, int (*body)(void*) noexcept, void* argument) {
    long result = SYS_clone3;
    register clone_args* first asm("rdi") = &arguments;
    register std::size_t second asm("rsi") = sizeof arguments;
    register void* kept_argument asm("r12") = argument;
    register auto kept_body asm("r13") = body;
    asm volatile("syscall\n\t"
                 "testq %%rax, %%rax\n\t"
                 "jnz 1f\n\t"
                 "xorl %%ebp, %%ebp\n\t"
                 "movq %%r12, %%rdi\n\t"
                 "callq *%%r13\n\t"
                 "movl %%eax, %%edi\n\t"
                 "movl %[exit], %%eax\n\t"
                 "syscall\n\t"
                 "hlt\n"
                 "1:"
                 : "+a"(result)
                 : "r"(first), "r"(second), "r"(kept_argument), "r"(kept_body), [exit] "i"(SYS_exit)
                 : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
[[gnu::no_sanitize("address,undefined,thread")]] long clone3(clone_args& arguments, int (*body)(void*) noexcept, void* argument) {
    register long number asm("x8") = SYS_clone3;
    register clone_args* first asm("x0") = &arguments;
    register std::size_t second asm("x1") = sizeof arguments;
    register void* kept_argument asm("x20") = argument;
    register auto kept_body asm("x21") = body;
    asm volatile("svc #0\n\t"
                 "cbnz x0, 1f\n\t"
                 "mov x29, xzr\n\t"
                 "mov x0, x20\n\t"
                 "blr x21\n\t"
                 "mov x8, %[exit]\n\t"
                 "svc #0\n\t"
                 "brk #1\n"
                 "1:"
                 : "+r"(first)
                 : "r"(number), "r"(second), "r"(kept_argument), "r"(kept_body), [exit] "i"(SYS_exit)
                 : "memory");
    return reinterpret_cast<long>(first);
}
#else
long clone3(clone_args&, int (*)(void*) noexcept, void*) { return -ENOSYS; }
#endif

} // namespace

[[gnu::no_sanitize("address,undefined,thread")]] long clone_on_stack(int (*body)(void*) noexcept, void* argument, ChildStack stack,
                                                                     const CloneCall& call, int& pidfd) noexcept {
    clone_args arguments{};
    arguments.flags = call.flags;
    if (call.group_directory >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<std::uint64_t>(call.group_directory);
    }
    if ((call.flags & CLONE_PIDFD) != 0) arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    if (call.borrows_memory != nullptr) {
        arguments.flags |= CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
        arguments.parent_tid = reinterpret_cast<std::uintptr_t>(call.borrows_memory);
        arguments.child_tid = arguments.parent_tid;
    }
    arguments.exit_signal = static_cast<std::uint64_t>(call.exit_signal);
    arguments.stack = reinterpret_cast<std::uintptr_t>(stack.lowest);
    arguments.stack_size = stack.top - reinterpret_cast<std::uintptr_t>(stack.lowest);
    return clone3(arguments, body, argument);
}

SignalsBlocked::SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::string reason(int error) {
    const char* text = ::strerrordesc_np(error);
    std::string lower = text != nullptr ? text : "errno " + std::to_string(error);
    for (char& letter : lower) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return lower;
}

Errc code_of(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR: return Errc::not_found;
    case EACCES:
    case EPERM: return Errc::permission_denied;
    case ENOEXEC:
    case ELIBBAD: return Errc::malformed;
    default: return Errc::io;
    }
}

} // namespace lambox::io::posix
