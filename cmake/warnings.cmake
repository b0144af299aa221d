add_library(lambox_warnings INTERFACE)
target_compile_options(lambox_warnings INTERFACE -Wall -Wextra -Wshadow -Wno-missing-field-initializers)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  # GCC's manual: sanitizers make this warning's false alarms more likely; 12 raises them for a co_returned Result<void>.
  target_compile_options(lambox_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
if(LAMBOX_WERROR)
  target_compile_options(lambox_warnings INTERFACE -Werror)
endif()
