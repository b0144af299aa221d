#pragma once

#include "emulator/option_values.hpp"

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The one list of commands and options: the parser, `--help` and README.md's table are all made from it.
namespace lambox::emulator {

enum class Command { serve, run, invoke, compare, runtimes, rie, health };

class CommandSet {
public:
    constexpr CommandSet(std::initializer_list<Command> commands) {
        for (const Command command : commands)
            bits_ |= 1U << static_cast<unsigned>(command);
    }
    [[nodiscard]] constexpr bool contains(Command command) const { return (bits_ >> static_cast<unsigned>(command) & 1U) != 0; }

private:
    unsigned bits_ = 0;
};

struct CommandRow {
    Command command;
    std::string_view name;
    std::string_view help;
    std::string_view argument; ///< name of the one positional argument; empty = none. It is always required.
    std::string_view argument_help;
    std::string_view examples; ///< whole lines
    /// Whatever stands behind the options belongs to somebody else and is not looked at; shown so. Empty = nothing may.
    std::string_view rest = {};
};

enum class OptionKey {
    account,
    allowed_hosts,
    allowed_origins,
    architecture,
    async_retry_pause,
    auth,
    cgroups,
    client_context,
    cold,
    cold_share,
    config,
    cpu_share,
    credentials,
    drain_timeout,
    enable_init_caching,
    endpoint,
    environment,
    era,
    event,
    forward_endpoint,
    freeze,
    function_name,
    function_version,
    handler,
    host,
    html,
    init_cpus,
    interpreters,
    invocation_type,
    isolation,
    json,
    json_out,
    keep_alive,
    state_dir,
    s3_endpoint,
    layer,
    log_level,
    log_type,
    max_concurrency,
    memory_limit,
    memory_size,
    per_execution_environment_max_concurrency,
    port,
    price_rounding,
    profile,
    qemu_aarch64,
    qemu_x86_64,
    qualifier,
    queue,
    region,
    requests,
    rie_address,
    rie_quirks,
    rootfs,
    runtime,
    runtime_api_address,
    runtime_clients,
    snap_start,
    strict_runtimes,
    telemetry,
    timeout,
};

enum class Occurrence { once, repeatable };

struct Fallback {
    CommandSet commands;
    std::string value;
};

/// Another emulator's variable for the same thing; a flag or our own variable beats it.
struct VariableAlias {
    std::string_view variable;
    /// The option's text made from that variable's; nothing when it says nothing about this option.
    std::optional<std::string> (*translate)(std::string_view);
};

struct OptionRow {
    OptionKey key;
    std::string_view flag;
    std::string_view environment; ///< empty = flag only (repeatable options)
    std::string_view value_name;  ///< empty for a toggle
    OptionType type;
    std::string_view unit;
    std::vector<Fallback> fallbacks; ///< none = absent unless given
    std::string_view fallback_note;  ///< what absence means, in words
    Constraint constraint;
    std::string_view help;
    CommandSet commands;
    Occurrence occurrence = Occurrence::once;
    std::vector<VariableAlias> aliases = {};
};

[[nodiscard]] std::span<const CommandRow> command_table();
[[nodiscard]] const CommandRow& command_row(Command command);
/// Grouped as the README shows them.
[[nodiscard]] std::span<const OptionRow> option_table();
/// An option can have one row for some commands and another for the rest (`--json`).
[[nodiscard]] const OptionRow* find_option(std::string_view flag, Command command);

/// The default of `row` for `command`; nothing if the option is then absent.
[[nodiscard]] std::optional<std::string_view> fallback(const OptionRow& row, Command command);
/// The rows of `lambox rie` alone, and those that it shares with nobody who has another default.
void add_rie_options(std::vector<OptionRow>& rows);

/// README.md's table, between its markers.
[[nodiscard]] std::string option_table_markdown();

} // namespace lambox::emulator
