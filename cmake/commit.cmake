# Writes OUTPUT with the commit that is built, at every build, but only when it differs. COMMIT, if given, is taken as it is: for source
# trees without their history, as in an image's build. Without git or a checkout it is "unknown".
set(commit "${COMMIT}")
if(NOT commit)
  execute_process(COMMAND git -C ${SOURCE} rev-parse --show-toplevel OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                  RESULT_VARIABLE status)
  # A tree unpacked inside somebody else's checkout is not that checkout.
  if(status EQUAL 0 AND top STREQUAL SOURCE)
    execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=* OUTPUT_VARIABLE commit
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
if(NOT commit)
  set(commit unknown)
endif()
set(text "#include \"emulator/build_info.hpp\"

namespace lambox::emulator {

std::string_view built_commit() { return \"${commit}\"; }

} // namespace lambox::emulator
")
set(before "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT text STREQUAL before)
  file(WRITE ${OUTPUT} "${text}")
endif()
