#include "lambox/lab/json_report.hpp"

#include "lambox/lab/sentences.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace lambox::lab {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json distribution(const model::Summary& summary) {
    if (summary.count == 0) return nullptr;
    return {{"mean", summary.mean}, {"p50", summary.p50}, {"p90", summary.p90}, {"p99", summary.p99}, {"max", summary.max}};
}

Json series_json(const SeriesSummary& series) {
    return {{"count", series.count()},
            {"duration_ms", distribution(series.duration)},
            {"billed_ms", distribution(series.billed)},
            {"max_memory_mb", distribution(series.max_memory)},
            {"init_ms", series.init ? distribution(*series.init) : Json(nullptr)},
            {"end_to_end_ms", distribution(series.end_to_end)}};
}

Json function_json(const ComparedFunction& function, const FunctionResult& result) {
    Json costs = Json::array();
    for (const auto& cost : result.costs)
        costs.push_back({{"cold_share", cost.cold_share}, {"usd", or_null(cost.per_million)}});
    const bool emulated = function.emulation == Emulation::emulated;
    return {{"name", function.name},
            {"runtime", function.runtime},
            {"architecture", std::string(model::to_string(function.architecture))},
            {"emulated", emulated},
            {"emulator", emulated ? Json(function.emulator) : Json(nullptr)},
            {"memory_size_mb", function.memory.count},
            {"init_billed", function.init_charge == model::InitCharge::billed},
            {"price_per_ms_usd", or_null(function.price_per_ms)},
            {"price_per_request_usd", function.price_per_request},
            {"cold", series_json(result.cold)},
            {"warm", series_json(result.warm)},
            {"cost_per_million_usd", costs}};
}

std::string_view name_of(Metric metric) {
    switch (metric) {
    case Metric::max_memory: return "max_memory_mb";
    case Metric::init: return "init_ms";
    case Metric::duration: return "duration_ms";
    case Metric::init_and_duration: return "init_and_duration_ms";
    case Metric::billed: return "billed_ms";
    case Metric::price_per_ms: return "price_per_ms_usd";
    }
    return "";
}

std::string_view name_of(StartKind start) {
    switch (start) {
    case StartKind::cold: return "cold";
    case StartKind::warm: return "warm";
    }
    return "";
}

Json statement_json(const ComparisonResult& result, const Statement& statement) {
    const auto& functions = result.facts.functions;
    return {{"function", functions[statement.subject].name},
            {"reference", functions[statement.reference].name},
            {"figure", std::string(name_of(statement.metric))},
            {"start", statement.start ? Json(std::string(name_of(*statement.start))) : Json(nullptr)},
            {"value", statement.subject_value},
            {"reference_value", statement.reference_value},
            {"percent", or_null(statement.percent)},
            {"percent_of", statement.metric == Metric::price_per_ms ? "larger" : "smaller"},
            {"comparable", statement.comparability == Comparability::comparable},
            {"text", sentence(result, statement)}};
}

/// `cold_share` null = no crossing; then `cheaper_below` and `cheaper_above` are the same function, or null.
Json break_even_json(const ComparisonResult& result, const BreakEven& even) {
    const auto& functions = result.facts.functions;
    Json share = nullptr;
    Json below = nullptr;
    Json above = nullptr;
    switch (even.kind) {
    case BreakEvenKind::at_share:
        share = even.cold_share;
        below = functions[even.cheaper_below].name;
        above = functions[even.cheaper_above()].name;
        break;
    case BreakEvenKind::one_cheaper: below = above = functions[even.cheaper_below].name; break;
    case BreakEvenKind::always_equal:
    case BreakEvenKind::unknown: break;
    }
    return {{"functions", {functions[even.first].name, functions[even.second].name}},
            {"cold_share", share},
            {"cheaper_below", below},
            {"cheaper_above", above},
            {"comparable", even.comparability == Comparability::comparable},
            {"text", sentence(result, even)}};
}

Json document_without_samples(const ComparisonResult& result) {
    const auto& facts = result.facts;
    Json document{{"era", facts.era.str()},         {"machine", facts.machine},
                  {"region", facts.region},         {"price_rounding", std::string(model::to_string(facts.rounding))},
                  {"conditions", facts.conditions}, {"elapsed_ms", static_cast<double>(facts.elapsed.count()) / 1000.0},
                  {"errors", facts.errors},         {"cold_share", result.cold_share}};
    document["functions"] = Json::array();
    for (std::size_t i = 0; i < result.functions.size(); ++i) {
        document["functions"].push_back(function_json(facts.functions[i], result.functions[i]));
    }
    document["statements"] = Json::array();
    for (const auto& statement : result.statements)
        document["statements"].push_back(statement_json(result, statement));
    document["break_even"] = Json::array();
    for (const auto& even : result.break_evens)
        document["break_even"].push_back(break_even_json(result, even));
    return document;
}

/// Milliseconds of whole microseconds, without a detour over floating point.
void append_ms(std::string& out, Microseconds value) {
    fmt::format_to(std::back_inserter(out), "{}.{:03}", value.count() / 1000, value.count() % 1000);
}

void append_sample(std::string& out, const Sample& sample, const std::string& quoted_name) {
    fmt::format_to(std::back_inserter(out), R"({{"function": {}, "start": "{}", "duration_ms": )", quoted_name, name_of(sample.start));
    append_ms(out, sample.duration);
    out += ", \"init_ms\": ";
    if (sample.init)
        append_ms(out, *sample.init);
    else
        out += "null";
    fmt::format_to(std::back_inserter(out), R"(, "billed_ms": {}, "max_memory_mb": {}, "end_to_end_ms": )", sample.billed.count(),
                   sample.max_memory.count);
    append_ms(out, sample.end_to_end);
    out += '}';
}

} // namespace

std::string render_json(const ComparisonRun& run, const ComparisonResult& result) {
    constexpr auto replace = Json::error_handler_t::replace;
    std::vector<std::string> names;
    for (const auto& function : run.functions)
        names.push_back(Json(function.name).dump(-1, ' ', false, replace));

    // A million samples as JSON values would take a gigabyte; as text they are appended to the finished rest.
    std::string text = document_without_samples(result).dump(2, ' ', false, replace);
    text.erase(text.rfind("\n}"));
    text += ",\n  \"samples\": [";
    for (std::size_t i = 0; i < run.samples.size(); ++i) {
        text += i == 0 ? "\n    " : ",\n    ";
        append_sample(text, run.samples[i], names[run.samples[i].function]);
    }
    text += run.samples.empty() ? "]\n}\n" : "\n  ]\n}\n";
    return text;
}

} // namespace lambox::lab
