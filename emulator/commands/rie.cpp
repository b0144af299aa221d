#include "emulator/commands/commands.hpp"
#include "emulator/commands/common.hpp"
#include "lambox/api/error_response.hpp"
#include "lambox/api/rie_front.hpp"
#include "lambox/api/service_front.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/io/http_server.hpp"
#include "lambox/wire/arn.hpp"

#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <utility>

namespace lambox::emulator {
namespace {

/// AWS's tool has one account for everybody.
constexpr std::string_view emulator_account = "012345678912";
constexpr std::string_view emulator_region = "us-east-1";

/// The image's own variables, for its function; the value may hold any number of `=`.
std::vector<std::pair<std::string, std::string>> image_variables() {
    std::vector<std::pair<std::string, std::string>> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals == std::string_view::npos || equals == 0) continue;
        variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

AppSettings settings_of(const RieAction& action) {
    AppSettings settings = app_settings(action.common, nullptr);
    if (!action.common.account) settings.account = emulator_account;
    if (action.quirks == Switch::on) settings.region = emulator_region;
    settings.function_log = FunctionLog::shown_on_stdout;
    settings.drain = action.drain;
    if (action.runtime_api) settings.runtime_api = {action.runtime_api->host, action.runtime_api->port};
    if (action.quirks == Switch::on) settings.platform_lines = model::PlatformLines::aws_emulator;
    settings.overflow = action.overflow;
    return settings;
}

std::shared_ptr<const engine::FunctionRevision> function_of(const RieAction& action, const engine::EngineSettings& settings) {
    auto function = std::make_shared<engine::FunctionRevision>();
    model::FunctionConfig& config = function->config;
    config.name = action.function_name;
    config.runtime = model::find_runtime("provided.al2023"); // an image's INIT is billed as an OS-only runtime's
    config.handler = action.handler;
    config.architecture = engine::host_architecture();
    config.memory = action.memory;
    config.timeout = action.timeout;
    config.environment = image_variables();
    config.reserved_concurrency = action.environments_max;
    engine::ImageProgram image;
    image.command = action.command;
    std::error_code error;
    if (!action.command.empty()) {
        const auto here = std::filesystem::current_path(error);
        if (!error) image.working_directory = here.string();
    } else if (!std::filesystem::is_directory(image.working_directory, error)) {
        image.working_directory = "/"; // an image whose bootstrap is a layer's or the runtime's
    }
    function->code.image = std::move(image);
    function->code.layers = "/opt"; // where an image has its extensions
    function->version = action.function_version;
    function->arn = FunctionArn(wire::format_function_arn({settings.region, settings.account, config.name, {}}));
    function->region = settings.region;
    return function;
}

void tell_what_runs(const App& app, const RieAction& action, const engine::FunctionRevision& function) {
    const Logger log = app.log().channel("start");
    log.info("function " + function.arn.str() + ": " + std::to_string(action.memory.count) + " MB, " +
             std::to_string(action.timeout.count()) + " s, at most " + std::to_string(action.environments_max) +
             (action.environments_max == 1 ? " environment" : " environments"));
    if (action.timeout.count() > limits::timeout_seconds_max)
        log.warn("Lambda itself ends every invocation after " + std::to_string(limits::timeout_seconds_max) + " s");
    const auto plan = engine::plan_launch(function, app.settings().emulators);
    if (const auto* failure = std::get_if<engine::LaunchFailure>(&plan)) {
        log.warn(failure->message + (failure->advice.empty() ? "" : " (" + failure->advice + ")") + "; looked for again at each start");
        return;
    }
    for (const auto& extension : engine::find_extensions(function).files)
        log.info("extension " + escape_for_log(extension.path));
    const auto& found = std::get<engine::LaunchPlan>(plan);
    log.info("program " + found.program + ", handler \"" + escape_for_log(action.handler) + "\"" +
             (found.emulator.empty() ? "" : ", under " + found.emulator + ": figures are not comparable with native ones"));
}

api::ServiceHandlers handlers(api::RieFront& front, IdSource& ids) {
    api::ServiceHandlers handlers;
    handlers.lambda = [&front](io::HttpRequest request, api::RequestScope scope) {
        return front.handle(std::move(request), std::move(scope));
    };
    handlers.admin = handlers.lambda;
    handlers.others = [&ids](io::HttpRequest, api::RequestScope scope) -> boost::asio::awaitable<io::HttpResponse> {
        co_return api::error_response(make_error(Errc::not_implemented, "A runtime interface emulator has no service " + scope.service +
                                                                            "; `lambox serve` has more."),
                                      ids.uuid());
    };
    handlers.logs = handlers.iam = handlers.sts = handlers.others;
    return handlers;
}

boost::asio::awaitable<ExitCode> serve_until_stopped(App& app, const RieAction& action) {
    const auto function = function_of(action, app.settings());
    tell_what_runs(app, action, *function);
    const bool quirks = action.quirks == Switch::on;
    const auto answers = quirks ? api::RieAnswers::aws_emulator : api::RieAnswers::lambda;
    api::RieFront rie(api::RieFront::Parts{app.supervisor(), app.ids(), function, answers, version_text()});
    // A container is called by its name in a network of containers, whatever that is. A page in a browser stays out: it has an Origin.
    const api::AdmissionRules rules{action.listen.host, {"*"}, {}};
    api::ServiceFront front(rules, api::RequestScope{app.settings().account, app.settings().region, {}}, app.ids(),
                            handlers(rie, app.ids()));
    io::HttpServerOptions options;
    options.body_bytes_max = quirks ? limits::control_request_bytes_max : limits::sync_request_bytes_max;
    io::HttpServer server(
        app.executor(), app.clock(), options, [&front](io::HttpRequest request) { return front.handle(std::move(request)); },
        app.log().channel("http"));
    const auto endpoint = server.listen(action.listen.host, action.listen.port);
    if (!endpoint) {
        complain(endpoint.error().message);
        co_return ExitCode::could_not_start;
    }
    const std::string url = url_of(*endpoint);
    app.log().channel("start").info("ready at " + url + "/2015-03-31/functions/function/invocations");
    switch (action.output) {
    case Output::text: break;
    case Output::json:
        if (!print(R"({"ready":true,"url":")" + url + "\",\"functions\":1}\n")) complain("the ready line could not be written to stdout");
        break;
    }
    co_await serve_until_stop(app, server);
    co_return ExitCode::ok;
}

} // namespace

ExitCode rie(const RieAction& action) {
    auto app = App::create(settings_of(action));
    if (!app) {
        complain(app.error().message);
        return ExitCode::could_not_start;
    }
    tell_containment(**app);
    return (*app)->run([&action](App& running) { return serve_until_stopped(running, action); });
}

} // namespace lambox::emulator
