#include "emulator/commands/commands.hpp"
#include "emulator/commands/common.hpp"
#include "lambox/engine/launch_plan.hpp"
#include "lambox/engine/new_invocation.hpp"
#include "lambox/wire/elf.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <fstream>

namespace lambox::emulator {
namespace {

namespace fs = std::filesystem;

/// The architecture of the program that the package holds, where it can be seen without unpacking.
std::optional<std::string> seen_architecture(const model::FunctionSpec& spec) {
    std::error_code ignored;
    const fs::path code(spec.code);
    const fs::path program = fs::is_directory(code, ignored) ? code / (spec.runtime == "go1.x" ? spec.handler : "bootstrap") : code;
    std::ifstream file(program, std::ios::binary);
    std::array<char, 64> head{};
    file.read(head.data(), head.size());
    const auto machine = wire::elf_machine(std::string_view(head.data(), static_cast<std::size_t>(file.gcount())));
    if (!machine) return std::nullopt;
    switch (*machine) {
    case wire::ElfMachine::x86_64: return "x86_64";
    case wire::ElfMachine::aarch64: return "arm64";
    case wire::ElfMachine::other: break;
    }
    return std::nullopt;
}

std::optional<model::FunctionConfig> valid_function(const RunAction& action, const model::Era& era) {
    model::FunctionSpec spec = action.function;
    if (spec.runtime.empty()) spec.runtime = "provided.al2023";
    if (spec.architectures.empty()) {
        const auto* runtime = model::find_runtime(spec.runtime);
        const bool by_interpreter = runtime != nullptr && model::language_of(runtime->family) != nullptr;
        if (by_interpreter)
            spec.architectures.emplace_back(to_string(engine::host_architecture()));
        else if (const auto seen = seen_architecture(spec))
            spec.architectures.push_back(*seen);
    }
    std::error_code ignored;
    if (!spec.rootfs.empty()) {
        spec.rootfs = fs::canonical(spec.rootfs, ignored).string();
        if (ignored || !fs::is_directory(spec.rootfs, ignored)) {
            complain(action.function.rootfs + " is not a folder; --rootfs names an unpacked image");
            return std::nullopt;
        }
    }
    if (!fs::exists(spec.code, ignored)) {
        complain(spec.code + " does not exist; name a folder, a zip or a program");
        return std::nullopt;
    }
    auto made = model::make_function_config(spec, era, action.common.runtimes);
    if (auto* config = std::get_if<model::FunctionConfig>(&made)) return std::move(*config);
    for (const auto& violation : std::get<std::vector<model::Violation>>(made)) complain(violation.message);
    return std::nullopt;
}

nlohmann::ordered_json figures_json(const engine::InvokeReply& reply) {
    if (!reply.figures) return nullptr;
    const auto& report = reply.figures->report;
    const auto ms = [](Microseconds value) { return static_cast<double>(value.count()) / 1000.0; };
    nlohmann::ordered_json json;
    json["request_id"] = report.request_id;
    json["start"] = reply.figures->start == model::StartKind::cold ? "cold" : "warm";
    json["status"] = model::to_string(report.status);
    if (!report.error_type.empty()) json["error_type"] = report.error_type;
    json["duration_ms"] = ms(report.duration);
    json["billed_duration_ms"] = report.billed.count();
    json["memory_size_mb"] = report.memory_size.count;
    json["max_memory_used_mb"] = report.max_memory_used.count;
    if (report.init) json["init_duration_ms"] = ms(*report.init);
    if (report.restore) {
        json["restore_duration_ms"] = ms(report.restore->duration);
        json["billed_restore_duration_ms"] = report.restore->billed.count();
    }
    json["overhead_ms"] = ms(reply.figures->overhead);
    json["emulated"] = !reply.emulator.empty();
    if (!reply.emulator.empty()) json["emulator"] = reply.emulator;
    return json;
}

/// The payload as a JSON value where it is one, else as a string.
nlohmann::ordered_json payload_json(const std::string& payload) {
    auto parsed = nlohmann::ordered_json::parse(payload, nullptr, false);
    if (!parsed.is_discarded()) return parsed;
    return payload;
}

ExitCode show(const RunAction& action, const engine::InvokeReply& reply) {
    const auto* error = std::get_if<model::FunctionError>(&reply.outcome);
    const auto* success = std::get_if<model::Success>(&reply.outcome);
    if (const auto* failed = std::get_if<model::RestoreFailed>(&reply.outcome)) {
        complain(std::string(exception_name(failed->why)) + ": " + std::string(exception_message(failed->why)));
        return ExitCode::function_failed;
    }
    if (error == nullptr && success == nullptr) {
        complain("stopped before the function had answered");
        return ExitCode::function_failed;
    }
    std::string payload = error != nullptr ? error->payload : success->payload;
    switch (action.output) {
    case Output::text: payload += '\n'; break;
    case Output::json: {
        nlohmann::ordered_json json;
        json["function_error"] = error != nullptr;
        json["payload"] = payload_json(payload);
        json["figures"] = figures_json(reply);
        payload = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
        break;
    }
    }
    if (!print(payload)) {
        complain("the result could not be written to stdout");
        return ExitCode::function_failed;
    }
    if (!reply.emulator.empty()) {
        std::fprintf(stderr, "lambox: measured under %s: not comparable with native figures\n", reply.emulator.c_str());
    }
    return error != nullptr ? ExitCode::function_failed : ExitCode::ok;
}

boost::asio::awaitable<ExitCode> run_once(App& app, const RunAction& action, const std::string& event) {
    const auto function = app.functions().front();
    auto invocation = engine::new_invocation(app.supervisor().services(), function->arn, event);
    const auto reply = co_await app.supervisor().invoke(function, std::move(invocation), engine::WaitFor::report);
    if (!reply) {
        complain(reply.error().message);
        co_return ExitCode::function_failed;
    }
    app.flush_function_log(); // where both go to one file, the result stands behind the log
    co_return show(action, *reply);
}

} // namespace

ExitCode run(const RunAction& action) {
    AppSettings settings = app_settings(action.common, nullptr);
    const auto config = valid_function(action, settings.era);
    if (!config) return ExitCode::usage;
    const auto event = read_event(action.event);
    if (!event) return ExitCode::usage;
    auto app = App::create(std::move(settings));
    if (!app) {
        complain(app.error().message);
        return ExitCode::could_not_start;
    }
    tell_containment(**app);
    if (const auto added = (*app)->add(*config); !added) {
        complain(added.error().message);
        return ExitCode::could_not_start;
    }
    return (*app)->run([&](App& running) { return run_once(running, action, *event); });
}

} // namespace lambox::emulator
