// Goal: every rule about one file finds what it forbids and leaves alone what it allows, so that no rule can be one that
// never fails. Method: a good and a bad snippet each, under paths that do not exist.
#include "style/rules.hpp"

#include <doctest/doctest.h>

using namespace lambox::style;

namespace {

template <class Check>
std::vector<std::string> found(Check check, const char* path, std::string text) {
    const SourceFile file(path, std::move(text));
    Findings findings;
    check(file, findings);
    std::vector<std::string> lines;
    for (const Finding& finding : findings)
        lines.push_back(std::to_string(finding.line) + ": " + finding.message);
    return lines;
}

template <class Check>
std::size_t count(Check check, const char* path, std::string text) {
    return found(check, path, std::move(text)).size();
}

std::string lines(std::size_t number) {
    std::string text;
    for (std::size_t i = 0; i < number; ++i)
        text += "    f();\n";
    return text;
}

void no_clock_exceptions(const SourceFile& file, Findings& findings) { check_clocks(file, {}, findings); }
void no_longer_files(const SourceFile& file, Findings& findings) { check_file_length(file, {}, findings); }

std::string include_of(const char* target) { return "#include \"" + std::string(target) + "\"\n"; }

} // namespace

TEST_CASE("code is told from comments and literals") {
    const SourceFile file(
        "src/base/x.cpp",
        "int a; // { comment\n/* { \n { */ auto b = \"{ \\\" {\"; char c = '{'; int d = 1'000; auto e = R\"x({ )\" )x\"; }\n");
    CHECK(file.code.size() == file.text.size());
    CHECK(file.code.find('{') == std::string::npos);
    CHECK(file.code.find("1'000") != std::string::npos);
    CHECK(file.code.find("; }") != std::string::npos);
    CHECK(file.code_lines.size() == file.lines.size());
    CHECK(SourceFile("src/base/x.cpp", "auto a = \"unclosed\nint b;\n").code.find("int b;") != std::string::npos);
}

TEST_CASE("tabs, trailing blanks, carriage returns and a missing last newline are found") {
    CHECK(count(check_blanks, "x.cpp", "int a;\n    int b;\n") == 0);
    CHECK(found(check_blanks, "x.cpp", "int a;\n\tint b;\n") == std::vector<std::string>{"2: a tab; indent with spaces"});
    CHECK(found(check_blanks, "x.cpp", "int a; \n") == std::vector<std::string>{"1: blanks at the end of the line"});
    CHECK(found(check_blanks, "x.cpp", "int a;\r\n") == std::vector<std::string>{"1: a carriage return at the end of the line"});
    CHECK(found(check_blanks, "x.cpp", "int a;") == std::vector<std::string>{"1: no newline at the end"});
    CHECK(found(check_blanks, "x.cpp", "int a;\n\n") == std::vector<std::string>{"2: an empty line at the end"});
}

TEST_CASE("lines are counted in characters, tables of the README are free") {
    CHECK(count(check_line_lengths, "x.cpp", std::string(140, 'x') + "\n") == 0);
    CHECK(found(check_line_lengths, "x.cpp", "\n" + std::string(141, 'x') + "\n") ==
          std::vector<std::string>{"2: 141 characters; at most 140"});
    std::string umlauts;
    for (int i = 0; i < 140; ++i)
        umlauts += "ü";
    CHECK(count(check_line_lengths, "x.cpp", umlauts + "\n") == 0);
    CHECK(count(check_line_lengths, "x.md", "|" + std::string(200, 'x') + "\n") == 0);
    CHECK(count(check_line_lengths, "x.cpp", "|" + std::string(200, 'x') + "\n") == 1);
}

TEST_CASE("files are at most 600 lines, and above 400 only for a reason") {
    CHECK(count(no_longer_files, "src/base/x.cpp", lines(400)) == 0);
    CHECK(count(no_longer_files, "src/base/x.cpp", lines(401)) == 1);
    CHECK(count(no_longer_files, "src/base/x.cpp", lines(601)) == 1);
    const auto excused = [](const SourceFile& file, Findings& findings) {
        const Exception longer[] = {{"src/base/x.cpp", "a table"}};
        check_file_length(file, longer, findings);
    };
    CHECK(count(excused, "src/base/x.cpp", lines(600)) == 0);
    CHECK(count(excused, "src/base/y.cpp", lines(600)) == 1);
    CHECK(count(excused, "src/base/x.cpp", lines(601)) == 1);
}

