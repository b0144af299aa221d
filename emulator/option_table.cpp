#include "emulator/option_table.hpp"

#include "emulator/setting_rules.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <utility>

namespace lambox::emulator {
namespace {

constexpr CommandSet every_command{Command::serve,    Command::run, Command::invoke, Command::compare,
                                   Command::runtimes, Command::rie, Command::health};
constexpr CommandSet everywhere{Command::serve, Command::run, Command::invoke, Command::compare, Command::runtimes};
constexpr CommandSet everywhere_and_rie{Command::serve,   Command::run,      Command::invoke,
                                        Command::compare, Command::runtimes, Command::rie};
constexpr CommandSet where_functions_run{Command::serve, Command::run, Command::compare};
constexpr CommandSet where_functions_run_and_rie{Command::serve, Command::run, Command::compare, Command::rie};
constexpr CommandSet where_programs_start{Command::serve, Command::run, Command::compare, Command::runtimes, Command::rie};
constexpr CommandSet where_a_service_is_called{Command::invoke, Command::health};
constexpr CommandSet where_a_service_is{Command::serve, Command::rie};
constexpr CommandSet where_events_go{Command::run, Command::invoke};
constexpr CommandSet all_but_compare{Command::serve, Command::run, Command::invoke, Command::runtimes, Command::rie, Command::health};
constexpr std::int64_t keep_alive_seconds_max = 86'400;

std::vector<Fallback> absent() { return {}; }
std::vector<Fallback> always(std::string value) { return {{every_command, std::move(value)}}; }
std::vector<Fallback> profile_defaults() { return {{{Command::compare}, "faithful"}, {every_command, "fast"}}; }
std::vector<Fallback> log_level_defaults() { return {{{Command::serve}, "info"}, {everywhere, "warn"}}; }
Choices one_of(std::vector<std::string_view> values) { return {std::move(values)}; }

std::optional<std::string> unchanged(std::string_view text) { return std::string(text); }

/// `HOST:PORT`, of several with commas between the first; either half may be missing.
std::pair<std::string_view, std::string_view> first_listen(std::string_view text) {
    text = text.substr(0, text.find(','));
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return {text, {}};
    return {text.substr(0, colon), text.substr(colon + 1)};
}
std::optional<std::string> host_of_listen(std::string_view text) {
    const auto host = first_listen(text).first;
    return host.empty() ? std::nullopt : std::optional<std::string>(host);
}
std::optional<std::string> port_of_listen(std::string_view text) {
    const auto port = first_listen(text).second;
    return port.empty() ? std::nullopt : std::optional<std::string>(port);
}
std::optional<std::string> seconds_of_milliseconds(std::string_view text) {
    const auto value = parse_integer(text);
    return value && *value >= 0 ? std::to_string((*value + 999) / 1000) : std::string(text);
}

void add_service_options(std::vector<OptionRow>& rows) {
    const CommandSet serve{Command::serve};
    rows.push_back({OptionKey::config, "--config", "LAMBOX_CONFIG", "FILE", OptionType::path, "", absent(), "no functions at start",
                    AnyValue{}, "lambox.yaml with the functions to serve", serve});
    rows.push_back({OptionKey::host, "--host", "LAMBOX_HOST", "ADDRESS", OptionType::text, "", always("127.0.0.1"), "",
                    Shape{"an IP address or `localhost`", is_host}, "Address to listen on", serve, Occurrence::once,
                    {{"GATEWAY_LISTEN", host_of_listen}}});
    rows.push_back({OptionKey::port, "--port", "LAMBOX_PORT", "NUMBER", OptionType::integer, "", always("4566"), "",
                    IntegerRange{0, 65'535}, "Port to listen on; 0 lets the kernel choose", serve, Occurrence::once,
                    {{"GATEWAY_LISTEN", port_of_listen}}});
    rows.push_back({OptionKey::keep_alive, "--keep-alive", "LAMBOX_KEEP_ALIVE", "SECONDS", OptionType::integer, "seconds",
                    always(std::to_string(std::chrono::seconds(limits::keep_alive).count())), "", IntegerRange{0, keep_alive_seconds_max},
                    "How long an idle execution environment is kept; 0 stops it at once", serve, Occurrence::once,
                    {{"LAMBDA_KEEPALIVE_MS", seconds_of_milliseconds}}});
    rows.push_back({OptionKey::async_retry_pause, "--async-retry-pause", "LAMBOX_ASYNC_RETRY_PAUSE", "SECONDS", OptionType::number,
                    "seconds", always(std::to_string(std::chrono::seconds(limits::async_retry_pause).count())), "", NumberRange{0, 3'600},
                    "Before the first retry of an Event invocation whose function failed; twice that before the second", serve,
                    Occurrence::once, {{"LAMBDA_RETRY_BASE_DELAY_SECONDS", unchanged}}});
    rows.push_back({OptionKey::drain_timeout, "--drain-timeout", "LAMBOX_DRAIN_TIMEOUT", "SECONDS", OptionType::integer, "seconds",
                    {{{Command::rie}, "8"}, {every_command, std::to_string(limits::drain_deadline.count())}}, "", IntegerRange{0, 3'600},
                    "How long running invocations may take after SIGTERM before they are killed", where_a_service_is});
}

void add_front_options(std::vector<OptionRow>& rows) {
    const CommandSet serve{Command::serve};
    rows.push_back({OptionKey::allowed_hosts, "--allowed-hosts", "LAMBOX_ALLOWED_HOSTS", "NAMES", OptionType::text, "", absent(), "none",
                    Shape{"names with commas between, `.suffix` for all below it, or `*`", is_name_list},
                    "Names in Host that are answered, beside localhost and the addresses listened on; all others get 403", serve,
                    Occurrence::once, {{"LOCALSTACK_HOST", host_of_listen}}});
    rows.push_back({OptionKey::allowed_origins, "--allowed-origins", "LAMBOX_ALLOWED_ORIGINS", "ORIGINS", OptionType::text, "", absent(),
                    "none", Shape{"origins like http://localhost:3000 with commas between, or `*`", is_name_list},
                    "Web pages that may call the service; all others get 403", serve, Occurrence::once,
                    {{"EXTRA_CORS_ALLOWED_ORIGINS", unchanged}}});
    rows.push_back({OptionKey::forward_endpoint, "--forward-endpoint", "LAMBOX_FORWARD_ENDPOINT", "URL", OptionType::url, "", absent(),
                    "they get 501", Shape{"http://HOST[:PORT]", is_endpoint},
                    "Where requests for services go that lambox does not have", serve});
    rows.push_back({OptionKey::auth, "--auth", "LAMBOX_AUTH", "HOW", OptionType::choice, "", always("none"), "", one_of({"none", "sigv4"}),
                    "sigv4 answers only requests signed with one of --credentials; health checks stay open", serve});
    rows.push_back({OptionKey::credentials, "--credentials", "LAMBOX_CREDENTIALS", "ID:SECRET", OptionType::text, "", absent(), "none",
                    Shape{"ID:SECRET, several with commas between", is_credentials}, "Access keys and their secrets for --auth sigv4",
                    serve});
}

void add_state_options(std::vector<OptionRow>& rows) {
    const CommandSet serve{Command::serve};
    rows.push_back({OptionKey::state_dir, "--state-dir", "LAMBOX_STATE_DIR", "DIR", OptionType::path, "", absent(),
                    "nowhere, gone at the end", AnyValue{},
                    "Folder where functions, their packages and configurations outlive the program, a kill included", serve});
    rows.push_back({OptionKey::s3_endpoint, "--s3-endpoint", "LAMBOX_S3_ENDPOINT", "URL", OptionType::url, "", absent(), "none",
                    Shape{"http://HOST[:PORT]", is_endpoint}, "S3-compatible server that packages are read from, unsigned", serve});
}

void add_common_options(std::vector<OptionRow>& rows) {
    rows.push_back({OptionKey::era, "--era", "LAMBOX_ERA", "DATE", OptionType::date, "UTC", absent(), "that of lambox.yaml, else today",
                    Shape{std::string(era_shape), is_era}, "Day whose billing, limits and payload shapes apply", everywhere_and_rie});
    rows.push_back({OptionKey::region, "--region", "LAMBOX_REGION", "NAME", OptionType::text, "", absent(),
                    "that of lambox.yaml, else us-east-1", Shape{std::string(region_shape), is_region}, "Region of ARNs and prices",
                    everywhere});
    rows.push_back({OptionKey::account, "--account", "LAMBOX_ACCOUNT", "ID", OptionType::text, "", absent(),
                    "that of lambox.yaml, else 000000000000", Shape{std::string(account_shape), is_account}, "Account of ARNs",
                    where_functions_run_and_rie});
    rows.push_back({OptionKey::isolation, "--isolation", "LAMBOX_ISOLATION", "LEVEL", OptionType::choice, "", always("auto"), "",
                    one_of({"auto", "sandbox", "process"}), "How execution environments are kept apart; auto is the best that works here",
                    everywhere});
    rows.push_back({OptionKey::profile, "--profile", "LAMBOX_PROFILE", "NAME", OptionType::choice, "", profile_defaults(), "",
                    one_of({"fast", "faithful"}),
                    "fast limits memory and freezes; faithful also gives each function the CPU share of its memory size",
                    everywhere_and_rie});
    rows.push_back({OptionKey::memory_limit, "--memory-limit", "LAMBOX_MEMORY_LIMIT", "ON|OFF", OptionType::choice, "", always("on"), "",
                    one_of({"on", "off"}), "Kill what holds more than its memory size", where_functions_run_and_rie});
    rows.push_back({OptionKey::freeze, "--freeze", "LAMBOX_FREEZE", "ON|OFF", OptionType::choice, "", always("on"), "",
                    one_of({"on", "off"}), "Stop environments between invocations", where_functions_run_and_rie});
    rows.push_back({OptionKey::telemetry, "--telemetry", "LAMBOX_TELEMETRY", "ON|OFF", OptionType::choice, "", always("on"), "",
                    one_of({"on", "off"}), "Let extensions subscribe to telemetry; off answers them that it is not supported",
                    where_functions_run_and_rie});
    rows.push_back({OptionKey::cpu_share, "--cpu-share", "LAMBOX_CPU_SHARE", "ON|OFF", OptionType::choice, "", absent(),
                    "on in profile faithful", one_of({"on", "off"}), "Give each function memory/1769 vCPU after INIT",
                    where_functions_run_and_rie});
    rows.push_back({OptionKey::init_cpus, "--init-cpus", "LAMBOX_INIT_CPUS", "NUMBER", OptionType::number, "vCPU", always("2"), "",
                    NumberRange{0, 1'024}, "With a CPU share: what INIT may use; 0 is all there is", where_functions_run_and_rie});
    rows.push_back({OptionKey::cgroups, "--cgroups", "LAMBOX_CGROUPS", "AUTO|OFF", OptionType::choice, "", always("auto"), "",
                    one_of({"auto", "off"}), "off does with signals and /proc what can be done so", where_functions_run_and_rie});
    rows.push_back({OptionKey::strict_runtimes, "--strict-runtimes", "LAMBOX_STRICT_RUNTIMES", "", OptionType::toggle, "", absent(), "off",
                    AnyValue{}, "Refuse runtimes that AWS no longer lets you create on the day of the era", where_functions_run});
    rows.push_back({OptionKey::price_rounding, "--price-rounding", "LAMBOX_PRICE_ROUNDING", "HOW", OptionType::choice, "", always("exact"),
                    "", one_of({"exact", "printed10"}), "printed10 uses the ten decimals that the price page prints per millisecond",
                    where_functions_run});
    rows.push_back({OptionKey::qemu_aarch64, "--qemu-aarch64", "LAMBOX_QEMU_AARCH64", "PATH", OptionType::path, "", absent(),
                    "qemu-aarch64-static or qemu-aarch64 of PATH", AnyValue{}, "Emulator for arm64 programs on another machine",
                    where_programs_start});
    rows.push_back({OptionKey::qemu_x86_64, "--qemu-x86_64", "LAMBOX_QEMU_X86_64", "PATH", OptionType::path, "", absent(),
                    "qemu-x86_64-static or qemu-x86_64 of PATH", AnyValue{}, "Emulator for x86_64 programs on another machine",
                    where_programs_start});
    rows.push_back({OptionKey::interpreters, "--interpreters", "LAMBOX_INTERPRETERS", "FOLDERS", OptionType::text, "", absent(),
                    "PATH and the usual places", AnyValue{},
                    "Folders with colons between, where python3, node, java, ruby and dotnet are looked for before PATH",
                    where_programs_start});
    rows.push_back({OptionKey::runtime_clients, "--runtime-clients", "LAMBOX_RUNTIME_CLIENTS", "FOLDERS", OptionType::text, "", absent(),
                    "~/.local/share/lambox/runtimes, /usr/local/lib/lambox/runtimes, /usr/lib/lambox/runtimes", AnyValue{},
                    "Folders with colons between, filled by scripts/install-runtime-clients, for functions that bring no runtime client",
                    where_programs_start});
    rows.push_back({OptionKey::log_level, "--log-level", "LAMBOX_LOG_LEVEL", "LEVEL", OptionType::choice, "", log_level_defaults(), "",
                    one_of({"debug", "info", "warn", "error", "off"}), "Least important of lambox's own messages that is written to stderr",
                    everywhere});
    rows.push_back({OptionKey::json, "--json", "LAMBOX_JSON", "", OptionType::toggle, "", absent(), "off", AnyValue{},
                    "Write JSON to stdout for a machine to read", all_but_compare});
}

void add_run_options(std::vector<OptionRow>& rows) {
    const CommandSet run{Command::run};
    rows.push_back({OptionKey::event, "--event", "LAMBOX_EVENT", "FILE|-", OptionType::path, "", absent(), "the event {}", AnyValue{},
                    "File with the event, JSON; - reads stdin", where_events_go});
    rows.push_back({OptionKey::runtime, "--runtime", "LAMBOX_RUNTIME", "ID", OptionType::text, "", always("provided.al2023"), "",
                    Shape{"an identifier that `lambox runtimes` lists", is_runtime}, "Runtime of the function", run});
    rows.push_back({OptionKey::handler, "--handler", "LAMBOX_HANDLER", "NAME", OptionType::text, "", always("bootstrap"), "",
                    Shape{"1 to " + std::to_string(limits::handler_chars_max) + " characters, no blanks", is_handler},
                    "Handler of the function", run});
    rows.push_back({OptionKey::architecture, "--architecture", "LAMBOX_ARCHITECTURE", "NAME", OptionType::choice, "", absent(),
                    "that of the program, else x86_64", one_of({"x86_64", "arm64"}), "Instruction set of the function", run});
    rows.push_back({OptionKey::memory_size, "--memory-size", "LAMBOX_MEMORY_SIZE", "MB", OptionType::integer, "MB", always("128"), "",
                    IntegerRange{limits::memory_mib_min, limits::memory_mib_max}, "Memory of the function", run});
    rows.push_back({OptionKey::timeout, "--timeout", "LAMBOX_TIMEOUT", "SECONDS", OptionType::integer, "seconds", always("3"), "",
                    IntegerRange{1, limits::timeout_seconds_max}, "Timeout of the function", run});
    rows.push_back({OptionKey::per_execution_environment_max_concurrency, "--per-execution-environment-max-concurrency",
                    "LAMBOX_PER_EXECUTION_ENVIRONMENT_MAX_CONCURRENCY", "N", OptionType::integer, "invocations", absent(),
                    "one at a time", IntegerRange{1, limits::environment_concurrency_max},
                    "Run it as on Managed Instances, with so many invocations at once in an environment", run});
    rows.push_back({OptionKey::environment, "--env", "", "NAME=VALUE", OptionType::key_value, "", absent(), "none",
                    Shape{"NAME=VALUE", is_key_value}, "Environment variable of the function; repeatable, the last one of a name wins", run,
                    Occurrence::repeatable});
    rows.push_back({OptionKey::rootfs, "--rootfs", "LAMBOX_ROOTFS", "DIR", OptionType::path, "", absent(), "this machine's system",
                    AnyValue{}, "Unpacked image to run inside, for the exact versions of a runtime; needs a sandbox", run});
    rows.push_back({OptionKey::snap_start, "--snap-start", "LAMBOX_SNAP_START", "NAME", OptionType::choice, "", always("None"), "",
                    one_of({"None", "PublishedVersions"}), "SnapStart's ApplyOn: PublishedVersions runs it as a version of such a function",
                    run});
    rows.push_back({OptionKey::layer, "--layer", "", "PATH", OptionType::path, "", absent(), "none", AnyValue{},
                    "Folder or zip laid over /opt, in order; repeatable", run, Occurrence::repeatable});
}

void add_invoke_options(std::vector<OptionRow>& rows) {
    const CommandSet invoke{Command::invoke};
    rows.push_back({OptionKey::endpoint, "--endpoint", "LAMBOX_ENDPOINT", "URL", OptionType::url, "", always("http://127.0.0.1:4566"), "",
                    Shape{"http://HOST[:PORT]", is_endpoint}, "Service to call", where_a_service_is_called});
    rows.push_back({OptionKey::qualifier, "--qualifier", "LAMBOX_QUALIFIER", "NAME", OptionType::text, "", absent(), "$LATEST",
                    Shape{"a version, an alias or $LATEST", is_qualifier}, "Version or alias of the function", invoke});
    rows.push_back({OptionKey::invocation_type, "--invocation-type", "LAMBOX_INVOCATION_TYPE", "TYPE", OptionType::choice, "",
                    always("RequestResponse"), "", one_of({"RequestResponse", "Event", "DryRun"}),
                    "Wait for the answer, only queue the event, or only check", invoke});
    rows.push_back({OptionKey::log_type, "--log-type", "LAMBOX_LOG_TYPE", "TYPE", OptionType::choice, "", always("Tail"), "",
                    one_of({"None", "Tail"}), "Tail shows the end of the function's log on stderr", invoke});
    rows.push_back({OptionKey::client_context, "--client-context", "LAMBOX_CLIENT_CONTEXT", "JSON", OptionType::json, "", absent(), "none",
                    Shape{"JSON of at most " + std::to_string(client_context_text_bytes_max) + " bytes", is_client_context},
                    "Client context handed to the function", invoke});
}

void add_compare_options(std::vector<OptionRow>& rows) {
    const CommandSet compare{Command::compare};
    rows.push_back({OptionKey::requests, "--requests", "LAMBOX_REQUESTS", "N", OptionType::integer, "invocations", absent(),
                    "that of the file, else 10000", IntegerRange{1, limits::comparison_requests_max}, "Warm invocations of each function",
                    compare});
    rows.push_back({OptionKey::cold, "--cold", "LAMBOX_COLD", "N", OptionType::integer, "invocations", absent(),
                    "that of the file, else 100", IntegerRange{1, limits::comparison_requests_max}, "Cold starts of each function",
                    compare});
    rows.push_back({OptionKey::cold_share, "--cold-share", "LAMBOX_COLD_SHARE", "SHARE", OptionType::number, "of 1", absent(),
                    "that of the file, else 0.01", NumberRange{0, 1}, "Share of cold starts that the cost per million assumes", compare});
    rows.push_back({OptionKey::html, "--html", "LAMBOX_HTML", "FILE", OptionType::path, "", absent(), "no page", AnyValue{},
                    "Write the comparison as a page", compare});
    rows.push_back({OptionKey::json_out, "--json", "LAMBOX_COMPARE_JSON", "FILE", OptionType::path, "", absent(), "no file", AnyValue{},
                    "Write the comparison with its samples as JSON", compare});
}

std::vector<OptionRow> make_option_table() {
    std::vector<OptionRow> rows;
    add_service_options(rows);
    add_front_options(rows);
    add_state_options(rows);
    add_common_options(rows);
    add_run_options(rows);
    add_invoke_options(rows);
    add_compare_options(rows);
    add_rie_options(rows);
    return rows;
}

constexpr CommandRow commands[] = {
    {Command::serve, "serve", "Serve Lambda's API: the functions of a lambox.yaml and those made through it", "", "",
     "  lambox serve\n"
     "  lambox serve --config lambox.yaml --port 0 --json\n"
     "  LAMBOX_ERA=2022-11-19 lambox serve --config lambox.yaml\n"},
    {Command::run, "run", "Run one function once, without a service: result on stdout, log on stderr", "PATH",
     "Folder, zip or single binary of the function",
     "  lambox run build/hello\n"
     "  lambox run build/hello.zip --event event.json --memory-size 512 --timeout 10\n"
     "  lambox run hello.py --runtime python3.11 --handler hello.main\n"
     "  echo '{\"key\": 1}' | lambox run ./bootstrap --event - --env TABLE=local --env STAGE=test\n"},
    {Command::invoke, "invoke", "Invoke a function of a running service: result on stdout, log on stderr", "NAME",
     "Name or ARN of the function",
     "  lambox invoke hello --event event.json\n"
     "  lambox invoke hello --qualifier live --invocation-type Event\n"
     "  lambox invoke hello --endpoint http://127.0.0.1:9001 --json\n"},
    {Command::compare, "compare", "Compare the functions of a lambox.yaml: cold and warm starts, memory, cost, break-even", "FILE",
     "lambox.yaml with functions and a comparison",
     "  lambox compare lambox.yaml\n"
     "  lambox compare lambox.yaml --requests 10000 --cold 100 --html report.html --json report.json\n"
     "  lambox compare lambox.yaml --era 2022-11-19 --price-rounding printed10\n"},
    {Command::runtimes, "runtimes", "List every runtime identifier: system, architectures, dates, billing, whether it can run here", "", "",
     "  lambox runtimes\n"
     "  lambox runtimes --era 2022-11-19 --json\n"},
    {Command::rie, "rie", "Serve the function of a container image from inside it, as AWS's runtime interface emulator does", "", "",
     "  lambox rie /usr/bin/python3 -m awslambdaric app.handler\n"
     "  lambox rie --max-concurrency 4 --queue /var/task/bootstrap\n"
     "  aws-lambda-rie --log-level debug /var/task/bootstrap    (lambox under that name)\n",
     "[PROGRAM [ARGUMENT]...]"},
    {Command::health, "health", "Ask a running service whether it is well: exit code 0 or 1, for container health checks", "", "",
     "  lambox health\n"
     "  lambox health --endpoint http://127.0.0.1:8080\n"},
};

} // namespace

std::span<const CommandRow> command_table() { return commands; }

const CommandRow& command_row(Command command) {
    return *std::find_if(std::begin(commands), std::end(commands), [command](const CommandRow& row) { return row.command == command; });
}

std::span<const OptionRow> option_table() {
    static const std::vector<OptionRow> rows = make_option_table();
    return rows;
}

const OptionRow* find_option(std::string_view flag, Command command) {
    for (const OptionRow& row : option_table()) {
        if (row.flag == flag && row.commands.contains(command)) return &row;
    }
    return nullptr;
}

std::optional<std::string_view> fallback(const OptionRow& row, Command command) {
    for (const Fallback& entry : row.fallbacks) {
        if (entry.commands.contains(command)) return entry.value;
    }
    return std::nullopt;
}

} // namespace lambox::emulator
