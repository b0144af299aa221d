#include "lambox/lab/html_report.hpp"

#include "lambox/lab/charts.hpp"
#include "lambox/lab/embedded.hpp"
#include "lambox/lab/figures.hpp"
#include "lambox/lab/grid.hpp"
#include "lambox/lab/sentences.hpp"
#include "lambox/wire/base64.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>

namespace lambox::lab {
namespace {

using Json = nlohmann::ordered_json;

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char character : text) {
        switch (character) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += character;
        }
    }
    return out;
}

/// A figure stays with its unit at the end of a line.
std::string with_units_kept(std::string text) {
    for (const std::string_view unit : {" %", " ms", " MB"}) {
        for (auto at = text.find(unit); at != std::string::npos; at = text.find(unit, at + 1)) {
            if (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') text.replace(at, 1, "&nbsp;");
        }
    }
    return text;
}

/// For a script element of type application/json: nothing in it can end the element or open a comment.
std::string for_script(const Json& data) {
    std::string out;
    for (const char character : data.dump(-1, ' ', true, Json::error_handler_t::replace)) {
        if (character == '<')
            out += "\\u003c";
        else
            out += character;
    }
    return out;
}

std::string hash_source(const Embedded& file) { return "'sha256-" + wire::base64_encode(file.sha256) + "'"; }

std::string head(const std::string& title) {
    const auto uplot_css = embedded::uplot_css();
    const auto report_css = embedded::report_css();
    const std::string policy =
        fmt::format("default-src 'none'; script-src {} {}; style-src {} {}; base-uri 'none'; form-action 'none'",
                    hash_source(embedded::uplot_js()), hash_source(embedded::report_js()), hash_source(uplot_css), hash_source(report_css));
    return fmt::format("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<title>{}</title>\n<style>{}</style>\n<style>{}</style>\n</head>\n",
                       policy, escaped(title), uplot_css.text, report_css.text);
}

std::string title_of(const ComparisonFacts& facts) {
    if (facts.functions.empty()) return "Nothing compared";
    std::string title = facts.functions[0].name;
    for (std::size_t i = 1; i < facts.functions.size(); ++i)
        title += (i == 1 ? " against " : ", ") + facts.functions[i].name;
    return title;
}

/// Cells that stand in for an absent figure are dimmed; the first column names its row.
std::string table(const Grid& grid, std::string_view caption) {
    std::string out = fmt::format(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">\n<table>\n<caption>{0}</caption>\n<thead><tr>",
        escaped(caption));
    for (const auto& column : grid.columns) {
        std::string title = escaped(column.title);
        if (const auto feed = title.find('\n'); feed != std::string::npos) title.replace(feed, 1, "<br>");
        out += fmt::format("<th scope=\"col\"{}>{}</th>", column.align == Align::right ? " class=\"number\"" : "", title);
    }
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& row : grid.rows) {
        out += fmt::format("<tr><th scope=\"row\">{}</th>", escaped(row[0]));
        for (std::size_t i = 1; i < row.size(); ++i) {
            const bool absent = row[i] == "-" || row[i] == "N/A";
            const std::string_view kind =
                grid.columns[i].align == Align::right ? (absent ? " class=\"number absent\"" : " class=\"number\"") : "";
            out += fmt::format("<td{}>{}</td>", kind, escaped(row[i]));
        }
        out += "</tr>\n";
    }
    return out + "</tbody>\n</table>\n</div>\n";
}

/// Native functions only, as soon as there is one: an emulated figure must not win or lose against a native one.
std::vector<std::size_t> rankable(const ComparisonFacts& facts) {
    std::vector<std::size_t> natives;
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < facts.functions.size(); ++i) {
        all.push_back(i);
        if (facts.functions[i].emulation == Emulation::native) natives.push_back(i);
    }
    return natives.empty() ? all : natives;
}

template <class Value>
std::string tile(const ComparisonResult& result, std::string_view label, std::string (*print)(double), Value value_of) {
    std::optional<std::size_t> best;
    for (const std::size_t i : rankable(result.facts)) {
        const std::optional<double> value = value_of(i);
        if (value && (!best || *value < *value_of(*best))) best = i;
    }
    if (!best) return "";
    return fmt::format("<div class=\"tile\"><dt>{}</dt><dd><b>{}</b> {}</dd></div>\n", with_units_kept(escaped(label)),
                       escaped(result.facts.functions[*best].name), with_units_kept(print(*value_of(*best))));
}

