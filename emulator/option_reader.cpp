#include "emulator/option_reader.hpp"

#include "emulator/rie_line.hpp"
#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <utility>

namespace lambox::emulator {
namespace {

std::string_view log_level_text(const Reader& read) {
    return emulator_log_level(read.text(OptionKey::log_level).value_or("")).value_or("");
}

ContainmentOptions containment_options(const Reader& read, Profile profile) {
    const auto switched = [&read](OptionKey key, Switch otherwise) {
        return !read.text(key) ? otherwise : read.is(key, "off") ? Switch::off : Switch::on;
    };
    ContainmentOptions options;
    if (read.is(OptionKey::isolation, "process")) options.isolation = Isolation::process;
    if (read.is(OptionKey::isolation, "sandbox")) options.isolation = Isolation::sandbox;
    options.memory_limit = switched(OptionKey::memory_limit, options.memory_limit);
    options.freeze = switched(OptionKey::freeze, options.freeze);
    options.cpu_share = switched(OptionKey::cpu_share, profile == Profile::faithful ? Switch::on : Switch::off);
    options.init_cpus = parse_number(read.text(OptionKey::init_cpus).value_or("")).value_or(options.init_cpus);
    options.cgroups = switched(OptionKey::cgroups, options.cgroups);
    return options;
}

} // namespace

CommonOptions common_options(const Reader& read) {
    CommonOptions common;
    if (const auto era = read.text(OptionKey::era)) common.era = model::Era::parse(*era);
    common.region = read.text(OptionKey::region);
    common.account = read.text(OptionKey::account);
    if (read.is(OptionKey::profile, "faithful")) common.profile = Profile::faithful;
    common.containment = containment_options(read, common.profile);
    const bool level_known = parse_log_level(log_level_text(read), common.log_level);
    LAMBOX_ASSERT(level_known);
    if (read.is(OptionKey::telemetry, "off")) common.telemetry = Switch::off;
    if (read.on(OptionKey::strict_runtimes)) common.runtimes = model::RuntimePolicy::strict;
    if (read.is(OptionKey::price_rounding, "printed10")) common.price_rounding = model::PriceRounding::printed10;
    common.qemu_aarch64 = read.path(OptionKey::qemu_aarch64);
    common.qemu_x86_64 = read.path(OptionKey::qemu_x86_64);
    common.languages = {read.text(OptionKey::interpreters), read.text(OptionKey::runtime_clients)};
    return common;
}

RieAction rie_action(const Reader& read) {
    RieAction action;
    action.common = common_options(read);
    action.common.containment.isolation = Isolation::process; // the image is the sandbox
    action.quirks = read.on(OptionKey::rie_quirks) ? Switch::on : Switch::off;
    const bool quirks = action.quirks == Switch::on;
    // AWS's tool limits and freezes nothing.
    if (quirks) action.common.containment.memory_limit = action.common.containment.freeze = Switch::off;
    const auto listen = parse_address(read.text(OptionKey::rie_address).value_or(""));
    LAMBOX_ASSERT(listen.has_value());
    action.listen = *listen;
    if (const auto address = read.text(OptionKey::runtime_api_address)) action.runtime_api = parse_address(*address);
    action.function_name = read.text(OptionKey::function_name).value_or("");
    action.function_version = read.text(OptionKey::function_version).value_or("");
    action.handler = read.text(OptionKey::handler).value_or("");
    const auto memory = static_cast<std::uint64_t>(read.integer(OptionKey::memory_size).value_or(0));
    action.memory = Mebibytes{memory != 0 ? memory : quirks ? limits::rie_memory_mib_of_aws : limits::memory_mib_min};
    const Seconds timeout{read.integer(OptionKey::timeout).value_or(0)};
    action.timeout = timeout.count() != 0 ? timeout : quirks ? limits::rie_timeout_of_aws : Seconds{3};
    const bool alone = quirks || action.runtime_api;
    action.environments_max = read.count(OptionKey::max_concurrency).value_or(alone ? 1 : limits::rie_environments_default);
    action.overflow = read.on(OptionKey::queue) || action.environments_max == 1 ? model::Overflow::queue : model::Overflow::throttle;
    if (read.text(OptionKey::queue) && !read.on(OptionKey::queue)) action.overflow = model::Overflow::throttle;
    action.drain = Seconds{read.integer(OptionKey::drain_timeout).value_or(0)};
    action.output = read.output();
    return action;
}

void take_command(RieAction& action, std::vector<std::string> command) {
    if (command.size() > 1) action.handler = command.back();
    action.command = std::move(command);
}

HealthAction health_action(const Reader& read) {
    HealthAction action;
    action.endpoint = parse_endpoint(read.text(OptionKey::endpoint).value_or("")).value_or(Endpoint{});
    action.output = read.output();
    return action;
}

} // namespace lambox::emulator
