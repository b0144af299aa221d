#pragma once

#include "emulator/option_values.hpp"
#include "emulator/rie_line.hpp"
#include "lambox/base/log.hpp"
#include "lambox/base/units.hpp"
#include "lambox/model/era.hpp"
#include "lambox/model/function_config.hpp"
#include "lambox/model/placement.hpp"
#include "lambox/model/price_list.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lambox::emulator {

enum class Isolation { automatic, sandbox, process };
enum class Switch { off, on };
enum class Profile { fast, faithful };
enum class Output { text, json };
enum class InvocationType { request_response, event, dry_run };
enum class LogType { none, tail };

/// What execution environments are to be kept in.
struct ContainmentOptions {
    Isolation isolation = Isolation::automatic;
    Switch memory_limit = Switch::on;
    Switch freeze = Switch::on;
    Switch cpu_share = Switch::off;
    double init_cpus = 2; ///< 0 = all there are
    Switch cgroups = Switch::on;
};

/// Where managed runtimes are looked for: folders with colons between; absent = the documented places.
struct LanguageOptions {
    std::optional<std::string> interpreters; ///< before PATH
    std::optional<std::string> clients;
};

/// Read by every command. What is absent was named by neither flag nor variable: lambox.yaml or the default decides.
struct CommonOptions {
    std::optional<model::Era> era;
    std::optional<std::string> region;
    std::optional<std::string> account;
    Profile profile = Profile::fast;
    ContainmentOptions containment; ///< the profile and the switches together
    Switch telemetry = Switch::on;
    LogLevel log_level = LogLevel::info;
    model::RuntimePolicy runtimes = model::RuntimePolicy::lenient;
    model::PriceRounding price_rounding = model::PriceRounding::exact;
    std::optional<std::filesystem::path> qemu_aarch64;
    std::optional<std::filesystem::path> qemu_x86_64;
    LanguageOptions languages;
};

enum class Authentication { none, sigv4 };
struct AccessKey {
    std::string id;
    std::string secret;
};

/// Who may call the service, and where its other requests go.
struct ServiceAccess {
    std::vector<std::string> allowed_hosts;
    std::vector<std::string> allowed_origins;
    std::optional<Endpoint> forward_endpoint;
    Authentication authentication = Authentication::none;
    std::vector<AccessKey> keys;
};

struct ServeAction {
    CommonOptions common;
    std::optional<std::filesystem::path> config;
    std::string host;
    std::uint16_t port = 0; ///< 0 = the kernel chooses
    Seconds keep_alive{0};
    Output output = Output::text;
    std::optional<std::filesystem::path> state_dir;
    std::optional<Endpoint> s3_endpoint;
    Milliseconds async_retry_pause{0};
    ServiceAccess access;
    Seconds drain{0}; ///< after a signal, until what still runs is killed
};

/// Where an event comes from; absent means the event `{}`.
struct StandardInput {};
using EventSource = std::variant<StandardInput, std::filesystem::path>;

struct RunAction {
    CommonOptions common;
    model::FunctionSpec function; ///< named after its file; still to be validated against the era
    std::optional<EventSource> event;
    Output output = Output::text;
};

struct InvokeAction {
    CommonOptions common;
    std::string function; ///< name, partial or full ARN, as typed
    std::optional<EventSource> event;
    Endpoint endpoint;
    std::optional<std::string> qualifier;
    InvocationType invocation_type = InvocationType::request_response;
    LogType log_type = LogType::tail;
    std::optional<std::string> client_context; ///< JSON text, not yet in base64
    Output output = Output::text;
};

struct CompareAction {
    CommonOptions common;
    std::filesystem::path config;
    std::optional<std::uint32_t> requests; ///< these three beat the file's
    std::optional<std::uint32_t> cold;
    std::optional<double> cold_share;
    std::optional<std::filesystem::path> html;
    std::optional<std::filesystem::path> json;
};

struct RuntimesAction {
    CommonOptions common;
    Output output = Output::text;
};

/// The function of a container image, served from inside it.
struct RieAction {
    CommonOptions common;
    std::vector<std::string> command; ///< program and arguments; empty = the first bootstrap there is
    ListenAddress listen;
    std::optional<ListenAddress> runtime_api; ///< absent = a port of its own for each environment
    std::string function_name;
    std::string function_version;
    std::string handler; ///< may be empty
    Mebibytes memory{0};
    Seconds timeout{0};
    std::uint32_t environments_max = 1;
    model::Overflow overflow = model::Overflow::throttle;
    Switch quirks = Switch::off; ///< of AWS's runtime interface emulator
    Seconds drain{0};
    Output output = Output::text;
};

struct HealthAction {
    Endpoint endpoint;
    Output output = Output::text;
};

/// `--help` or `--version`: the text for stdout.
struct HelpShown {
    std::string text;
};

/// Everything that was wrong, a sentence each, for stderr; exit code `usage`.
struct UsageErrors {
    std::vector<std::string> messages;
};

using Action =
    std::variant<ServeAction, RunAction, InvokeAction, CompareAction, RuntimesAction, RieAction, HealthAction, HelpShown, UsageErrors>;

/// The value of an environment variable; an empty one counts as absent.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// A flag beats its LAMBOX_ variable, which beats the default. Touches neither files nor the real environment.
[[nodiscard]] Action parse_command_line(int argc, const char* const* argv, const EnvironmentLookup& environment);

/// `lambox 0.1.0`.
[[nodiscard]] std::string version_text();

} // namespace lambox::emulator