std::string tiles(const ComparisonResult& result) {
    if (rankable(result.facts).size() < 2) return "";
    const auto mean = [](const SeriesSummary& series, const model::Summary SeriesSummary::*figure) {
        return series.count() == 0 ? std::nullopt : std::optional((series.*figure).mean);
    };
    const auto& functions = result.functions;
    return "<dl class=\"tiles\">\n" +
           tile(result, "Fastest cold start, as the caller sees it", print_ms,
                [&](std::size_t i) { return mean(functions[i].cold, &SeriesSummary::end_to_end); }) +
           tile(result, "Fastest when warm", print_ms, [&](std::size_t i) { return mean(functions[i].warm, &SeriesSummary::duration); }) +
           tile(result, "Least memory when warm", print_mb,
                [&](std::size_t i) { return mean(functions[i].warm, &SeriesSummary::max_memory); }) +
           tile(result, "Cheapest million requests at " + print_share(result.cold_share) + " cold starts", print_usd,
                [&](std::size_t i) { return cost_per_million(result.facts.functions[i], functions[i], result.cold_share); }) +
           "</dl>\n";
}

struct ChartText {
    std::string_view id;
    std::string_view title;
    std::string_view x_title;
    std::string description; ///< what somebody learns who cannot see it
};

std::string figure(const ChartText& text) {
    return fmt::format("<figure>\n<figcaption>{}</figcaption>\n<div class=\"plot\" id=\"{}\" role=\"img\" aria-label=\"{}\"></div>\n"
                       "</figure>\n",
                       escaped(text.title), text.id, escaped(text.description));
}

Json chart_json(const Chart& chart, const ChartText& text) {
    // Seven digits are more than any screen shows and a third of the bytes.
    const auto shortened = [](double value) { return std::strtod(fmt::format("{:.7g}", value).c_str(), nullptr); };
    const auto numbers = [&](const std::vector<double>& values) {
        Json out = Json::array();
        for (const double value : values)
            out.push_back(shortened(value));
        return out;
    };
    Json lines = Json::array();
    for (const auto& line : chart.lines)
        lines.push_back({{"function", line.function}, {"y", numbers(line.y)}});
    const std::string title = std::string(text.x_title) + (chart.axis == ChartAxis::logarithmic ? " (logarithmic)" : "");
    return {{"id", std::string(text.id)},
            {"title", title},
            {"logarithmic", chart.axis == ChartAxis::logarithmic},
            {"x", numbers(chart.x)},
            {"lines", lines}};
}

struct DistributionView {
    Distribution distribution;
    std::string_view id;
    std::string_view title;
    std::optional<model::Summary> (*summary)(const FunctionResult&);
};

constexpr std::array<DistributionView, 4> distribution_views{{
    {Distribution::cold_duration, "chart-cold", "Duration, cold starts",
     [](const FunctionResult& function) { return std::optional(function.cold.duration); }},
    {Distribution::warm_duration, "chart-warm", "Duration, warm starts",
     [](const FunctionResult& function) { return std::optional(function.warm.duration); }},
    {Distribution::init, "chart-init", "Init duration", [](const FunctionResult& function) { return function.cold.init; }},
    {Distribution::cold_end_to_end, "chart-end-to-end", "Cold start as the caller sees it",
     [](const FunctionResult& function) { return std::optional(function.cold.end_to_end); }},
}};

std::string describe(const ComparisonResult& result, const DistributionView& view) {
    std::string text = fmt::format("Share of samples at or below each time. {}: ", view.title);
    std::string_view separator = "";
    for (std::size_t i = 0; i < result.functions.size(); ++i) {
        const auto summary = view.summary(result.functions[i]);
        if (!summary || summary->count == 0) continue;
        text += fmt::format("{}{} half within {}, 99 % within {}", separator, result.facts.functions[i].name, print_ms(summary->p50),
                            print_ms(summary->p99));
        separator = "; ";
    }
    return text + ".";
}

struct Charts {
    std::string cost_figure;
    std::string distribution_figures;
    Json data;
};

