#include "lambox/lab/comparison_result.hpp"

#include "lambox/base/assert.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lambox::lab {
namespace {

double in_ms(Microseconds value) { return static_cast<double>(value.count()) / 1000.0; }

/// The columns of one function's cold or warm samples.
struct Series {
    std::vector<double> duration;
    std::vector<double> billed;
    std::vector<double> max_memory;
    std::vector<double> init;
    std::vector<double> init_and_duration;
    std::vector<double> end_to_end;

    void add(const Sample& sample) {
        duration.push_back(in_ms(sample.duration));
        billed.push_back(static_cast<double>(sample.billed.count()));
        max_memory.push_back(static_cast<double>(sample.max_memory.count));
        end_to_end.push_back(in_ms(sample.end_to_end));
        if (!sample.init) return;
        init.push_back(in_ms(*sample.init));
        init_and_duration.push_back(in_ms(*sample.init + sample.duration));
    }

    [[nodiscard]] SeriesSummary summary() && {
        SeriesSummary result;
        result.duration = model::summarise(std::move(duration));
        result.billed = model::summarise(std::move(billed));
        result.max_memory = model::summarise(std::move(max_memory));
        if (!init.empty()) {
            result.init = model::summarise(std::move(init));
            result.init_and_duration = model::summarise(std::move(init_and_duration));
        }
        result.end_to_end = model::summarise(std::move(end_to_end));
        return result;
    }
};

std::vector<double> shares_with(double configured) {
    std::vector<double> shares{0.0, 0.01, 0.1, 1.0, configured};
    std::sort(shares.begin(), shares.end());
    shares.erase(std::unique(shares.begin(), shares.end()), shares.end());
    return shares;
}

Comparability comparability_of(const ComparedFunction& a, const ComparedFunction& b) {
    return a.emulation == b.emulation ? Comparability::comparable : Comparability::emulated_against_native;
}

Direction direction_of(double subject, double reference) {
    // Means and prices of equal inputs may differ in their last bits.
    if (std::abs(subject - reference) <= 1e-12 * std::max(std::abs(subject), std::abs(reference))) return Direction::same;
    return subject < reference ? Direction::less : Direction::more;
}

std::optional<double> percent_between(double a, double b, Metric metric) {
    const double base = metric == Metric::price_per_ms ? std::max(a, b) : std::min(a, b);
    if (base <= 0) return std::nullopt;
    return std::abs(a - b) / base * 100.0;
}

/// The mean that a statement is about; nothing when it was not measured.
std::optional<double> mean_of(const SeriesSummary& series, Metric metric) {
    if (series.count() == 0) return std::nullopt;
    const auto optional_mean = [](const std::optional<model::Summary>& summary) -> std::optional<double> {
        if (!summary) return std::nullopt;
        return summary->mean;
    };
    switch (metric) {
    case Metric::max_memory: return series.max_memory.mean;
    case Metric::init: return optional_mean(series.init);
    case Metric::duration: return series.duration.mean;
    case Metric::init_and_duration: return optional_mean(series.init_and_duration);
    case Metric::billed: return series.billed.mean;
    case Metric::price_per_ms: break;
    }
    return std::nullopt;
}

struct Topic {
    Metric metric;
    StartKind start;
};

constexpr std::array<Topic, 8> topics{{{Metric::max_memory, StartKind::cold},
                                       {Metric::max_memory, StartKind::warm},
                                       {Metric::init, StartKind::cold},
                                       {Metric::duration, StartKind::cold},
                                       {Metric::init_and_duration, StartKind::cold},
                                       {Metric::duration, StartKind::warm},
                                       {Metric::billed, StartKind::cold},
                                       {Metric::billed, StartKind::warm}}};

void add_statements(ComparisonResult& result, std::size_t subject) {
    constexpr std::size_t reference = 0;
    const auto add = [&](Metric metric, std::optional<StartKind> start, std::optional<double> value, std::optional<double> against,
                         Comparability comparability) {
        if (!value || !against) return;
        result.statements.push_back({metric, start, subject, reference, *value, *against, direction_of(*value, *against),
                                     percent_between(*value, *against, metric), comparability});
    };
    const auto& function = result.facts.functions[subject];
    const auto& other = result.facts.functions[reference];
    for (const Topic& topic : topics) {
        const auto series = topic.start == StartKind::cold ? &FunctionResult::cold : &FunctionResult::warm;
        add(topic.metric, topic.start, mean_of(result.functions[subject].*series, topic.metric),
            mean_of(result.functions[reference].*series, topic.metric), comparability_of(function, other));
    }
    add(Metric::price_per_ms, std::nullopt, function.price_per_ms, other.price_per_ms, Comparability::comparable);
}

BreakEven break_even_of(const ComparisonResult& result, std::size_t first, std::size_t second) {
    BreakEven even{first, second, BreakEvenKind::unknown};
    const auto& functions = result.facts.functions;
    even.comparability = comparability_of(functions[first], functions[second]);
    const auto cost = [&](std::size_t index, double share) { return cost_per_million(functions[index], result.functions[index], share); };
    const auto first_warm = cost(first, 0);
    const auto second_warm = cost(second, 0);
    const auto first_cold = cost(first, 1);
    const auto second_cold = cost(second, 1);
    if (!first_warm || !second_warm || !first_cold || !second_cold) return even;
    const Direction warm = direction_of(*first_warm, *second_warm);
    const Direction cold = direction_of(*first_cold, *second_cold);
    if (warm == Direction::same && cold == Direction::same) {
        even.kind = BreakEvenKind::always_equal;
        return even;
    }
    even.cheaper_below = (warm == Direction::same ? cold : warm) == Direction::less ? first : second;
    if (warm == cold || warm == Direction::same || cold == Direction::same) {
        even.kind = BreakEvenKind::one_cheaper;
        return even;
    }
    // Both costs are straight lines over the share.
    const double gap_warm = *first_warm - *second_warm;
    const double gap_cold = *first_cold - *second_cold;
    even.kind = BreakEvenKind::at_share;
    even.cold_share = gap_warm / (gap_warm - gap_cold);
    return even;
}

} // namespace

