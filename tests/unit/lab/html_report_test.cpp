// Goal: the page stands alone, runs nothing but its own scripts, says what the table says and marks what was emulated.
// Method: search the rendered text; how it looks is judged by eye.
#include "lambox/lab/charts.hpp"
#include "lambox/lab/embedded.hpp"
#include "lambox/lab/html_report.hpp"
#include "unit/lab/sample_runs.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

using namespace lambox;
using namespace lambox::lab;

namespace {

std::string rendered(const ComparisonRun& run) { return render_html(run, analyse(run, 0.05)); }

bool has(const std::string& page, std::string_view part) { return page.find(part) != std::string::npos; }

std::size_t occurrences(const std::string& page, std::string_view part) {
    std::size_t count = 0;
    for (auto at = page.find(part); at != std::string::npos; at = page.find(part, at + part.size()))
        ++count;
    return count;
}

std::string data_of(const std::string& page) {
    constexpr std::string_view open = "<script type=\"application/json\" id=\"data\">";
    const auto begin = page.find(open);
    REQUIRE(begin != std::string::npos);
    const auto end = page.find("</script>", begin);
    return page.substr(begin + open.size(), end - begin - open.size());
}

} // namespace

TEST_CASE("the page has the table, the statements, the costs and the circumstances") {
    const auto page = rendered(test::article_run());
    CHECK(page.starts_with("<!doctype html>"));
    CHECK(has(page, "<h1>go1 against al2</h1>"));
    CHECK(has(page, "<caption>Averages by function and kind of start</caption>"));
    CHECK(has(page, "<th scope=\"col\" class=\"number\">Avg. Billed<br>Duration</th>"));
    CHECK(has(page, "<tr><th scope=\"row\">al2</th><td>Cold</td>"));
    CHECK(has(page, "<td class=\"number\">58.10 ms</td>"));
    CHECK(has(page, "<td class=\"number absent\">N/A</td>"));
    CHECK(has(page, "<li>al2 uses less memory than go1 in cold starts: 19.0&nbsp;MB against 29.0&nbsp;MB (52.63&nbsp;%)</li>"));
    CHECK(has(page, "<li>al2 is cheaper than go1 up to 2.64&nbsp;% cold starts, go1 above</li>"));
    CHECK(has(page, "<dt>Era</dt><dd>2022-11-19</dd>"));
    CHECK(has(page, "memory limit not enforced by the kernel"));
    CHECK_FALSE(has(page, "emulation"));
}

TEST_CASE("the winners are named, and none when only one function is native") {
    CHECK(has(rendered(test::article_run()), "<dt>Fastest when warm</dt><dd><b>al2</b> 0.97&nbsp;ms</dd>"));
    CHECK(has(rendered(test::article_run()), "<dt>Cheapest million requests at 5&nbsp;% cold starts</dt><dd><b>go1</b> $0.2052</dd>"));
    CHECK_FALSE(has(rendered(test::emulated_run()), "class=\"tile\""));
}