TEST_CASE("words that promise work are found unless they name their issue") {
    const std::string task = "TO"
                             "DO";
    CHECK(count(check_banned_words, "x.cpp", "// " + task + "(perf #12): faster\n") == 0);
    CHECK(count(check_banned_words, "x.cpp", "// " + task + ": faster\n") == 1);
    CHECK(count(check_banned_words, "x.cpp", "// " + task + "(me): faster\n") == 1);
    for (const std::string& word : {std::string("FIX") + "ME", std::string(3, 'X'), std::string("HA") + "CK"}) {
        CHECK(count(check_banned_words, "x.cpp", "// " + word + "\n") == 1);
    }
    CHECK(count(check_banned_words, "x.cpp", "mkdtemp(\"/tmp/a-" + std::string(6, 'X') + "\"); // a hacky TODOS list\n") == 0);
}

TEST_CASE("a floor includes itself and what is below it") {
    for (const auto& [path, target] : {std::pair{"src/engine/x.cpp", "lambox/engine/x.hpp"},
                                       {"src/engine/x.cpp", "lambox/model/x.hpp"},
                                       {"src/engine/x.cpp", "lambox/base/x.hpp"},
                                       {"src/io/x.cpp", "beside.hpp"},
                                       {"emulator/x.cpp", "emulator/y.hpp"},
                                       {"emulator/x.cpp", "lambox/lab/x.hpp"},
                                       {"src/api/x.cpp", "lambox/engine/x.hpp"},
                                       {"src/io/x.cpp", "io/y.hpp"},
                                       {"tests/unit/x_test.cpp", "emulator/y.hpp"},
                                       {"tests/unit/x_test.cpp", "fakes/y.hpp"}}) {
        CHECK_MESSAGE(count(check_floors, path, include_of(target)) == 0, path, " includes ", target);
    }
    for (const auto& [path, target] : {std::pair{"src/model/x.cpp", "lambox/engine/x.hpp"},
                                       {"src/model/x.cpp", "lambox/io/x.hpp"},
                                       {"src/io/x.cpp", "lambox/model/x.hpp"},
                                       {"src/wire/x.cpp", "lambox/model/x.hpp"},
                                       {"src/api/x.cpp", "lambox/lab/x.hpp"},
                                       {"src/lab/x.cpp", "lambox/api/x.hpp"},
                                       {"src/engine/x.cpp", "lambox/api/x.hpp"},
                                       {"src/base/x.cpp", "lambox/model/x.hpp"},
                                       {"include/lambox/model/x.hpp", "lambox/io/x.hpp"},
                                       {"src/lab/x.cpp", "emulator/x.hpp"},
                                       {"src/lab/x.cpp", "other/x.hpp"},
                                       {"src/attic/x.cpp", "lambox/base/x.hpp"},
                                       {"src/io/x.cpp", "model/x.hpp"}}) {
        CHECK_MESSAGE(count(check_floors, path, include_of(target)) > 0, path, " includes ", target);
    }
    CHECK(count(check_floors, "src/model/x.cpp", "// #include \"lambox/engine/x.hpp\"\n#include <vector>\n") == 0);
}

TEST_CASE("sample handlers stand outside, tests are included by tests alone") {
    CHECK(count(check_floors, "sample-handlers/echo/main.cpp", "#include \"runtime_client.hpp\"\n#include <string>\n") == 0);
    CHECK(count(check_floors, "sample-handlers/echo/main.cpp", include_of("lambox/base/error.hpp")) == 1);
    CHECK(count(check_floors, "sample-handlers/echo/main.cpp", "#include <lambox/base/error.hpp>\n") == 1);
    CHECK(count(check_floors, "src/io/x.cpp", "#include <doctest/doctest.h>\n") == 1);
    CHECK(count(check_floors, "emulator/x.cpp", include_of("fakes/manual_clock.hpp")) > 0);
}

