#pragma once

#include <cerrno>
#include <type_traits>

/// System calls for children that run in our memory: without errno, which would be our thread's.
namespace lambox::io::posix {

namespace raw {

template <class Value>
[[gnu::always_inline, gnu::no_sanitize("address,undefined,thread")]] inline long word(Value value) noexcept {
    if constexpr (std::is_pointer_v<Value>)
        return reinterpret_cast<long>(value);
    else if constexpr (std::is_null_pointer_v<Value>)
        return 0;
    else
        return static_cast<long>(value);
}

[[gnu::always_inline, gnu::no_sanitize("address,undefined,thread")]] inline long call(long number, long one, long two, long three,
                                                                                      long four, long five, long six) noexcept {
#if defined(__x86_64__)
    long result = number;
    register long fourth asm("r10") = four;
    register long fifth asm("r8") = five;
    register long sixth asm("r9") = six;
    asm volatile("syscall" : "+a"(result) : "D"(one), "S"(two), "d"(three), "r"(fourth), "r"(fifth), "r"(sixth) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long called asm("x8") = number;
    register long first asm("x0") = one;
    register long second asm("x1") = two;
    register long third asm("x2") = three;
    register long fourth asm("x3") = four;
    register long fifth asm("x4") = five;
    register long sixth asm("x5") = six;
    asm volatile("svc #0" : "+r"(first) : "r"(called), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth) : "memory");
    return first;
#else
    static_cast<void>(number + one + two + three + four + five + six);
    return -ENOSYS;
#endif
}

} // namespace raw

/// What the kernel says: a result, or minus an errno.
template <class One = long, class Two = long, class Three = long, class Four = long, class Five = long, class Six = long>
[[gnu::always_inline, gnu::no_sanitize("address,undefined,thread")]] inline long
raw_syscall(long number, One one = {}, Two two = {}, Three three = {}, Four four = {}, Five five = {}, Six six = {}) noexcept {
    return raw::call(number, raw::word(one), raw::word(two), raw::word(three), raw::word(four), raw::word(five), raw::word(six));
}

} // namespace lambox::io::posix
