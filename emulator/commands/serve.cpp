#include "emulator/commands/commands.hpp"
#include "emulator/commands/common.hpp"
#include "emulator/service.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/io/http_server.hpp"

#include <filesystem>

namespace lambox::emulator {
namespace {

/// The named file; else lambox.yaml of this folder, if there is one.
std::optional<std::filesystem::path> config_file(const ServeAction& action) {
    if (action.config) return action.config;
    std::error_code ignored;
    if (std::filesystem::exists("lambox.yaml", ignored)) return "lambox.yaml";
    return std::nullopt;
}

std::string ready_line(const ServeAction& action, const io::HttpEndpoint& endpoint, std::size_t functions) {
    const std::string url = url_of(endpoint);
    switch (action.output) {
    case Output::json: return R"({"ready":true,"url":")" + url + R"(","functions":)" + std::to_string(functions) + "}\n";
    case Output::text: break;
    }
    return "lambox is ready at " + url + " (" + std::to_string(functions) + (functions == 1 ? " function" : " functions") + ")\n";
}

boost::asio::awaitable<ExitCode> serve_until_stopped(App& app, const ServeAction& action) {
    Service service(app, action);
    io::HttpServerOptions options;
    options.body_bytes_max = limits::control_request_bytes_max;
    io::HttpServer server(
        app.executor(), app.clock(), options, [&service](io::HttpRequest request) { return service.handle(std::move(request)); },
        app.log().channel("http"));
    const auto endpoint = server.listen(action.host, action.port);
    if (!endpoint) {
        complain(endpoint.error().message);
        co_return ExitCode::could_not_start;
    }
    const auto resumed = app.supervisor().resume_events();
    if (!resumed) {
        complain(resumed.error().message);
        server.stop();
        co_await server.join();
        co_return ExitCode::could_not_start;
    }
    if (*resumed > 0) app.log().channel("async").info("going on with " + std::to_string(*resumed) + " kept events");
    if (!print(ready_line(action, *endpoint, app.registry().size()))) complain("the ready line could not be written to stdout");
    co_await serve_until_stop(app, server);
    co_return ExitCode::ok;
}

} // namespace

ExitCode serve(const ServeAction& action) {
    std::optional<Config> config;
    if (const auto file = config_file(action)) {
        config = load_or_complain(*file, action.common);
        if (!config) return ExitCode::usage;
    }
    AppSettings settings = app_settings(action.common, config ? &*config : nullptr);
    settings.keep_alive = action.keep_alive;
    settings.function_log = FunctionLog::shown_with_environment;
    settings.state_dir = action.state_dir;
    settings.kept_logs = KeptLogs::in_memory;
    settings.async_retry_pause = action.async_retry_pause;
    settings.drain = action.drain;
    auto app = App::create(std::move(settings));
    if (!app) {
        complain(app.error().message);
        return ExitCode::could_not_start;
    }
    tell_containment(**app);
    if (config) {
        for (const auto& function : config->functions) {
            if (const auto added = (*app)->add(function.config); !added) {
                complain(added.error().message);
                return ExitCode::could_not_start;
            }
        }
    }
    return (*app)->run([&action](App& running) { return serve_until_stopped(running, action); });
}

} // namespace lambox::emulator
