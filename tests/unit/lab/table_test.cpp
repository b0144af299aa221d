// Goal: the text that `lambox compare` prints is aligned, says what the article says, and marks what was emulated.
// Method: the article's case and variations of it, searched for lines and columns.
#include "lambox/lab/table.hpp"
#include "unit/lab/sample_runs.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::lab;

namespace {

std::vector<std::string> lines_of(const ComparisonRun& run, TextStyle style = TextStyle::plain) {
    std::istringstream text(render_text(analyse(run, 0.05), style));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);)
        lines.push_back(line);
    return lines;
}

bool has(const std::vector<std::string>& lines, const std::string& part) {
    for (const auto& line : lines) {
        if (line.find(part) != std::string::npos) return true;
    }
    return false;
}

} // namespace

TEST_CASE("the summary has the article's columns and rows, figures below one another") {
    const auto lines = lines_of(test::article_run());
    REQUIRE(lines.size() > 7);
    CHECK(lines[0] == "                              Avg.       p50       p99  Avg. Billed    Avg. Max.  Avg. Init");
    CHECK(lines[1] ==
          "Function  Start  Samples  Duration  Duration  Duration     Duration  Memory Used   Duration  Runtime       Architecture");
    CHECK(lines[2] ==
          "--------  -----  -------  --------  --------  --------  -----------  -----------  ---------  ------------  ------------");
    CHECK(lines[3] == "go1       Cold       100   8.92 ms   8.92 ms   8.92 ms      9.33 ms      29.0 MB   88.65 ms  go1.x         x86_64");
    CHECK(lines[4] == "al2       Cold       100   1.51 ms   1.51 ms   1.51 ms     58.10 ms      19.0 MB   55.91 ms  provided.al2  arm64");
    CHECK(lines[5] == "go1       Warm       100   1.17 ms   1.17 ms   1.17 ms      2.10 ms      30.0 MB        N/A  go1.x         x86_64");
    CHECK(lines[6] == "al2       Warm       100   0.97 ms   0.97 ms   0.97 ms      1.33 ms      19.0 MB        N/A  provided.al2  arm64");
}

TEST_CASE("the statements are the article's, with their figures and their definition") {
    const auto lines = lines_of(test::article_run());
    CHECK(has(lines, "al2 compared with go1"));
    CHECK(has(lines, "  al2 uses less memory than go1 in cold starts: 19.0 MB against 29.0 MB (52.63 %)"));
    CHECK(has(lines, "  al2 uses less memory than go1 in warm starts: 19.0 MB against 30.0 MB (57.89 %)"));
    CHECK(has(lines, "  al2 initialises faster than go1: 55.91 ms against 88.65 ms (58.56 %)"));
    CHECK(has(lines, "  al2 runs faster than go1 in cold starts: 1.51 ms against 8.92 ms (490.73 %)"));
    CHECK(has(lines, "  al2 is billed for more time than go1 in cold starts: 58.10 ms against 9.33 ms (522.72 %); INIT is billed for al2 "
                     "but not for go1"));
    CHECK(has(lines, "  al2 is billed for less time than go1 in warm starts: 1.33 ms against 2.10 ms (57.89 %)"));
    CHECK(has(lines, "  al2 costs less per ms than go1: $0.0000000017 against $0.0000000021 (19.05 %)"));
    CHECK(has(lines, "divided by the smaller one; for the price per ms, divided by the larger one"));
}