TEST_CASE("pure floors know no library of the outside") {
    CHECK(count(check_foreign_headers, "src/model/x.cpp", "#include <vector>\n#include <boost/system/result.hpp>\n") == 0);
    for (const auto* header : {"boost/asio/awaitable.hpp", "boost/beast/http.hpp", "nlohmann/json.hpp", "spdlog/logger.h"}) {
        const std::string text = "#include <" + std::string(header) + ">\n";
        CHECK(count(check_foreign_headers, "src/model/x.cpp", text) == 1);
        CHECK(count(check_foreign_headers, "src/wire/x.cpp", text) == 1);
        CHECK(count(check_foreign_headers, "emulator/x.cpp", text) == 0);
    }
    CHECK(count(check_foreign_headers, "src/engine/x.cpp", "#include <boost/asio/awaitable.hpp>\n") == 0);
    CHECK(count(check_foreign_headers, "src/engine/x.cpp", "#include <boost/beast/http.hpp>\n") == 1);
    CHECK(count(check_foreign_headers, "src/engine/x.cpp", "#include <nlohmann/json.hpp>\n") == 1);
    CHECK(count(check_foreign_headers, "src/io/x.cpp", "#include <boost/beast/http.hpp>\n") == 0);
    CHECK(count(check_foreign_headers, "include/lambox/io/x.hpp", "#include <boost/beast/http.hpp>\n") == 1);
    CHECK(count(check_foreign_headers, "include/lambox/api/x.hpp", "#include <nlohmann/json_fwd.hpp>\n") == 1);
}

TEST_CASE("headers begin with their guard") {
    CHECK(count(check_pragma_once, "x.hpp", "#pragma once\n") == 0);
    CHECK(count(check_pragma_once, "x.cpp", "int a;\n") == 0);
    CHECK(count(check_pragma_once, "x.hpp", "#include <vector>\n") == 1);
    CHECK(count(check_pragma_once, "x.hpp", "// #pragma once\n") == 1);
}

TEST_CASE("functions are at most 70 lines, counted from their first line to their brace") {
    const std::string head = "namespace a {\nclass B : public C {\npublic:\n    explicit B(int x) : x_{x} {}\n";
    CHECK(count(check_function_lengths, "x.cpp", head + "int f(int a,\n      int b) {\n" + lines(67) + "}\n};\n}\n") == 0);
    CHECK(found(check_function_lengths, "x.cpp", head + "int f(int a,\n      int b) {\n" + lines(68) + "}\n};\n}\n") ==
          std::vector<std::string>{"5: a function of 71 lines; at most 70"});
    CHECK(count(check_function_lengths, "x.cpp", "template <class T>\nstruct S {\n" + lines(100) + "};\n") == 0);
    CHECK(count(check_function_lengths, "x.cpp", "constexpr int table[] = {\n" + lines(100) + "};\n") == 0);
    CHECK(count(check_function_lengths, "x.cpp", "extern \"C\" int f(const char* a) {\n" + lines(100) + "}\n") == 1);
    CHECK(count(check_function_lengths, "x.cpp", "void f() {\n    if (a) {\n" + lines(40) + "    } else {\n" + lines(40) + "    }\n}\n") ==
          1);
    CHECK(count(check_function_lengths, "x.cpp", "void f() {\n" + lines(40) + "}\nvoid g() {\n" + lines(40) + "}\n") == 0);
    CHECK(count(check_function_lengths, "x.cpp", "void f() {\n    // }\n" + lines(70) + "    // {\n}\n") == 1);
    CHECK(count(check_function_lengths, "x.cpp", "#include <a(b)>\nTEST_CASE(\"x\") {\n" + lines(70) + "}\n") == 1);
}

TEST_CASE("a switch over an enum has no default, one over numbers and characters may") {
    const auto switched = [](const std::string& labels) { return "void f(E e) {\n    switch (e) {\n" + labels + "    }\n}\n"; };
    CHECK(count(check_switches, "src/io/x.cpp", switched("case E::a: return;\ncase E::b: return;\n")) == 0);
    CHECK(count(check_switches, "src/io/x.cpp", switched("case 'a': return;\ncase 7: return;\ndefault: return;\n")) == 0);
    CHECK(count(check_switches, "src/io/x.cpp", switched("case ENOENT: return;\ndefault: return;\n")) == 0);
    CHECK(found(check_switches, "src/io/x.cpp", switched("case E::a: return;\ndefault: return;\n"))
              .front()
              .starts_with("2: a switch over an enum"));
    CHECK(count(check_switches, "emulator/x.cpp", switched("case lambox::E::a: return;\n    default : return;\n")) == 1);
    CHECK(count(check_switches, "src/io/x.cpp", "struct A {\n    A() = default;\n    ~A() = default;\n};\n") == 0);
    CHECK(count(check_switches, "sample-handlers/x.cpp", switched("case E::a: return;\ndefault: return;\n")) == 0);
}