std::optional<double> cost_per_million(const ComparedFunction& function, const FunctionResult& result, double cold_share) {
    if (!function.price_per_ms) return std::nullopt;
    if (cold_share > 0 && result.cold.count() == 0) return std::nullopt;
    if (cold_share < 1 && result.warm.count() == 0) return std::nullopt;
    const double billed_ms = cold_share * result.cold.billed.mean + (1 - cold_share) * result.warm.billed.mean;
    return 1e6 * (billed_ms * *function.price_per_ms + function.price_per_request);
}

ComparisonResult analyse(const ComparisonRun& run, double cold_share) {
    LAMBOX_ASSERT(cold_share >= 0 && cold_share <= 1);
    ComparisonResult result{run, cold_share, shares_with(cold_share)};
    std::vector<Series> cold(run.functions.size());
    std::vector<Series> warm(run.functions.size());
    for (const Sample& sample : run.samples) {
        LAMBOX_ASSERT(sample.function < run.functions.size());
        (sample.start == StartKind::cold ? cold : warm)[sample.function].add(sample);
    }
    for (std::size_t i = 0; i < run.functions.size(); ++i) {
        FunctionResult function{std::move(cold[i]).summary(), std::move(warm[i]).summary(), {}};
        for (const double share : result.cold_shares)
            function.costs.push_back({share, cost_per_million(run.functions[i], function, share)});
        result.functions.push_back(std::move(function));
    }
    for (std::size_t i = 1; i < run.functions.size(); ++i)
        add_statements(result, i);
    for (std::size_t i = 0; i < run.functions.size(); ++i) {
        for (std::size_t j = i + 1; j < run.functions.size(); ++j)
            result.break_evens.push_back(break_even_of(result, i, j));
    }
    return result;
}

} // namespace lambox::lab
