// Process 1 of a sandbox. It outlives nobody: when it is killed the kernel kills every process inside, daemons included.
// SIGCHLD is ignored by whoever starts it, so the kernel reaps the orphans that come to it. It is linked with no library at all:
// a few kilobytes, and an execve of it costs little.

namespace {

#if defined(__x86_64__)
constexpr long number_ppoll = 271;
constexpr long number_prctl = 157;
long call(long number, const void* first, long second) {
    register long fourth asm("r10") = 0;
    register long fifth asm("r8") = 0;
    long result;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(first), "S"(second), "d"(0L), "r"(fourth), "r"(fifth)
                 : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
constexpr long number_ppoll = 73;
constexpr long number_prctl = 167;
long call(long number, const void* first, long second) {
    register long eighth asm("x8") = number;
    register long result asm("x0") = reinterpret_cast<long>(first);
    register long argument asm("x1") = second;
    register long third asm("x2") = 0;
    register long fourth asm("x3") = 0;
    register long fifth asm("x4") = 0;
    asm volatile("svc #0" : "+r"(result) : "r"(eighth), "r"(argument), "r"(third), "r"(fourth), "r"(fifth) : "memory");
    return result;
}
#endif

constexpr long set_name = 15; // PR_SET_NAME

} // namespace

extern "C" [[noreturn]] void _start() {
    call(number_prctl, reinterpret_cast<const void*>(set_name), reinterpret_cast<long>("lambox-init"));
    for (;;) call(number_ppoll, nullptr, 0); // no descriptors, no deadline
}
