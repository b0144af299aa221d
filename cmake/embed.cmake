# lambox_embed(FLOOR SYMBOL FILE): compiles FILE's bytes into lambox_FLOOR; lambox::FLOOR::embedded::SYMBOL() gives them, as an
# `Embedded` with their SHA-256. Run as a script (cmake -P) it writes the source file of one symbol.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${INPUT} hex HEX)
  file(SHA256 ${INPUT} digest)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" digest "${digest}")
  file(WRITE ${OUTPUT} "#include \"${HEADER}\"

namespace lambox::${FLOOR}::embedded {
namespace {
constexpr unsigned char bytes[] = {
${bytes}0};
} // namespace

Embedded ${SYMBOL}() {
    return {{reinterpret_cast<const char*>(bytes), sizeof bytes - 1}, {\"${digest}\", 32}};
}

} // namespace lambox::${FLOOR}::embedded
")
  return()
endif()

set(LAMBOX_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(lambox_embed floor symbol file)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${floor}/${symbol}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${output} -DFLOOR=${floor} -DSYMBOL=${symbol}
            -DHEADER=lambox/${floor}/embedded.hpp -P ${LAMBOX_EMBED_SCRIPT}
    DEPENDS ${file} ${LAMBOX_EMBED_SCRIPT}
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  target_sources(lambox_${floor} PRIVATE ${output})
endfunction()