TEST_CASE("costs, break-even and circumstances follow") {
    const auto lines = lines_of(test::article_run());
    CHECK(has(lines, "                                  Price      0 %      1 %           5 %     10 %    100 %"));
    CHECK(has(lines, "Function  Memory  Init           per ms     cold     cold  cold (yours)     cold     cold"));
    CHECK(has(lines, "go1       128 MB  free    $0.0000000021  $0.2044  $0.2046       $0.2052  $0.2059  $0.2196"));
    CHECK(has(lines, "al2       128 MB  billed  $0.0000000017  $0.2023  $0.2032       $0.2071  $0.2119  $0.2988"));
    CHECK(has(lines, "  al2 is cheaper than go1 up to 2.64 % cold starts, go1 above"));
    CHECK(has(lines, "  Era:        2022-11-19"));
    CHECK(has(lines, "  Prices:     us-east-1, per ms rounded to the price page's ten decimals"));
    CHECK(has(lines, "  Machine:    Linux, x86_64, 2 CPUs"));
    CHECK(has(lines, "  Measured:   400 invocations in 12.3 s"));
    CHECK(has(lines, "  Conditions: isolation process"));
    CHECK(has(lines, "              memory limit not enforced by the kernel"));
    CHECK_FALSE(has(lines, "Failed"));
    CHECK_FALSE(has(lines, "emulat"));
}

TEST_CASE("every emulated figure is marked, digits stay aligned, and the caveat stands at every comparison") {
    const auto lines = lines_of(test::emulated_run());
    CHECK(lines[3] ==
          "go1       Cold       100   8.92 ms    8.92 ms    8.92 ms       9.33 ms       29.0 MB    88.65 ms   go1.x         x86_64");
    CHECK(lines[4] ==
          "al2       Cold       100   1.51 ms*   1.51 ms*   1.51 ms*     58.10 ms*      19.0 MB*   55.91 ms*  provided.al2  arm64");
    CHECK(lines[7] == "* measured under qemu-user emulation (qemu-aarch64-static): not comparable with native figures");
    CHECK(has(lines, "(52.63 %) [not comparable: emulated]"));
    CHECK(has(lines, "go1 above [not comparable: emulated]"));
    CHECK(has(lines, "$0.2988*"));
    CHECK(has(lines, "(19.05 %)"));
    CHECK_FALSE(has(lines, "(19.05 %) [not comparable"));
}

TEST_CASE("failed invocations are named") {
    auto run = test::article_run();
    run.errors = 1;
    CHECK(has(lines_of(run), "  Failed:     1 invocation, not among the figures"));
    run.errors = 2;
    CHECK(has(lines_of(run), "  Failed:     2 invocations, not among the figures"));
}

TEST_CASE("one function alone has figures and costs but nothing to be compared with") {
    auto run = test::article_run();
    run.functions.pop_back();
    std::erase_if(run.samples, [](const Sample& sample) { return sample.function == 1; });
    const auto lines = lines_of(run);
    CHECK(has(lines, "8.92 ms"));
    CHECK(has(lines, "$0.2196"));
    CHECK_FALSE(has(lines, "compared with"));
    CHECK_FALSE(has(lines, "Break-even"));
}

TEST_CASE("without samples the table has dashes and the break-even says why there is none") {
    auto run = test::article_run();
    run.samples.clear();
    const auto lines = lines_of(run);
    CHECK(lines[3] == "go1       Cold         0         -         -         -            -            -          -  go1.x         x86_64");
    CHECK(has(lines, "no break-even of go1 and al2: cold and warm samples and prices of both are needed"));
}

TEST_CASE("an empty comparison is a table without rows") {
    const auto lines = lines_of(test::empty_run());
    CHECK(lines[1].starts_with("Function  Start"));
    CHECK(lines[3].empty());
}

TEST_CASE("colours appear on a terminal only and change no other character") {
    const auto result = analyse(test::emulated_run(), 0.05);
    const auto plain = render_text(result, TextStyle::plain);
    auto coloured = render_text(result, TextStyle::terminal);
    CHECK(plain.find('\033') == std::string::npos);
    CHECK(coloured.find("\033[1m") != std::string::npos);
    for (auto at = coloured.find('\033'); at != std::string::npos; at = coloured.find('\033'))
        coloured.erase(at, coloured.find('m', at) - at + 1);
    CHECK(coloured == plain);
}

TEST_CASE("control characters in names cannot reach the terminal") {
    auto run = test::article_run();
    run.functions[1].name = "evil\033[2J\n";
    const auto text = render_text(analyse(run, 0.05), TextStyle::plain);
    CHECK(text.find('\033') == std::string::npos);
    CHECK(text.find("evil\\x1b[2J\\x0a") != std::string::npos);
}