TEST_CASE("names, conditions and machine are text and never markup") {
    auto run = test::article_run();
    run.functions[1].name = "</script><script>alert('1')</script>";
    run.functions[1].runtime = "<b>&\"";
    run.machine = "<img src=x>";
    run.conditions = {"<i>"};
    const auto page = rendered(run);
    CHECK_FALSE(has(page, "<script>alert"));
    CHECK_FALSE(has(page, "<img"));
    CHECK_FALSE(has(page, "<i>"));
    CHECK(has(page, "&lt;/script&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
    CHECK(has(page, "&lt;b&gt;&amp;&quot;"));
    CHECK_FALSE(has(data_of(page), "<"));
    CHECK(nlohmann::json::parse(data_of(page))["functions"][1] == "</script><script>alert('1')</script>");
}

TEST_CASE("the policy forbids every load and allows exactly the page's own scripts and styles") {
    const auto page = rendered(test::article_run());
    CHECK(has(page, "content=\"default-src 'none'; script-src 'sha256-"));
    CHECK(occurrences(page, "'sha256-") == 4);
    CHECK_FALSE(has(page, "'unsafe-"));
    CHECK(occurrences(page, "<script>") == 2);
    CHECK(occurrences(page, "<style>") == 2);
    for (const char* attribute : {" src=", " href=", " style=\"", " onload=", "@import", "url("})
        CHECK_FALSE(has(page, attribute));
    // The one address is uPlot's own in its licence comment.
    CHECK(occurrences(page, "://") == occurrences(std::string(embedded::uplot_js().text), "://"));
}

TEST_CASE("what is embedded is whole and cannot end its element") {
    for (const auto& file : {embedded::uplot_js(), embedded::report_js(), embedded::uplot_css(), embedded::report_css()}) {
        CHECK(file.text.size() > 1'000);
        CHECK(file.sha256.size() == 32);
        CHECK(file.text.find("</") == std::string_view::npos);
        CHECK(file.text.find('\r') == std::string_view::npos); // a parser turns it into a line feed, and the hash fails
        CHECK(file.text.find('\0') == std::string_view::npos);
    }
    CHECK(embedded::uplot_js().text.find("v1.6.32") != std::string_view::npos);
}

TEST_CASE("emulated figures are marked in the tables, the legend and a notice") {
    const auto page = rendered(test::emulated_run());
    CHECK(has(page,
              "<p class=\"notice\">* measured under qemu-user emulation (qemu-aarch64-static): not comparable with native figures</p>"));
    CHECK(has(page, "<td class=\"number\">58.10 ms*</td>"));
    CHECK(has(page, "[not comparable: emulated]"));
    const auto data = nlohmann::json::parse(data_of(page));
    CHECK(data["functions"][1] == "al2 *");
    CHECK(data["breakEvens"][0]["label"] == "2.64 % *");
    CHECK(nlohmann::json::parse(data_of(rendered(test::article_run())))["breakEvens"][0]["label"] == "2.64 %");
}

TEST_CASE("every chart has a text that tells the same") {
    const auto page = rendered(test::article_run());
    CHECK(occurrences(page, "<figure>") == 5);
    CHECK(occurrences(page, "role=\"img\" aria-label=\"") == 5);
    CHECK(has(page, "Init duration: go1 half within 88.65 ms, 99 % within 88.65 ms; al2 half within 55.91 ms"));
}

TEST_CASE("the page's size does not follow the number of samples") {
    auto run = test::article_run();
    const auto small = rendered(run).size();
    for (int i = 0; i < 100'000; ++i) {
        run.samples.push_back(test::warm(0, Microseconds{900 + i % 1'000}, Milliseconds{2}, Mebibytes{30}));
    }
    const auto page = rendered(run);
    CHECK(page.size() < small + 20'000);
    const auto data = nlohmann::json::parse(data_of(page));
    for (const auto& chart : data["distributions"])
        CHECK(chart["x"].size() <= chart_points);
}

TEST_CASE("a comparison without samples has no distributions, one without functions hardly anything") {
    auto run = test::article_run();
    run.samples.clear();
    const auto page = rendered(run);
    CHECK_FALSE(has(page, "<figure>"));
    CHECK_FALSE(has(page, "<h2>Distributions</h2>"));
    CHECK(has(page, "<td class=\"number absent\">-</td>"));
    CHECK(nlohmann::json::parse(data_of(page))["cost"].is_null());
    CHECK(has(rendered(test::empty_run()), "<h1>Nothing compared</h1>"));
}

TEST_CASE("one function alone has its charts but nothing to be compared with") {
    auto run = test::article_run();
    run.functions.pop_back();
    std::erase_if(run.samples, [](const Sample& sample) { return sample.function == 1; });
    const auto page = rendered(run);
    CHECK(has(page, "<h1>go1</h1>"));
    CHECK(occurrences(page, "<figure>") == 5);
    CHECK_FALSE(has(page, "Compared with"));
    CHECK_FALSE(has(page, "Break-even"));
    CHECK_FALSE(has(page, "class=\"tile\""));
}
