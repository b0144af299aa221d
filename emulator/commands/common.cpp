#include "emulator/commands/common.hpp"

#include "lambox/api/codec/error_cause.hpp"
#include "lambox/base/limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

namespace lambox::emulator {

void complain(const std::string& text) { std::fprintf(stderr, "lambox: %s\n", text.c_str()); }

model::Era today() {
    return model::Era(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())));
}

ConfigDefaults config_defaults(const CommonOptions& common) { return ConfigDefaults{today(), common.era, common.runtimes}; }

std::optional<Config> load_or_complain(const std::filesystem::path& file, const CommonOptions& common) {
    auto outcome = load_config(file, config_defaults(common));
    if (auto* config = std::get_if<Config>(&outcome)) return std::move(*config);
    const auto& violations = std::get<std::vector<ConfigViolation>>(outcome);
    for (const auto& violation : violations) std::fprintf(stderr, "%s\n", violation.str().c_str());
    complain(std::to_string(violations.size()) + (violations.size() == 1 ? " problem in " : " problems in ") + file.string());
    return std::nullopt;
}

AppSettings app_settings(const CommonOptions& common, const Config* config) {
    const auto from_file = [config](auto member) { return config == nullptr ? std::nullopt : config->*member; };
    AppSettings settings{common.era.value_or(from_file(&Config::era).value_or(today())),
                         common.region.value_or(from_file(&Config::region).value_or("us-east-1")),
                         common.account.value_or(from_file(&Config::account).value_or("000000000000")),
                         find_emulators(common.qemu_x86_64.value_or("").string(), common.qemu_aarch64.value_or("").string())};
    settings.log_level = common.log_level;
    settings.containment = common.containment;
    settings.languages = common.languages;
    settings.telemetry = common.telemetry;
    return settings;
}

void tell_containment(const App& app) {
    const Logger log = app.log().channel("start");
    const auto& missing = app.containment().missing();
    for (const std::string& sentence : app.containment().in_force()) {
        if (std::find(missing.begin(), missing.end(), sentence) != missing.end()) log.warn(sentence);
        else log.info(sentence);
    }
}

std::optional<std::string> read_event(const std::optional<EventSource>& source) {
    if (!source) return "{}";
    std::string event;
    std::string name = "standard input";
    if (const auto* file = std::get_if<std::filesystem::path>(&*source)) {
        name = file->string();
        std::ifstream stream(*file, std::ios::binary);
        if (!stream) {
            complain("event " + name + " cannot be read");
            return std::nullopt;
        }
        event.assign(std::istreambuf_iterator<char>(stream), {});
    } else {
        event.assign(std::istreambuf_iterator<char>(std::cin), {});
    }
    if (event.size() > limits::sync_request_bytes_max) {
        complain("event " + name + " is larger than Lambda takes (" + std::to_string(limits::sync_request_bytes_max) + " bytes)");
        return std::nullopt;
    }
    if (event.find_first_not_of(" \t\r\n") == std::string::npos) return "{}";
    if (const auto complaint = api::codec::json_complaint(event); !complaint.empty()) {
        complain("event " + name + " is not JSON: " + complaint);
        return std::nullopt;
    }
    return event;
}

boost::asio::awaitable<void> serve_until_stop(App& app, io::HttpServer& server) {
    app.on_terminate([&server] { server.stop(); });
    co_await app.wait_for_stop();
    server.drain();
    co_await server.join();
    app.on_terminate({});
}

std::string url_of(const io::HttpEndpoint& endpoint) {
    const bool v6 = endpoint.address.find(':') != std::string::npos;
    return "http://" + (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" + std::to_string(endpoint.port);
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

bool print(const std::string& text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    return std::fflush(stdout) == 0 && written;
}

} // namespace lambox::emulator
