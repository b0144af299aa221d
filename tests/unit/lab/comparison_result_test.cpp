// Goal: the lab draws from samples the conclusions that the article drew from its table, and no conclusion where none can
// be drawn. Method: samples whose means are the article's figures; variations of them.
#include "lambox/lab/comparison_result.hpp"
#include "unit/lab/sample_runs.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace lambox::lab;
using doctest::Approx;

namespace {

const Statement* find(const ComparisonResult& result, Metric metric, std::optional<StartKind> start) {
    for (const auto& statement : result.statements) {
        if (statement.metric == metric && statement.start == start) return &statement;
    }
    return nullptr;
}

double percent(const ComparisonResult& result, Metric metric, std::optional<StartKind> start) {
    const auto* statement = find(result, metric, start);
    REQUIRE(statement != nullptr);
    REQUIRE(statement->percent);
    return *statement->percent;
}

} // namespace

TEST_CASE("means of the samples are the article's table") {
    const auto result = analyse(test::article_run(), 0.05);
    REQUIRE(result.functions.size() == 2);
    const auto& go1 = result.functions[0];
    const auto& al2 = result.functions[1];
    CHECK(go1.cold.count() == 100);
    CHECK(go1.cold.duration.mean == Approx(8.92));
    CHECK(go1.cold.billed.mean == Approx(9.33));
    CHECK(go1.cold.max_memory.mean == Approx(29));
    CHECK(go1.cold.init->mean == Approx(88.65));
    CHECK(al2.cold.billed.mean == Approx(58.1));
    CHECK(al2.cold.init_and_duration->mean == Approx(57.42));
    CHECK(al2.cold.end_to_end.mean == Approx(57.92));
    CHECK(al2.warm.billed.mean == Approx(1.33));
    CHECK_FALSE(al2.warm.init);
    CHECK_FALSE(al2.warm.init_and_duration);
}

TEST_CASE("percentages follow from the article's table by its own arithmetic") {
    const auto result = analyse(test::article_run(), 0.05);
    CHECK(percent(result, Metric::max_memory, StartKind::cold) == Approx(52.63).epsilon(0.0001));
    CHECK(percent(result, Metric::max_memory, StartKind::warm) == Approx(57.89).epsilon(0.0001));
    // The article's "performs better in cold start (58.55%)" is its init duration, cut after two decimals.
    CHECK(percent(result, Metric::init, StartKind::cold) == Approx(58.558).epsilon(0.0001));
    // The article prints 521 %, from means with more digits than its table shows.
    CHECK(percent(result, Metric::billed, StartKind::cold) == Approx(522.72).epsilon(0.0001));
    // "arm64 is 19% cheaper than x86" is of the dearer price.
    CHECK(percent(result, Metric::price_per_ms, std::nullopt) == Approx(19.05).epsilon(0.001));
    CHECK(percent(result, Metric::init_and_duration, StartKind::cold) == Approx(69.92).epsilon(0.001));
    CHECK(result.statements.size() == 9);
    CHECK(find(result, Metric::billed, StartKind::cold)->direction == Direction::more);
    for (const auto& statement : result.statements) {
        const bool billed_cold = statement.metric == Metric::billed && statement.start == StartKind::cold;
        CHECK(statement.direction == (billed_cold ? Direction::more : Direction::less));
        CHECK(statement.subject == 1);
        CHECK(statement.reference == 0);
        CHECK(statement.comparability == Comparability::comparable);
    }
}

TEST_CASE("costs are those of the article's prices and meet at the break-even") {
    const auto result = analyse(test::article_run(), 0.05);
    CHECK(result.cold_shares == std::vector<double>{0, 0.01, 0.05, 0.1, 1});
    CHECK(result.functions[0].costs.front().per_million == Approx(0.2 + 2.1 * 0.0021));
    CHECK(result.functions[1].costs.front().per_million == Approx(0.2 + 1.33 * 0.0017));
    CHECK(result.functions[0].costs.back().per_million == Approx(0.2 + 9.33 * 0.0021));
    CHECK(result.functions[1].costs.back().per_million == Approx(0.2 + 58.1 * 0.0017));

    REQUIRE(result.break_evens.size() == 1);
    const auto& even = result.break_evens[0];
    CHECK(even.kind == BreakEvenKind::at_share);
    CHECK(even.cheaper_below == 1);
    CHECK(even.cheaper_above() == 0);
    CHECK(even.cold_share == Approx(0.002149 / (0.002149 + 0.079177)));
    const auto at = [&](std::size_t i) { return *cost_per_million(result.facts.functions[i], result.functions[i], even.cold_share); };
    CHECK(at(0) == Approx(at(1)).epsilon(1e-9));
}

TEST_CASE("the configured share of cold starts is listed once") {
    CHECK(analyse(test::article_run(), 0.1).cold_shares == std::vector<double>{0, 0.01, 0.1, 1});
    CHECK(analyse(test::article_run(), 0).cold_shares == std::vector<double>{0, 0.01, 0.1, 1});
    CHECK(analyse(test::article_run(), 0.5).cold_shares == std::vector<double>{0, 0.01, 0.1, 0.5, 1});
}

TEST_CASE("where one function is never dearer there is no break-even share") {
    auto run = test::article_run();
    for (auto& sample : run.samples) {
        if (sample.function == 1) sample.billed = Milliseconds{1};
    }
    const auto even = analyse(run, 0.01).break_evens.at(0);
    CHECK(even.kind == BreakEvenKind::one_cheaper);
    CHECK(even.cheaper_below == 1);
    CHECK(even.cold_share == 0);
}