TEST_CASE("what GCC 12 miscompiles beside co_await is found") {
    for (const auto* good :
         {"co_await f(a);", "const bool b = c ? 1 : 2; co_await f(b);", "if (co_await f()) { g(a ? b : c); }", "co_await std::move(task);",
          "while ((co_await f(x)).ok()) {\n    int y{0};\n}", "co_await co_spawn(executor, f(a), use_awaitable);", "co_await f(a[0]);",
          "auto x = co_await f(a); Foo y{1};", "if (co_await f()) g(a ? b : c);", "if (co_await f()) co_return Foo{1};",
          "co_await f([this](int a) { return g(a); });", "if (!co_await f()) co_return Error{1};"}) {
        CHECK_MESSAGE(count(check_coroutines, "src/io/x.cpp", std::string("task g() {\n") + good + "\n}\n") == 0, good);
    }
    for (const auto* bad :
         {"co_await (c ? f() : g());", "auto x = c ? co_await f() : 1;", "auto x = (co_await f()).ok() ? 1 : 2;",
          "if (co_await f(a ? b : c)) g();", "while (g(co_await f(Foo{1}))) h();", "co_await f(Foo{1});", "co_await f({1, 2});",
          "co_await f(a, {1});", "co_await co_spawn(executor, [&]() -> awaitable<void> { co_return; }, use_awaitable);",
          "auto x =\n    co_await f(\n        c ? 1 : 2);", "co_spawn(executor, f(), detached);",
          "co_spawn(executor, f(), boost::asio::detached);"}) {
        CHECK_MESSAGE(count(check_coroutines, "src/io/x.cpp", std::string("task g() {\n") + bad + "\n}\n") == 1, bad);
    }
    CHECK(count(check_coroutines, "src/io/x.cpp", "// detached, co_await (a ? b : c);\n") == 0);
}

TEST_CASE("clocks are read in one place") {
    CHECK(count(no_clock_exceptions, "src/model/x.cpp", "auto a = clock.now();\n") == 0);
    CHECK(count(no_clock_exceptions, "src/model/x.cpp", "auto a = std::chrono::steady_clock::now();\n") == 1);
    CHECK(count(no_clock_exceptions, "include/lambox/io/x.hpp", "auto a = system_clock :: now();\n") == 1);
    CHECK(count(no_clock_exceptions, "sample-handlers/x.cpp", "auto a = std::chrono::steady_clock::now();\n") == 0);
    const auto excused = [](const SourceFile& file, Findings& findings) {
        const Exception allowed[] = {{"src/io/clock.cpp", "is the clock"}};
        check_clocks(file, allowed, findings);
    };
    CHECK(count(excused, "src/io/clock.cpp", "auto a = std::chrono::steady_clock::now();\n") == 0);
    CHECK(count(excused, "src/io/other.cpp", "auto a = std::chrono::steady_clock::now();\n") == 1);
}

TEST_CASE("there is one macro") {
    CHECK(count(check_macros, "include/lambox/base/assert.hpp", "#define LAMBOX_ASSERT(x) x\n") == 0);
    CHECK(found(check_macros, "src/io/x.cpp", "int a;\n#define OTHER 1\n").front().starts_with("2: a macro"));
    CHECK(count(check_macros, "src/io/x.cpp", "int a;\n#  define LAMBOX_ASSERT_2 1\n") == 1);
    CHECK(count(check_macros, "src/io/x.cpp", "// #define OTHER 1\n#ifdef OTHER\n#endif\n") == 0);
    CHECK(count(check_macros, "tests/x.cpp", "#define OTHER 1\n") == 0);
}

TEST_CASE("test files begin with what they are for") {
    CHECK(count(check_goal, "tests/unit/x_test.cpp", "// Goal: this. Method:\n// that.\n") == 0);
    CHECK(count(check_goal, "tests/unit/x_test.cpp", "// Goal: this\n// and this. Method: that.\n#include <a>\n") == 0);
    CHECK(count(check_goal, "tests/unit/x_test.cpp", "#include <a>\n// Goal: this. Method: that.\n") == 1);
    CHECK(count(check_goal, "tests/unit/x_test.cpp", "// Goal: this.\n\n// Method: that.\n") == 1);
    CHECK(count(check_goal, "tests/fakes/x.cpp", "#include <a>\n") == 0);
}
