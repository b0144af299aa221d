#include "emulator/options.hpp"

#include "emulator/build_info.hpp"
#include "emulator/option_reader.hpp"
#include "emulator/option_table.hpp"
#include "emulator/rie_line.hpp"
#include "emulator/setting_rules.hpp"
#include "emulator/suggestion.hpp"
#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <deque>
#include <map>

namespace lambox::emulator {
namespace {

/// One row of the table as CLI11 knows it in one subcommand.
struct BoundOption {
    const OptionRow* row;
    std::vector<std::string> storage;
    CLI::Option* option = nullptr;
};

struct BoundCommand {
    const CommandRow* row;
    CLI::App* app = nullptr;
    std::string argument;
    std::deque<BoundOption> options; ///< CLI11 keeps addresses of the storage
};

std::string help_of(const OptionRow& row, Command command) {
    std::string text(row.help);
    const auto value = fallback(row, command);
    text.append("\ndefault: ").append(value ? *value : row.fallback_note);
    if (const std::string allowed = describe(row.constraint); !allowed.empty()) text.append("; allowed: ").append(allowed);
    if (!row.environment.empty()) text.append("; variable: ").append(row.environment);
    for (const VariableAlias& alias : row.aliases)
        text.append(", else ").append(alias.variable);
    return text;
}

void bind_options(BoundCommand& bound) {
    for (const OptionRow& row : option_table()) {
        if (!row.commands.contains(bound.row->command)) continue;
        BoundOption& entry = bound.options.emplace_back(BoundOption{&row, {}, nullptr});
        const std::string flag(row.flag);
        const std::string help = help_of(row, bound.row->command);
        if (row.type == OptionType::toggle) {
            entry.option = bound.app->add_flag(flag, help);
            continue;
        }
        // As lists, so that CLI11 keeps a repeated flag and the complaint about it is ours, beside all others.
        entry.option = bound.app->add_option(flag, entry.storage, help)->allow_extra_args(false);
        entry.option->option_text(std::string(row.value_name));
    }
}

void bind_commands(CLI::App& root, std::deque<BoundCommand>& commands) {
    for (const CommandRow& row : command_table()) {
        BoundCommand& bound = commands.emplace_back(BoundCommand{&row, nullptr, {}, {}});
        bound.app = root.add_subcommand(std::string(row.name), std::string(row.help))->allow_extras();
        std::string footer = row.rest.empty() ? "" : "Behind the options: " + std::string(row.rest) + "\n\n";
        bound.app->footer(footer.append("Examples:\n").append(row.examples));
        if (!row.argument.empty()) {
            bound.app->add_option(std::string(row.argument), bound.argument, std::string(row.argument_help))->option_text(" ");
        }
        bind_options(bound);
    }
}

std::vector<std::string_view> flags_of(Command command) {
    std::vector<std::string_view> flags{"--help"};
    for (const OptionRow& row : option_table()) {
        if (row.commands.contains(command)) flags.push_back(row.flag);
    }
    return flags;
}

/// Which other commands know the flag; for people who gave it to the wrong one.
std::string commands_with(std::string_view flag) {
    std::string names;
    for (const CommandRow& row : command_table()) {
        if (find_option(flag, row.command) != nullptr) names.append(names.empty() ? "" : ", ").append(row.name);
    }
    return names;
}

void complain_about_extras(const BoundCommand& bound, std::vector<std::string>& errors) {
    for (const std::string& extra : bound.app->remaining()) {
        if (extra == "--") continue; // CLI11 hands on the mark that it has obeyed
        const std::string_view flag = std::string_view(extra).substr(0, extra.find('='));
        if (!extra.starts_with('-') || extra.size() < 2) {
            errors.push_back("unexpected argument " + in_ticks(extra));
            continue;
        }
        std::string message = "unknown option " + in_ticks(flag);
        const auto candidates = flags_of(bound.row->command);
        if (const std::string names = commands_with(flag); !names.empty())
            message += "; it belongs to: " + names;
        else if (const auto meant = did_you_mean(flag, candidates))
            message.append("; did you mean `").append(*meant).append("`?");
        errors.push_back(std::move(message));
    }
}

/// The texts of one option from its flag, else its variable, else its default; checked.
void collect_option(const BoundOption& entry, const BoundCommand& bound, const EnvironmentLookup& environment, Values& values,
                    std::vector<std::string>& errors) {
    const OptionRow& row = *entry.row;
    std::string source(row.flag);
    std::vector<std::string> texts = entry.option->results();
    if (texts.empty() && !row.environment.empty()) {
        source = row.environment;
        const auto text = environment(source);
        if (text && !text->empty()) texts.push_back(*text);
    }
    for (const VariableAlias& alias : row.aliases) {
        if (!texts.empty()) break;
        const auto text = environment(std::string(alias.variable));
        const auto translated = text && !text->empty() ? alias.translate(*text) : std::nullopt;
        if (!translated) continue;
        source = alias.variable;
        texts.push_back(*translated);
    }
    if (texts.size() > 1 && row.occurrence == Occurrence::once) errors.push_back(source + ": given more than once");
    const auto flags = flags_of(bound.row->command);
    for (const std::string& text : texts) {
        const bool swallowed = text.starts_with("--") && std::find(flags.begin(), flags.end(), text) != flags.end();
        if (swallowed)
            errors.push_back(source + ": needs a value, found the option " + in_ticks(text));
        else if (const auto why = refusal(row.constraint, row.type, text))
            errors.push_back(source + ": " + *why);
    }
    if (texts.empty()) {
        if (const auto value = fallback(row, bound.row->command)) texts.emplace_back(*value);
    }
    if (!texts.empty()) values[row.key] = std::move(texts);
}

Values collect(const BoundCommand& bound, const EnvironmentLookup& environment, std::vector<std::string>& errors) {
    Values values;
    complain_about_extras(bound, errors);
    const CommandRow& row = *bound.row;
    if (!row.argument.empty() && bound.argument.empty()) {
        errors.push_back(std::string(row.argument) + " is missing: " + std::string(row.argument_help));
    }
    for (const BoundOption& entry : bound.options)
        collect_option(entry, bound, environment, values, errors);
    return values;
}

model::FunctionSpec function_spec(const std::string& path, const Reader& read) {
    model::FunctionSpec spec;
    spec.name = function_name(path);
    spec.runtime = read.text(OptionKey::runtime).value_or("");
    spec.handler = read.text(OptionKey::handler).value_or("");
    if (const auto architecture = read.text(OptionKey::architecture)) spec.architectures.push_back(*architecture);
    spec.code = path;
    spec.memory_size = read.integer(OptionKey::memory_size);
    spec.timeout = read.integer(OptionKey::timeout);
    if (const auto most = read.integer(OptionKey::per_execution_environment_max_concurrency))
        spec.managed_instances = model::ManagedInstancesSpec{"", most, std::nullopt};
    for (const std::string& pair : read.texts(OptionKey::environment)) {
        const auto equals = pair.find('=');
        const std::string name = pair.substr(0, equals);
        std::erase_if(spec.environment, [&name](const auto& earlier) { return earlier.first == name; });
        spec.environment.emplace_back(name, pair.substr(equals + 1));
    }
    spec.layers = read.texts(OptionKey::layer);
    spec.rootfs = read.text(OptionKey::rootfs).value_or("");
    spec.snap_start = read.text(OptionKey::snap_start).value_or("None");
    return spec;
}

InvocationType invocation_type(const Reader& read) {
    if (read.is(OptionKey::invocation_type, "Event")) return InvocationType::event;
    if (read.is(OptionKey::invocation_type, "DryRun")) return InvocationType::dry_run;
    return InvocationType::request_response;
}

InvokeAction invoke_action(const BoundCommand& bound, const Reader& read) {
    InvokeAction action;
    action.common = common_options(read);
    action.function = bound.argument;
    action.event = read.event();
    action.endpoint = parse_endpoint(read.text(OptionKey::endpoint).value_or("")).value_or(Endpoint{});
    action.qualifier = read.text(OptionKey::qualifier);
    action.invocation_type = invocation_type(read);
    action.log_type = read.is(OptionKey::log_type, "None") ? LogType::none : LogType::tail;
    action.client_context = read.text(OptionKey::client_context);
    action.output = read.output();
    return action;
}

CompareAction compare_action(const BoundCommand& bound, const Reader& read) {
    CompareAction action;
    action.common = common_options(read);
    action.config = bound.argument;
    action.requests = read.count(OptionKey::requests);
    action.cold = read.count(OptionKey::cold);
    if (const auto share = read.text(OptionKey::cold_share)) action.cold_share = parse_number(*share);
    action.html = read.path(OptionKey::html);
    action.json = read.path(OptionKey::json_out);
    return action;
}

ServiceAccess service_access(const Reader& read) {
    ServiceAccess access;
    access.allowed_hosts = split_list(read.text(OptionKey::allowed_hosts).value_or(""));
    access.allowed_origins = split_list(read.text(OptionKey::allowed_origins).value_or(""));
    access.forward_endpoint = parse_endpoint(read.text(OptionKey::forward_endpoint).value_or(""));
    if (read.is(OptionKey::auth, "sigv4")) access.authentication = Authentication::sigv4;
    for (const std::string& pair : split_list(read.text(OptionKey::credentials).value_or(""))) {
        const auto colon = pair.find(':');
        access.keys.push_back(AccessKey{pair.substr(0, colon), pair.substr(colon + 1)});
    }
    return access;
}

Action make_action(const BoundCommand& bound, const Reader& read) {
    switch (bound.row->command) {
    case Command::serve: {
        const auto port = static_cast<std::uint16_t>(read.integer(OptionKey::port).value_or(0));
        const Seconds keep_alive{read.integer(OptionKey::keep_alive).value_or(0)};
        const auto pause = parse_number(read.text(OptionKey::async_retry_pause).value_or("")).value_or(0) * 1000;
        ServeAction action{common_options(read), read.path(OptionKey::config), read.text(OptionKey::host).value_or(""), port, keep_alive,
                           read.output()};
        action.state_dir = read.path(OptionKey::state_dir);
        if (const auto url = read.text(OptionKey::s3_endpoint)) action.s3_endpoint = parse_endpoint(*url);
        action.async_retry_pause = Milliseconds(static_cast<std::int64_t>(pause));
        action.access = service_access(read);
        action.drain = Seconds{read.integer(OptionKey::drain_timeout).value_or(0)};
        return action;
    }
    case Command::run: return RunAction{common_options(read), function_spec(bound.argument, read), read.event(), read.output()};
    case Command::invoke: return invoke_action(bound, read);
    case Command::compare: return compare_action(bound, read);
    case Command::runtimes: return RuntimesAction{common_options(read), read.output()};
    case Command::rie: return rie_action(read);
    case Command::health: return health_action(read);
    }
    LAMBOX_ASSERT(false);
    return HelpShown{};
}

/// What no option can say alone.
void check_together(const Reader& read, std::vector<std::string>& errors) {
    if (read.is(OptionKey::auth, "sigv4") && !read.text(OptionKey::credentials))
        errors.emplace_back("--auth sigv4 needs --credentials ID:SECRET, or nobody could call the service");
    if (read.text(OptionKey::runtime_api_address) && read.count(OptionKey::max_concurrency).value_or(1) > 1)
        errors.emplace_back("--runtime-api-address is one place for one environment; leave it or --max-concurrency out");
}

UsageErrors no_command(const CLI::App& root) {
    std::vector<std::string_view> names;
    std::string list;
    for (const CommandRow& row : command_table()) {
        names.push_back(row.name);
        list.append(list.empty() ? "" : ", ").append(row.name);
    }
    UsageErrors errors;
    const auto extras = root.remaining();
    if (extras.empty()) {
        errors.messages.push_back("a command is needed: " + list + "; see `lambox --help`");
        return errors;
    }
    std::string message = (extras.front().starts_with('-') ? "unknown option " : "unknown command ") + in_ticks(extras.front());
    if (const auto meant = did_you_mean(extras.front(), names)) message.append("; did you mean `").append(*meant).append("`?");
    errors.messages.push_back(message + "; the commands are " + list + "; see `lambox --help`");
    return errors;
}

void prepare(CLI::App& root) {
    root.name("lambox");
    root.set_version_flag("--version", version_text());
    root.require_subcommand(0, 1);
    root.allow_extras();
    root.footer("Every option of a command also has a variable LAMBOX_…; `lambox COMMAND --help` shows both, with examples.\n"
                "Exit codes: 0 ok, 1 the function failed, 2 wrong usage, 3 could not start, 4 a budget or an assertion was missed.\n");
}

} // namespace

namespace {

Action parse_words(std::vector<std::string> words, const EnvironmentLookup& environment) {
    CLI::App root{"AWS Lambda on this machine: real runtimes, measured figures"};
    prepare(root);
    std::deque<BoundCommand> commands;
    bind_commands(root, commands);
    std::vector<std::string> errors;
    try {
        // From the back, and without the program.
        root.parse(std::vector<std::string>(words.rbegin(), words.rend() - 1));
    } catch (const CLI::CallForVersion&) {
        return HelpShown{version_text() + "\ncommit " + std::string(built_commit()) + "\nbuild " LAMBOX_BUILD "\n"};
    } catch (const CLI::CallForHelp&) {
        return HelpShown{root.help()};
    } catch (const CLI::ArgumentMismatch& error) {
        // The last option lacks its value. All else has been read and is checked below, so that one run shows every mistake.
        const std::string text = error.what();
        errors.push_back(text.substr(0, text.find(':')) + ": needs a value");
    } catch (const CLI::ParseError& error) {
        errors.emplace_back(error.what());
    }
    const auto chosen = std::find_if(commands.begin(), commands.end(), [](const BoundCommand& bound) { return bound.app->parsed(); });
    if (chosen == commands.end()) {
        UsageErrors missing = no_command(root);
        missing.messages.insert(missing.messages.begin(), errors.begin(), errors.end());
        return missing;
    }
    for (const std::string& extra : root.remaining())
        errors.push_back(in_ticks(extra) + " stands before the command; options follow it");
    const Values values = collect(*chosen, environment, errors);
    check_together(Reader(values), errors);
    if (errors.empty()) return make_action(*chosen, Reader(values));
    errors.push_back("see `lambox " + std::string(chosen->row->name) + " --help`");
    return UsageErrors{std::move(errors)};
}

} // namespace

Action parse_command_line(int argc, const char* const* argv, const EnvironmentLookup& environment) {
    auto line = rie_line(argc, argv);
    if (!line) return parse_words({argv, argv + argc}, environment);
    Action action = parse_words(std::move(line->options), environment);
    if (auto* rie = std::get_if<RieAction>(&action)) take_command(*rie, std::move(line->command));
    return action;
}

std::string version_text() { return "lambox " LAMBOX_VERSION; }

} // namespace lambox::emulator
