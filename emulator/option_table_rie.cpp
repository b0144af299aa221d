#include "emulator/option_table.hpp"

#include "emulator/rie_line.hpp"
#include "emulator/setting_rules.hpp"
#include "lambox/base/limits.hpp"

#include <string>
#include <utility>

namespace lambox::emulator {
namespace {

constexpr CommandSet rie{Command::rie};

std::vector<Fallback> absent() { return {}; }
std::vector<Fallback> always(std::string value) { return {{rie, std::move(value)}}; }

std::optional<std::string> unchanged(std::string_view text) { return std::string(text); }

/// LOG_LEVEL is read by many functions too, in words of their own: those say nothing about ours.
std::optional<std::string> known_level(std::string_view text) {
    const auto level = emulator_log_level(text);
    return level ? std::optional<std::string>(*level) : std::nullopt;
}

bool is_level(std::string_view text) { return emulator_log_level(text).has_value(); }

void add_addresses(std::vector<OptionRow>& rows) {
    rows.push_back({OptionKey::rie_address, "--runtime-interface-emulator-address", "LAMBOX_RUNTIME_INTERFACE_EMULATOR_ADDRESS",
                    "HOST:PORT", OptionType::text, "", always("0.0.0.0:8080"), "",
                    Shape{"ADDRESS:PORT, [ADDRESS]:PORT or :PORT", is_address}, "Where Invoke is served; port 0 lets the kernel choose",
                    rie});
    rows.push_back({OptionKey::runtime_api_address, "--runtime-api-address", "LAMBOX_RUNTIME_API_ADDRESS", "HOST:PORT", OptionType::text,
                    "", absent(), "127.0.0.1, a port of its own for each environment",
                    Shape{"ADDRESS:PORT, [ADDRESS]:PORT or :PORT", is_address},
                    "A fixed place for the Runtime API; then there is one environment, and invocations queue", rie});
}

void add_function(std::vector<OptionRow>& rows) {
    rows.push_back({OptionKey::function_name,
                    "--function-name",
                    "LAMBOX_FUNCTION_NAME",
                    "NAME",
                    OptionType::text,
                    "",
                    always("test_function"),
                    "",
                    Shape{"1 to 64 letters, digits, - and _", is_function_name},
                    "Name of the function, in its path beside `function`",
                    rie,
                    Occurrence::once,
                    {{"AWS_LAMBDA_FUNCTION_NAME", unchanged}}});
    rows.push_back({OptionKey::function_version,
                    "--function-version",
                    "LAMBOX_FUNCTION_VERSION",
                    "VERSION",
                    OptionType::text,
                    "",
                    always("$LATEST"),
                    "",
                    Shape{"a version or $LATEST", is_qualifier},
                    "Version of the function",
                    rie,
                    Occurrence::once,
                    {{"AWS_LAMBDA_FUNCTION_VERSION", unchanged}}});
    rows.push_back({OptionKey::handler,
                    "--handler",
                    "LAMBOX_HANDLER",
                    "NAME",
                    OptionType::text,
                    "",
                    absent(),
                    "the last argument of the program, else none",
                    Shape{"1 to " + std::to_string(limits::handler_chars_max) + " characters, no blanks", is_handler},
                    "Handler of the function, its variable _HANDLER",
                    rie,
                    Occurrence::once,
                    {{"AWS_LAMBDA_FUNCTION_HANDLER", unchanged}, {"_HANDLER", unchanged}}});
}

void add_settings(std::vector<OptionRow>& rows) {
    const auto memory_range = IntegerRange{limits::memory_mib_min, limits::memory_mib_max};
    rows.push_back({OptionKey::memory_size,
                    "--memory-size",
                    "LAMBOX_MEMORY_SIZE",
                    "MB",
                    OptionType::integer,
                    "MB",
                    absent(),
                    "128; 3008 with --rie-quirks",
                    memory_range,
                    "Memory of the function",
                    rie,
                    Occurrence::once,
                    {{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", unchanged}}});
    rows.push_back({OptionKey::timeout,
                    "--timeout",
                    "LAMBOX_TIMEOUT",
                    "SECONDS",
                    OptionType::integer,
                    "seconds",
                    absent(),
                    "3; 300 with --rie-quirks",
                    IntegerRange{1, limits::rie_timeout_seconds_max},
                    "Timeout of the function; Lambda itself takes no more than 900",
                    rie,
                    Occurrence::once,
                    {{"AWS_LAMBDA_FUNCTION_TIMEOUT", unchanged}}});
    rows.push_back({OptionKey::region,
                    "--region",
                    "LAMBOX_REGION",
                    "NAME",
                    OptionType::text,
                    "",
                    always("us-east-1"),
                    "",
                    Shape{std::string(region_shape), is_region},
                    "Region of the function's ARN",
                    rie,
                    Occurrence::once,
                    {{"AWS_REGION", unchanged}, {"AWS_DEFAULT_REGION", unchanged}}});
}

} // namespace

void add_rie_options(std::vector<OptionRow>& rows) {
    add_addresses(rows);
    add_function(rows);
    add_settings(rows);
    rows.push_back({OptionKey::max_concurrency, "--max-concurrency", "LAMBOX_MAX_CONCURRENCY", "N", OptionType::integer, "environments",
                    absent(), "10; 1 with --rie-quirks or --runtime-api-address", IntegerRange{1, limits::account_concurrency},
                    "Invocations at a time, each in an environment of its own; the next gets 429", rie});
    rows.push_back({OptionKey::queue, "--queue", "LAMBOX_QUEUE", "", OptionType::toggle, "", absent(),
                    "off; on where there is one environment", AnyValue{},
                    "Let invocations over --max-concurrency wait for their turn instead", rie});
    rows.push_back({OptionKey::rie_quirks, "--rie-quirks", "LAMBOX_RIE_QUIRKS", "", OptionType::toggle, "", absent(), "off", AnyValue{},
                    "Answer, log and default as AWS's tool does, where it differs from Lambda", rie});
    rows.push_back({OptionKey::enable_init_caching, "--enable-init-caching", "LAMBOX_ENABLE_INIT_CACHING", "", OptionType::toggle, "",
                    absent(), "off", AnyValue{}, "Taken because AWS's tool has it; changes nothing here", rie});
    rows.push_back({OptionKey::log_level,
                    "--log-level",
                    "LAMBOX_LOG_LEVEL",
                    "LEVEL",
                    OptionType::text,
                    "",
                    always("info"),
                    "",
                    Shape{"debug, info, warn, error, off; also trace, warning, fatal, panic", is_level},
                    "Least important of lambox's own messages that is written to stderr",
                    rie,
                    Occurrence::once,
                    {{"LOG_LEVEL", known_level}}});
}

} // namespace lambox::emulator
