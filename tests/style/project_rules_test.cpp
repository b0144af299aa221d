// Goal: every rule between files finds what it forbids and leaves alone what it allows. Method: small pretended files.
#include "style/rules.hpp"

#include <doctest/doctest.h>

using namespace lambox::style;

TEST_CASE("the README's option table is the program's to the byte") {
    const auto differs = [](std::string text) {
        Findings findings;
        check_option_table(SourceFile("README.md", std::move(text)), "| a |\n", findings);
        return findings.size();
    };
    CHECK(differs("x\n<!-- options:begin -->\n| a |\n<!-- options:end -->\ny\n") == 0);
    CHECK(differs("<!-- options:begin -->\n| b |\n<!-- options:end -->\n") == 1);
    CHECK(differs("<!-- options:begin -->\n<!-- options:end -->\n") == 1);
    CHECK(differs("<!-- options:begin -->\n| a |\n\n<!-- options:end -->\n") == 1);
    CHECK(differs("| a |\n") == 1);
    CHECK(differs("<!-- options:end -->\n| a |\n<!-- options:begin -->\n") == 1);
}

TEST_CASE("a source is listed only under its whole name") {
    const auto missing = [](std::string text) {
        Findings findings;
        check_listed(SourceFile("src/CMakeLists.txt", std::move(text)), "model/era.cpp", findings);
        return findings.size();
    };
    CHECK(missing("lambox_floor(model\n  model/era.cpp\n  model/x.cpp)\n") == 0);
    CHECK(missing("lambox_floor(model model/x.cpp model/era.cpp)\n") == 0);
    CHECK(missing("lambox_floor(model\n  model/x.cpp)\n") == 1);
    CHECK(missing("  submodel/era.cpp\n  model/era.cpp.in\n") == 1);
}

TEST_CASE("a public header has a body or a reason, not both") {
    const std::vector<std::string> paths{"include/lambox/io/a.hpp", "include/lambox/io/b.hpp", "src/io/a.cpp"};
    const Exception alone[] = {{"include/lambox/io/a.hpp", "stale"}, {"include/lambox/io/c.hpp", "templates"}};
    const auto complaints = [&](std::string_view header, std::span<const Exception> reasons) {
        Findings findings;
        check_counterpart(header, paths, reasons, findings);
        return findings.size();
    };
    CHECK(complaints("include/lambox/io/a.hpp", {}) == 0);
    CHECK(complaints("include/lambox/io/b.hpp", {}) == 1);
    CHECK(complaints("include/lambox/io/c.hpp", alone) == 0);
    CHECK(complaints("include/lambox/io/a.hpp", alone) == 1);
}

TEST_CASE("limits are read from their definitions, and their uses by their whole name") {
    const SourceFile limits("include/lambox/base/limits.hpp",
                            "inline constexpr std::size_t line_bytes_max = 4;\n// inline constexpr int no = 1;\n"
                            "inline constexpr std::chrono::seconds grace{1};\nstatic_assert(line_bytes_max > 1);\n");
    CHECK(limit_names(limits) == std::vector<std::string>{"line_bytes_max", "grace"});
    CHECK(uses_limit(SourceFile("src/io/x.cpp", "f(limits::grace);\n"), "grace"));
    CHECK_FALSE(uses_limit(SourceFile("src/io/x.cpp", "f(limits::grace_of_god); // limits::grace\n"), "grace"));
}
