add_library(lambox_warnings INTERFACE)
target_compile_options(lambox_warnings INTERFACE -Wall -Wextra -Wshadow -Wno-missing-field-initializers)
# GCC 12 takes "literal" + string for an overlapping copy (its bug 105651).
target_compile_options(lambox_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  # False alarms of GCC 12 that the sanitizers bring on: for a co_returned Result, and for the frames of Asio's coroutines.
  target_compile_options(lambox_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-mismatched-new-delete>)
endif()
if(LAMBOX_WERROR)
  target_compile_options(lambox_warnings INTERFACE -Werror)
endif()