Charts charts_of(const ComparisonRun& run, const ComparisonResult& result) {
    Charts charts;
    Json functions = Json::array();
    for (const auto& function : run.functions) {
        functions.push_back(function.name + (function.emulation == Emulation::emulated ? " *" : ""));
    }
    Json distributions = Json::array();
    for (const auto& view : distribution_views) {
        const Chart chart = distribution_chart(run, view.distribution);
        if (chart.lines.empty()) continue;
        const ChartText text{view.id, view.title, "ms", describe(result, view)};
        charts.distribution_figures += figure(text);
        distributions.push_back(chart_json(chart, text));
    }
    Json cost = nullptr;
    Json evens = Json::array();
    if (const Chart chart = cost_chart(result); !chart.lines.empty()) {
        std::string description = "Cost per million requests over the share of cold starts, from the cost table above.";
        for (const auto& even : result.break_evens) {
            description += " " + sentence(result, even) + ".";
            if (even.kind == BreakEvenKind::at_share) {
                const std::string mark = even.comparability == Comparability::comparable ? "" : " *";
                evens.push_back({{"percent", even.cold_share * 100}, {"label", print_share(even.cold_share) + mark}});
            }
        }
        const ChartText text{"chart-cost", "Cost per million requests", "share of cold starts, %", std::move(description)};
        charts.cost_figure = figure(text);
        cost = chart_json(chart, text);
    }
    charts.data = {{"functions", functions}, {"distributions", distributions}, {"cost", cost}, {"breakEvens", evens}};
    return charts;
}

template <class Items>
std::string sentence_list(const ComparisonResult& result, const Items& items) {
    std::string out = "<ul>\n";
    for (const auto& item : items)
        out += "<li>" + with_units_kept(escaped(sentence(result, item))) + "</li>\n";
    return out + "</ul>\n";
}

/// A list a function, with its name above.
std::string statement_lists(const ComparisonResult& result) {
    std::string out;
    for (std::size_t subject = 1; subject < result.functions.size(); ++subject) {
        std::vector<Statement> own;
        for (const auto& statement : result.statements) {
            if (statement.subject == subject) own.push_back(statement);
        }
        if (own.empty()) continue;
        if (result.functions.size() > 2) out += "<h3>" + escaped(result.facts.functions[subject].name) + "</h3>\n";
        out += sentence_list(result, own);
    }
    return out;
}

std::string circumstances_list(const ComparisonResult& result) {
    std::string out = "<dl class=\"facts\">\n";
    for (const auto& circumstance : circumstances(result)) {
        const std::string_view kind = circumstance.kind == Circumstance::Kind::failure ? " class=\"failed\"" : "";
        out += fmt::format("<div{}><dt>{}</dt>", kind, escaped(circumstance.label));
        for (const auto& line : circumstance.lines)
            out += "<dd>" + escaped(line) + "</dd>";
        out += "</div>\n";
    }
    return out + "</dl>\n";
}

} // namespace

std::string render_html(const ComparisonRun& run, const ComparisonResult& result) {
    const std::string title = title_of(result.facts);
    const std::string note = emulation_note(result.facts);
    const std::string notice = note.empty() ? "" : "<p class=\"notice\">" + escaped(note) + "</p>\n";
    const Charts charts = charts_of(run, result);

    std::string page = head("lambox: " + title);
    page += "<body>\n<main>\n<header>\n<p class=\"kicker\">lambox compare</p>\n<h1>" + escaped(title) + "</h1>\n";
    page += circumstances_list(result) + "</header>\n";
    page += notice + tiles(result);
    page += "<section>\n<h2>Averages</h2>\n" + table(summary_grid(result), "Averages by function and kind of start") + "</section>\n";
    if (!result.statements.empty()) {
        page += "<section>\n<h2>Compared with " + escaped(result.facts.functions[0].name) + "</h2>\n" + statement_lists(result);
        page += "<p class=\"fine\">" + escaped(percentage_definition()) + "</p>\n</section>\n";
    }
    page += "<section>\n<h2>Cost</h2>\n" + table(cost_grid(result), "Cost per million requests, by share of cold starts");
    page += "<p class=\"fine\">" + escaped(cost_definition(result)) + "</p>\n";
    if (!result.break_evens.empty()) page += "<h3>Break-even</h3>\n" + sentence_list(result, result.break_evens);
    page += charts.cost_figure + "</section>\n";
    if (!charts.distribution_figures.empty()) {
        page += "<section>\n<h2>Distributions</h2>\n<p class=\"fine\">How many of the samples, in percent, took that long or less. "
                "The further left, the faster; the steeper, the steadier.</p>\n<div class=\"figures\">\n" +
                charts.distribution_figures + "</div>\n</section>\n";
    }
    const Grid percentiles = percentile_grid(result);
    if (!percentiles.rows.empty()) {
        page += "<section>\n<h2>Percentiles</h2>\n" + table(percentiles, "Mean, percentiles and maximum of every figure") + notice +
                "</section>\n";
    }
    page += "</main>\n<script type=\"application/json\" id=\"data\">" + for_script(charts.data) + "</script>\n<script>";
    page += embedded::uplot_js().text;
    page += "</script>\n<script>";
    page += embedded::report_js().text;
    page += "</script>\n</body>\n</html>\n";
    return page;
}

} // namespace lambox::lab