TEST_CASE("equal cost at one end only is no break-even inside") {
    auto run = test::article_run();
    run.functions[1].price_per_ms = run.functions[0].price_per_ms;
    for (auto& sample : run.samples) {
        if (sample.start == StartKind::warm) sample.billed = Milliseconds{2};
    }
    const auto even = analyse(run, 0.01).break_evens.at(0);
    CHECK(even.kind == BreakEvenKind::one_cheaper);
    CHECK(even.cheaper_below == 0);
}

TEST_CASE("a function compared with its copy is the same in everything") {
    auto run = test::article_run();
    run.functions[1] = run.functions[0];
    for (std::size_t i = 0; i < run.samples.size(); i += 2) {
        run.samples[i + 1] = run.samples[i];
        run.samples[i + 1].function = 1;
    }
    const auto result = analyse(run, 0.01);
    CHECK(result.break_evens.at(0).kind == BreakEvenKind::always_equal);
    CHECK(result.statements.size() == 9);
    for (const auto& statement : result.statements) {
        CHECK(statement.direction == Direction::same);
        CHECK(statement.percent == Approx(0));
    }
}

TEST_CASE("every pair has a break-even, every function but the first its statements") {
    auto run = test::article_run();
    run.functions.push_back(run.functions[1]);
    run.functions[2].name = "third";
    const std::size_t count = run.samples.size();
    for (std::size_t i = 0; i < count; ++i) {
        if (run.samples[i].function != 1) continue;
        auto sample = run.samples[i];
        sample.function = 2;
        run.samples.push_back(sample);
    }
    const auto result = analyse(run, 0.01);
    CHECK(result.break_evens.size() == 3);
    CHECK(result.statements.size() == 18);
    CHECK(result.break_evens[1].first == 0);
    CHECK(result.break_evens[1].second == 2);
    CHECK(result.break_evens[2].kind == BreakEvenKind::always_equal);
}

TEST_CASE("measured figures of an emulated function are not comparable with native ones, its price is") {
    const auto result = analyse(test::emulated_run(), 0.01);
    for (const auto& statement : result.statements) {
        const bool price = statement.metric == Metric::price_per_ms;
        CHECK(statement.comparability == (price ? Comparability::comparable : Comparability::emulated_against_native));
    }
    CHECK(result.break_evens.at(0).comparability == Comparability::emulated_against_native);

    auto both = test::emulated_run();
    both.functions[0].emulation = Emulation::emulated;
    CHECK(analyse(both, 0.01).break_evens.at(0).comparability == Comparability::comparable);
}

TEST_CASE("without samples nothing is said and nothing costs") {
    auto run = test::article_run();
    run.samples.clear();
    const auto result = analyse(run, 0.01);
    CHECK(result.functions.at(0).cold.count() == 0);
    CHECK_FALSE(result.functions.at(0).cold.init);
    for (const auto& cost : result.functions.at(0).costs) CHECK_FALSE(cost.per_million);
    CHECK(result.break_evens.at(0).kind == BreakEvenKind::unknown);
    REQUIRE(result.statements.size() == 1);
    CHECK(result.statements[0].metric == Metric::price_per_ms);
}

TEST_CASE("warm samples alone give the cost of warm requests only") {
    auto run = test::article_run();
    std::erase_if(run.samples, [](const Sample& sample) { return sample.start == StartKind::cold; });
    const auto result = analyse(run, 0.01);
    CHECK(result.functions[0].costs.front().per_million);
    CHECK_FALSE(result.functions[0].costs.back().per_million);
    CHECK(result.break_evens.at(0).kind == BreakEvenKind::unknown);
    CHECK(find(result, Metric::duration, StartKind::cold) == nullptr);
    CHECK(find(result, Metric::duration, StartKind::warm) != nullptr);
}

TEST_CASE("without a published price there is no cost and no price statement") {
    auto run = test::article_run();
    run.functions[1].price_per_ms.reset();
    const auto result = analyse(run, 0.01);
    CHECK(result.functions[0].costs.front().per_million);
    CHECK_FALSE(result.functions[1].costs.front().per_million);
    CHECK(result.break_evens.at(0).kind == BreakEvenKind::unknown);
    CHECK(find(result, Metric::price_per_ms, std::nullopt) == nullptr);
}

TEST_CASE("a cold start without an init duration counts for everything but init") {
    auto run = test::empty_run();
    run.functions = {test::article_run().functions[0]};
    auto sample = test::cold(0, Microseconds{2'000}, Microseconds{10'000}, Milliseconds{2}, Mebibytes{20});
    run.samples.push_back(sample);
    sample.init.reset();
    run.samples.push_back(sample);
    const auto result = analyse(run, 0.01);
    CHECK(result.functions[0].cold.count() == 2);
    CHECK(result.functions[0].cold.init->count == 1);
    CHECK(result.functions[0].cold.init_and_duration->mean == Approx(12));
    CHECK(result.statements.empty());
    CHECK(result.break_evens.empty());
}

TEST_CASE("no percentage is made up from zero") {
    auto run = test::article_run();
    for (auto& sample : run.samples) {
        if (sample.function == 1) sample.max_memory = Mebibytes{0};
    }
    const auto result = analyse(run, 0.01);
    const auto* statement = find(result, Metric::max_memory, StartKind::warm);
    REQUIRE(statement != nullptr);
    CHECK(statement->direction == Direction::less);
    CHECK_FALSE(statement->percent);
}
