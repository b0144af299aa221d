// Goal: what a bootstrap is, is told from its first bytes as the kernel would.
// Method: made-up heads, each near miss, and this test program itself.
#include "lambox/wire/elf.hpp"

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <string>

using namespace lambox::wire;

namespace {

std::string head(int elf_class, int data, int machine) {
    std::string bytes("\x7f"
                      "ELF",
                      4);
    bytes += static_cast<char>(elf_class);
    bytes += static_cast<char>(data);
    bytes.resize(18, '\0');
    bytes += static_cast<char>(machine & 255);
    bytes += static_cast<char>(machine >> 8);
    return bytes;
}

std::pair<std::string, std::string> split(std::string_view text) {
    const auto found = script_interpreter(text);
    REQUIRE(found);
    return {std::string(found->path), std::string(found->argument)};
}
using Parts = std::pair<std::string, std::string>;

} // namespace

TEST_CASE("the machine of an ELF file is read from its twenty first bytes") {
    CHECK(elf_machine(head(2, 1, 62)) == ElfMachine::x86_64);
    CHECK(elf_machine(head(2, 1, 183)) == ElfMachine::aarch64);
    CHECK(elf_machine(head(2, 1, 243)) == ElfMachine::other);
    CHECK(elf_machine(head(2, 1, 62 + 256)) == ElfMachine::other);
    CHECK(elf_machine(head(2, 1, 62) + std::string(100, 'x')) == ElfMachine::x86_64);
}

TEST_CASE("32-bit and big-endian files are for other machines, whatever their number") {
    CHECK(elf_machine(head(1, 1, 62)) == ElfMachine::other);
    CHECK(elf_machine(head(1, 1, 3)) == ElfMachine::other);
    CHECK(elf_machine(head(2, 2, 183 << 8)) == ElfMachine::other);
}

TEST_CASE("what is no whole ELF head has no machine") {
    const auto whole = head(2, 1, 62);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(elf_machine(whole.substr(0, size)));
    CHECK_FALSE(elf_machine("#!/bin/sh\necho a long enough script\n"));
    CHECK_FALSE(elf_machine("PK\3\4 not an executable at all"));
}

TEST_CASE("this test program is recognised") {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    std::array<char, 20> bytes{};
    REQUIRE(file.read(bytes.data(), bytes.size()));
#if defined(__x86_64__)
    CHECK(elf_machine({bytes.data(), bytes.size()}) == ElfMachine::x86_64);
#elif defined(__aarch64__)
    CHECK(elf_machine({bytes.data(), bytes.size()}) == ElfMachine::aarch64);
#else
    CHECK(elf_machine({bytes.data(), bytes.size()}).has_value());
#endif
}

TEST_CASE("a script's interpreter and its one argument are split as the kernel splits them") {
    CHECK(split("#!/bin/sh\nexit 0\n") == Parts{"/bin/sh", ""});
    CHECK(split("#!/bin/sh") == Parts{"/bin/sh", ""});
    CHECK(split("#! \t/usr/bin/env  python3 -u \t\n") == Parts{"/usr/bin/env", "python3 -u"});
    CHECK(split("#!/bin/sh -e\tx") == Parts{"/bin/sh", "-e\tx"});
    CHECK(split("#!/bin/sh\r\n") == Parts{"/bin/sh\r", ""});
    CHECK(split(std::string_view("#!/bin/sh\0more\n", 15)) == Parts{"/bin/sh", ""});
    CHECK(split(std::string_view("#!/bin/sh a\0b\n", 14)) == Parts{"/bin/sh", "a"});
}

TEST_CASE("no interpreter is found where there is none") {
    for (const char* text : {"", "#", "#!", "#!\n", "#! \t \n/bin/sh\n", " #!/bin/sh\n", "/bin/sh\n", "!#/bin/sh\n"}) {
        CAPTURE(text);
        CHECK_FALSE(script_interpreter(text));
    }
    CHECK_FALSE(script_interpreter(std::string_view("#!\0/bin/sh\n", 11)));
}

TEST_CASE("a line may have 255 bytes and no more") {
    const auto line = "#!/" + std::string(252, 'a');
    CHECK(split(line + "\n").first.size() == 253);
    CHECK(split(line).first.size() == 253);
    CHECK_FALSE(script_interpreter(line + "a\n"));
    CHECK_FALSE(script_interpreter(line + "a"));
    CHECK(split("#!/bin/sh\n" + std::string(1000, 'x')).first == "/bin/sh");
}
