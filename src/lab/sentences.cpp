#include "lambox/lab/sentences.hpp"

#include "lambox/lab/figures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lambox::lab {
namespace {

struct Phrase {
    std::string_view less;
    std::string_view same;
    std::string_view more;
};

Phrase phrase_of(Metric metric) {
    switch (metric) {
    case Metric::max_memory: return {"uses less memory than", "uses as much memory as", "uses more memory than"};
    case Metric::init: return {"initialises faster than", "initialises as fast as", "initialises more slowly than"};
    case Metric::duration: return {"runs faster than", "runs as fast as", "runs more slowly than"};
    case Metric::init_and_duration: return {"is faster than", "is as fast as", "is slower than"};
    case Metric::billed: return {"is billed for less time than", "is billed for as much time as", "is billed for more time than"};
    case Metric::price_per_ms: return {"costs less per ms than", "costs as much per ms as", "costs more per ms than"};
    }
    return {};
}

std::string_view verb_of(const Statement& statement) {
    const Phrase phrase = phrase_of(statement.metric);
    switch (statement.direction) {
    case Direction::less: return phrase.less;
    case Direction::same: return phrase.same;
    case Direction::more: return phrase.more;
    }
    return {};
}

std::string_view occasion_of(const Statement& statement) {
    if (!statement.start || statement.metric == Metric::init) return "";
    if (statement.metric == Metric::init_and_duration) return " in cold starts, init and duration together";
    return *statement.start == StartKind::cold ? " in cold starts" : " in warm starts";
}

std::string value_of(const Statement& statement, double value, model::PriceRounding rounding) {
    switch (statement.metric) {
    case Metric::max_memory: return print_mb(value);
    case Metric::init:
    case Metric::duration:
    case Metric::init_and_duration:
    case Metric::billed: return print_ms(value);
    case Metric::price_per_ms: return print_usd_per_ms(value, rounding);
    }
    return {};
}

std::string_view caveat_of(Comparability comparability) {
    return comparability == Comparability::comparable ? "" : " [not comparable: emulated]";
}

/// The usual reason for a large difference between billed durations.
std::string init_reason(const ComparisonFacts& facts, const Statement& statement) {
    if (statement.metric != Metric::billed || statement.start != StartKind::cold) return "";
    const auto& subject = facts.functions[statement.subject];
    const auto& reference = facts.functions[statement.reference];
    if (subject.init_charge == reference.init_charge) return "";
    const bool subject_pays = subject.init_charge == model::InitCharge::billed;
    return fmt::format("; INIT is billed for {} but not for {}", (subject_pays ? subject : reference).name,
                       (subject_pays ? reference : subject).name);
}

} // namespace

std::string sentence(const ComparisonResult& result, const Statement& statement) {
    const auto& facts = result.facts;
    std::string text = fmt::format("{} {} {}{}: {}", facts.functions[statement.subject].name, verb_of(statement),
                                   facts.functions[statement.reference].name, occasion_of(statement),
                                   value_of(statement, statement.subject_value, facts.rounding));
    if (statement.direction != Direction::same) {
        text += " against " + value_of(statement, statement.reference_value, facts.rounding);
        if (statement.percent) text += " (" + print_percent(*statement.percent) + ")";
    }
    return text + init_reason(facts, statement) + std::string(caveat_of(statement.comparability));
}

std::string sentence(const ComparisonResult& result, const BreakEven& even) {
    const auto& names = result.facts.functions;
    const auto& first = names[even.first].name;
    const auto& second = names[even.second].name;
    std::string text;
    switch (even.kind) {
    case BreakEvenKind::at_share:
        text = fmt::format("{} is cheaper than {} up to {} cold starts, {} above", names[even.cheaper_below].name,
                           names[even.cheaper_above()].name, print_share(even.cold_share), names[even.cheaper_above()].name);
        break;
    case BreakEvenKind::one_cheaper:
        text = fmt::format("{} is cheaper than {} at any share of cold starts", names[even.cheaper_below].name,
                           names[even.cheaper_above()].name);
        break;
    case BreakEvenKind::always_equal: text = fmt::format("{} and {} cost the same at any share of cold starts", first, second); break;
    case BreakEvenKind::unknown:
        text = fmt::format("no break-even of {} and {}: cold and warm samples and prices of both are needed", first, second);
        break;
    }
    return text + std::string(caveat_of(even.comparability));
}

std::string_view percentage_definition() {
    return "Percentages are the difference of the two means divided by the smaller one; for the price per ms, divided by the larger one.";
}

std::string cost_definition(const ComparisonResult& result) {
    return fmt::format(
        "Per million requests, in US dollars: (cold share x mean billed cold + warm share x mean billed warm) x price per ms "
        "+ price per request; {} prices, first tier, without the free tier.",
        result.facts.rounding == model::PriceRounding::exact ? "exact" : "ten-decimal");
}

std::string emulation_note(const ComparisonFacts& facts) {
    std::vector<std::string> emulators;
    bool emulated = false;
    for (const auto& function : facts.functions) {
        if (function.emulation == Emulation::native) continue;
        emulated = true;
        if (!function.emulator.empty() && std::find(emulators.begin(), emulators.end(), function.emulator) == emulators.end()) {
            emulators.push_back(function.emulator);
        }
    }
    if (!emulated) return "";
    const std::string which = emulators.empty() ? "" : fmt::format(" ({})", fmt::join(emulators, ", "));
    return "* measured under qemu-user emulation" + which + ": not comparable with native figures";
}

std::vector<Circumstance> circumstances(const ComparisonResult& result) {
    const auto& facts = result.facts;
    std::size_t samples = 0;
    for (const auto& function : result.functions)
        samples += function.cold.count() + function.warm.count();
    std::vector<Circumstance> all{
        {"Era", {facts.era.str()}},
        {"Prices",
         {fmt::format("{}, {}", facts.region,
                      facts.rounding == model::PriceRounding::exact ? "exact" : "per ms rounded to the price page's ten decimals")}},
        {"Machine", {facts.machine}},
        {"Measured", {fmt::format("{} invocations in {}", samples, print_elapsed(facts.elapsed))}}};
    if (facts.errors > 0) {
        const std::string_view plural = facts.errors == 1 ? "" : "s";
        all.push_back(
            {"Failed", {fmt::format("{} invocation{}, not among the figures", facts.errors, plural)}, Circumstance::Kind::failure});
    }
    if (!facts.conditions.empty()) all.push_back({"Conditions", facts.conditions});
    return all;
}

} // namespace lambox::lab
