#include "lambox/lab/grid.hpp"

#include "lambox/lab/figures.hpp"

#include <string_view>

namespace lambox::lab {
namespace {

std::string_view mark_of(const ComparedFunction& function) { return function.emulation == Emulation::emulated ? "*" : ""; }

std::vector<std::string> summary_row(const ComparedFunction& function, const SeriesSummary& series, StartKind start) {
    const std::string mark(mark_of(function));
    const bool measured = series.count() > 0;
    const auto ms = [&](double value) { return measured ? print_ms(value) + mark : std::string("-"); };
    std::string init = start == StartKind::warm ? "N/A" : "-";
    if (start == StartKind::cold && series.init) init = print_ms(series.init->mean) + mark;
    return {function.name,
            start == StartKind::cold ? "Cold" : "Warm",
            std::to_string(series.count()),
            ms(series.duration.mean),
            ms(series.duration.p50),
            ms(series.duration.p99),
            ms(series.billed.mean),
            measured ? print_mb(series.max_memory.mean) + mark : std::string("-"),
            init,
            function.runtime,
            std::string(model::to_string(function.architecture))};
}

void add_percentiles(Grid& grid, const ComparedFunction& function, const SeriesSummary& series, StartKind start) {
    if (series.count() == 0) return;
    const std::string mark(mark_of(function));
    const auto add = [&](std::string_view what, const model::Summary& summary, std::string (*print)(double)) {
        grid.rows.push_back({function.name, start == StartKind::cold ? "Cold" : "Warm", std::string(what), print(summary.mean) + mark,
                             print(summary.p50) + mark, print(summary.p90) + mark, print(summary.p99) + mark, print(summary.max) + mark});
    };
    add("Duration", series.duration, print_ms);
    add("Billed duration", series.billed, print_ms);
    if (start == StartKind::cold && series.init) add("Init duration", *series.init, print_ms);
    add("Max. memory used", series.max_memory, print_mb);
    add("End to end", series.end_to_end, print_ms);
}

} // namespace

Grid summary_grid(const ComparisonResult& result) {
    Grid grid{{{"Function", Align::left},
               {"Start", Align::left},
               {"Samples", Align::right},
               {"Avg.\nDuration", Align::right},
               {"p50\nDuration", Align::right},
               {"p99\nDuration", Align::right},
               {"Avg. Billed\nDuration", Align::right},
               {"Avg. Max.\nMemory Used", Align::right},
               {"Avg. Init\nDuration", Align::right},
               {"Runtime", Align::left},
               {"Architecture", Align::left}},
              {}};
    for (const StartKind start : {StartKind::cold, StartKind::warm}) {
        for (std::size_t i = 0; i < result.functions.size(); ++i) {
            const auto& function = result.functions[i];
            grid.rows.push_back(summary_row(result.facts.functions[i], start == StartKind::cold ? function.cold : function.warm, start));
        }
    }
    return grid;
}

Grid cost_grid(const ComparisonResult& result) {
    Grid grid{{{"Function", Align::left}, {"Memory", Align::right}, {"Init", Align::left}, {"Price\nper ms", Align::right}}, {}};
    for (const double share : result.cold_shares) {
        grid.columns.push_back({print_share(share) + "\ncold" + (share == result.cold_share ? " (yours)" : ""), Align::right});
    }
    for (std::size_t i = 0; i < result.functions.size(); ++i) {
        const auto& function = result.facts.functions[i];
        std::vector<std::string> row{function.name, std::to_string(function.memory.count) + " MB",
                                     function.init_charge == model::InitCharge::billed ? "billed" : "free",
                                     function.price_per_ms ? print_usd_per_ms(*function.price_per_ms, result.facts.rounding) : "-"};
        for (const auto& cost : result.functions[i].costs) {
            row.push_back(cost.per_million ? print_usd(*cost.per_million) + std::string(mark_of(function)) : "-");
        }
        grid.rows.push_back(std::move(row));
    }
    return grid;
}

Grid percentile_grid(const ComparisonResult& result) {
    Grid grid{{{"Function", Align::left},
               {"Start", Align::left},
               {"Figure", Align::left},
               {"Mean", Align::right},
               {"p50", Align::right},
               {"p90", Align::right},
               {"p99", Align::right},
               {"Max", Align::right}},
              {}};
    for (std::size_t i = 0; i < result.functions.size(); ++i) {
        add_percentiles(grid, result.facts.functions[i], result.functions[i].cold, StartKind::cold);
        add_percentiles(grid, result.facts.functions[i], result.functions[i].warm, StartKind::warm);
    }
    return grid;
}

} // namespace lambox::lab
