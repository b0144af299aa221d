#include "lambox/lab/comparison.hpp"

#include "lambox/engine/new_invocation.hpp"
#include "lambox/model/billing.hpp"

#include <algorithm>
#include <utility>

namespace lambox::lab {
namespace {

struct Turn {
    std::size_t function;
    model::StartKind start;
};

/// Rounds over all functions: every cold start first, then the warm requests.
std::vector<Turn> turns_of(const ComparisonSettings& settings) {
    std::vector<Turn> turns;
    const std::size_t count = settings.functions.size();
    turns.reserve(count * (std::size_t{settings.cold_starts} + settings.warm_requests));
    for (std::uint32_t round = 0; round < settings.cold_starts; ++round) {
        for (std::size_t i = 0; i < count; ++i) turns.push_back({i, model::StartKind::cold});
    }
    for (std::uint32_t round = 0; round < settings.warm_requests; ++round) {
        for (std::size_t i = 0; i < count; ++i) turns.push_back({i, model::StartKind::warm});
    }
    return turns;
}

Sample sample_of(std::size_t function, const model::InvocationFigures& figures) {
    Sample sample{};
    sample.function = function;
    sample.start = figures.start == model::StartKind::cold ? StartKind::cold : StartKind::warm;
    sample.duration = figures.report.duration;
    sample.init = figures.report.init;
    sample.billed = figures.report.billed;
    sample.max_memory = figures.report.max_memory_used;
    sample.end_to_end = figures.end_to_end;
    return sample;
}

ComparedFunction described(const engine::FunctionRevision& revision, const model::Era& era, const model::RegionPrices& prices,
                           model::PriceRounding rounding) {
    const auto& config = revision.config;
    ComparedFunction function{};
    function.name = config.name;
    function.runtime = std::string(config.runtime->identifier);
    function.architecture = config.architecture;
    function.memory = config.memory;
    function.init_charge = model::init_charge(config.runtime->billing, era);
    function.price_per_ms = model::price_per_ms(prices, config.architecture, config.memory, rounding);
    function.price_per_request = prices.request;
    return function;
}

} // namespace

boost::asio::awaitable<Result<ComparisonRun>> compare(engine::Supervisor& supervisor, ComparisonSettings settings,
                                                      ComparisonProgress progress) {
    const auto& services = supervisor.services();
    const auto* prices = model::find_prices(services.settings.region);
    if (prices == nullptr) co_return make_error(Errc::not_found, "no prices are known for region " + services.settings.region);
    ComparisonFacts facts{services.settings.era};
    ComparisonRun run{std::move(facts), {}};
    run.rounding = settings.rounding;
    run.region = services.settings.region;
    run.machine = settings.machine;
    run.conditions = settings.conditions;
    for (const auto& function : settings.functions) run.functions.push_back(described(*function, run.era, *prices, settings.rounding));

    const auto turns = turns_of(settings);
    std::vector<bool> invoked(settings.functions.size(), false);
    const Instant begun = services.clock.now();
    std::uint64_t done = 0;
    for (const Turn& turn : turns) {
        if (progress.stopped()) break;
        const auto& function = settings.functions[turn.function];
        if (turn.start == model::StartKind::cold) co_await supervisor.retire_idle(function);
        auto invocation = engine::new_invocation(services, function->arn, settings.event);
        const auto reply = co_await supervisor.invoke(function, std::move(invocation), engine::WaitFor::report);
        if (!reply) break; // told to stop
        const auto* error = std::get_if<model::FunctionError>(&reply->outcome);
        if (error != nullptr && !invoked[turn.function]) {
            co_return make_error(Errc::io, function->config.name + " fails: " + error->payload);
        }
        const auto* unrestored = std::get_if<model::RestoreFailed>(&reply->outcome);
        if (unrestored != nullptr && !invoked[turn.function]) {
            co_return make_error(Errc::io, function->config.name + " fails: " + std::string(exception_name(unrestored->why)));
        }
        invoked[turn.function] = true;
        if (error != nullptr || unrestored != nullptr) ++run.errors;
        else if (reply->figures) run.samples.push_back(sample_of(turn.function, *reply->figures));
        if (!reply->emulator.empty()) {
            run.functions[turn.function].emulation = Emulation::emulated;
            run.functions[turn.function].emulator = reply->emulator;
        }
        progress.advanced(++done, turns.size());
    }
    run.elapsed = std::chrono::duration_cast<Microseconds>(services.clock.now() - begun);
    co_return run;
}

} // namespace lambox::lab
