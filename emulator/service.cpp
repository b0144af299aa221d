#include "emulator/service.hpp"

#include <utility>

namespace lambox::emulator {
namespace {

api::ControlSettings control_settings(const ServeAction& action) {
    api::ControlSettings settings;
    settings.runtimes = action.common.runtimes;
    if (action.s3_endpoint) settings.objects = api::ObjectServer{action.s3_endpoint->host, action.s3_endpoint->port};
    return settings;
}

} // namespace

Service::Service(App& app, const ServeAction& action)
    : app_(app), invoke_(app.supervisor(), app.registry(), app.ids()),
      control_(app.registry(), app.supervisor(), app.code_store(), app.ids(), app.clock(), app.pool(),
               control_settings(action)),
      logs_(app.log_store(), app.clock(), app.ids()), identity_(identities_, app.clock(), app.ids()),
      destinations_(app.supervisor(), [&app](const std::string& arn) { return app.resolve(arn); }, app.log()) {
    app.set_destinations(&destinations_);
    const auto forget = [this] {
        app_.log_store().clear();
        identities_.clear();
        destinations_.clear();
        if (const auto cleared = app_.registry().clear(); !cleared) app_.log().channel("state").error(cleared.error().message);
    };
    admin_.emplace(
        api::AdminApi::Parts{app.supervisor(), app.registry(), app.log_store(), destinations_, app.ids(), version_text(), {forget}});
    if (const auto& endpoint = action.access.forward_endpoint)
        forwarder_.emplace(app.executor(), app.clock(), endpoint->host, endpoint->port);
    api::AdmissionRules rules{action.host, action.access.allowed_hosts, action.access.allowed_origins};
    front_.emplace(std::move(rules), api::RequestScope{app.settings().account, app.settings().region, {}}, app.ids(),
                   handlers(action.access));
}

Service::~Service() { app_.set_destinations(nullptr); }

api::ServiceHandlers Service::handlers(const ServiceAccess& access) {
    using io::HttpRequest;
    api::ServiceHandlers handlers;
    handlers.lambda = [this](HttpRequest request, api::RequestScope scope) {
        // Invoke first: the control plane's table is long.
        const bool control = !api::InvokeFront::owns(request) && control_.owns(request.target);
        if (control) return control_.handle(std::move(request), std::move(scope));
        return invoke_.handle(std::move(request), std::move(scope));
    };
    handlers.logs = [this](HttpRequest request, api::RequestScope scope) { return logs_.handle(std::move(request), std::move(scope)); };
    handlers.iam = [this](HttpRequest request, api::RequestScope scope) { return identity_.iam(std::move(request), std::move(scope)); };
    handlers.sts = [this](HttpRequest request, api::RequestScope scope) { return identity_.sts(std::move(request), std::move(scope)); };
    handlers.admin = [this](HttpRequest request, api::RequestScope scope) {
        if (control_.owns(request.target)) return control_.handle(std::move(request), std::move(scope)); // packages, to be fetched back
        return admin_->handle(std::move(request), std::move(scope));
    };
    if (forwarder_) {
        handlers.others = [this](HttpRequest request, api::RequestScope scope) {
            return forwarder_->forward(std::move(request), std::move(scope), app_.ids().uuid());
        };
    }
    switch (access.authentication) {
    case Authentication::none: return handlers;
    case Authentication::sigv4: break;
    }
    std::map<std::string, std::string> secrets;
    for (const AccessKey& key : access.keys)
        secrets[key.id] = key.secret;
    signatures_.emplace(std::move(secrets), identities_, app_.clock(), app_.ids());
    handlers.refuse_unsigned = [this](const HttpRequest& request, const api::RequestScope& scope) {
        return signatures_->refusal(request, scope);
    };
    return handlers;
}

} // namespace lambox::emulator
