#pragma once

#include "lambox/lab/comparison_result.hpp"

#include <string>
#include <utility>

namespace lambox::test {

inline lab::ComparedFunction compared(std::string name, std::string runtime, model::Architecture architecture, model::InitCharge charge,
                                      double price_per_ms) {
    lab::ComparedFunction function;
    function.name = std::move(name);
    function.runtime = std::move(runtime);
    function.architecture = architecture;
    function.memory = Mebibytes{128};
    function.init_charge = charge;
    function.price_per_ms = price_per_ms;
    function.price_per_request = 0.0000002;
    return function;
}

inline lab::Sample cold(std::size_t function, Microseconds duration, Microseconds init, Milliseconds billed, Mebibytes memory) {
    return {function, lab::StartKind::cold, duration, init, billed, memory, duration + init + Microseconds{500}};
}

inline lab::Sample warm(std::size_t function, Microseconds duration, Milliseconds billed, Mebibytes memory) {
    return {function, lab::StartKind::warm, duration, std::nullopt, billed, memory, duration + Microseconds{500}};
}

inline lab::ComparisonRun empty_run() {
    lab::ComparisonRun run{model::Era(std::chrono::year_month_day(std::chrono::year(2022), std::chrono::month(11), std::chrono::day(19)))};
    run.rounding = model::PriceRounding::printed10;
    run.region = "us-east-1";
    run.machine = "Linux, x86_64, 2 CPUs";
    run.conditions = {"isolation process", "memory limit not enforced by the kernel"};
    run.elapsed = Microseconds{12'345'678};
    return run;
}

/// A hundred samples of each kind whose means are the article's table.
inline lab::ComparisonRun article_run() {
    auto run = empty_run();
    run.functions = {compared("go1", "go1.x", model::Architecture::x86_64, model::InitCharge::free, 0.0000000021),
                     compared("al2", "provided.al2", model::Architecture::arm64, model::InitCharge::billed, 0.0000000017)};
    for (int i = 0; i < 100; ++i) {
        run.samples.push_back(cold(0, Microseconds{8'920}, Microseconds{88'650}, Milliseconds{i < 33 ? 10 : 9}, Mebibytes{29}));
        run.samples.push_back(cold(1, Microseconds{1'510}, Microseconds{55'910}, Milliseconds{i < 10 ? 59 : 58}, Mebibytes{19}));
        run.samples.push_back(warm(0, Microseconds{1'170}, Milliseconds{i < 10 ? 3 : 2}, Mebibytes{30}));
        run.samples.push_back(warm(1, Microseconds{970}, Milliseconds{i < 33 ? 2 : 1}, Mebibytes{19}));
    }
    return run;
}

/// The article's case with its second function run under an emulator.
inline lab::ComparisonRun emulated_run() {
    auto run = article_run();
    run.functions[1].emulation = lab::Emulation::emulated;
    run.functions[1].emulator = "qemu-aarch64-static";
    return run;
}

} // namespace lambox::test
