#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/billing.hpp"
#include "lambox/model/era.hpp"
#include "lambox/model/price_list.hpp"
#include "lambox/model/runtime_catalogue.hpp"
#include "lambox/model/statistics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lambox::lab {

enum class StartKind { cold, warm };
enum class Emulation { native, emulated };

/// One invocation that succeeded.
struct Sample {
    std::size_t function = 0; ///< index into ComparisonFacts::functions
    StartKind start = StartKind::warm;
    Microseconds duration{0};
    std::optional<Microseconds> init; ///< absent for warm starts
    std::chrono::milliseconds billed{0};
    Mebibytes max_memory;
    Microseconds end_to_end{0}; ///< the whole Invoke as its caller sees it
};

struct ComparedFunction {
    std::string name;
    std::string runtime;
    model::Architecture architecture = model::Architecture::x86_64;
    Emulation emulation = Emulation::native;
    std::string emulator; ///< the program that emulated the processor; empty when native
    Mebibytes memory;     ///< configured
    model::InitCharge init_charge = model::InitCharge::free;
    std::optional<double> price_per_ms; ///< dollars; absent when none is published for the region and architecture
    double price_per_request = 0;       ///< dollars
};

/// Everything about a comparison but the measurements.
struct ComparisonFacts {
    model::Era era;
    model::PriceRounding rounding = model::PriceRounding::exact;
    std::string region;
    std::string machine;
    std::vector<std::string> conditions; ///< isolation and profile in force, and what could not be enforced; a line each
    std::vector<ComparedFunction> functions;
    Microseconds elapsed{0};
    std::uint32_t errors = 0; ///< failed invocations; they have no sample
};

struct ComparisonRun : ComparisonFacts {
    std::vector<Sample> samples;
};

/// Milliseconds and MB. A count of zero = no samples of that kind.
struct SeriesSummary {
    model::Summary duration;
    model::Summary billed;
    model::Summary max_memory;
    std::optional<model::Summary> init;              ///< over the samples that have one; nothing when none has
    std::optional<model::Summary> init_and_duration; ///< per sample added up; as init
    model::Summary end_to_end;
    [[nodiscard]] std::size_t count() const { return duration.count; }
};

struct CostAtShare {
    double cold_share; ///< 0 to 1
    /// Dollars for a million requests: (share x mean billed cold + (1 - share) x mean billed warm) x price per ms + the
    /// price per request. Nothing when a price or a series that the share needs is missing.
    std::optional<double> per_million;
};

struct FunctionResult {
    SeriesSummary cold;
    SeriesSummary warm;
    std::vector<CostAtShare> costs; ///< at ComparisonResult::cold_shares
};

enum class Metric { max_memory, init, duration, init_and_duration, billed, price_per_ms };
enum class Direction { less, same, more };
/// Figures measured under emulation and native ones say nothing about each other.
enum class Comparability { comparable, emulated_against_native };

/// How a function's mean compares with the first function's.
struct Statement {
    Metric metric;
    std::optional<StartKind> start; ///< nothing for prices, which are not measured
    std::size_t subject;
    std::size_t reference;
    double subject_value;
    double reference_value;
    Direction direction; ///< of the subject
    /// The difference in percent of the smaller value, as the article counts; for prices of the larger, as the article
    /// counts there. Nothing when that value is zero.
    std::optional<double> percent;
    Comparability comparability;
};

enum class BreakEvenKind {
    at_share,    ///< `cheaper_below` is cheaper up to the share, the other one above it
    one_cheaper, ///< `cheaper_below` is never dearer, whatever the share
    always_equal,
    unknown, ///< a price or a series is missing
};

/// At which share of cold starts two functions cost the same.
struct BreakEven {
    std::size_t first;
    std::size_t second;
    BreakEvenKind kind;
    double cold_share = 0; ///< in (0, 1) for at_share, else zero
    std::size_t cheaper_below = 0;
    Comparability comparability = Comparability::comparable;
    [[nodiscard]] std::size_t cheaper_above() const { return cheaper_below == first ? second : first; }
};

struct ComparisonResult {
    ComparisonFacts facts;
    double cold_share = 0;                 ///< the configured one
    std::vector<double> cold_shares;       ///< 0, 1 %, 10 %, 100 % and the configured one, ascending, each once
    std::vector<FunctionResult> functions; ///< same indices as facts.functions
    std::vector<Statement> statements;
    std::vector<BreakEven> break_evens; ///< every pair of functions
};

/// `cold_share` is the share of cold starts that the user expects, 0 to 1.
[[nodiscard]] ComparisonResult analyse(const ComparisonRun& run, double cold_share);

/// The cost of one cold share for one function, as in FunctionResult::costs.
[[nodiscard]] std::optional<double> cost_per_million(const ComparedFunction& function, const FunctionResult& result, double cold_share);

} // namespace lambox::lab
