#pragma once

#include "emulator/app.hpp"
#include "emulator/options.hpp"
#include "lambox/api/admin_api.hpp"
#include "lambox/api/control_api.hpp"
#include "lambox/api/destination_log.hpp"
#include "lambox/api/forwarder.hpp"
#include "lambox/api/identity_api.hpp"
#include "lambox/api/invoke_front.hpp"
#include "lambox/api/logs_api.hpp"
#include "lambox/api/service_front.hpp"
#include "lambox/api/signature_check.hpp"
#include "lambox/engine/identity_store.hpp"

#include <memory>
#include <optional>

namespace lambox::emulator {

/// Everything behind the service port, wired together.
class Service {
public:
    Service(App& app, const ServeAction& action);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();

    boost::asio::awaitable<io::HttpResponse> handle(io::HttpRequest request) { return front_->handle(std::move(request)); }

private:
    [[nodiscard]] api::ServiceHandlers handlers(const ServiceAccess& access);

    App& app_;
    api::InvokeFront invoke_;
    api::ControlApi control_;
    api::LogsApi logs_;
    engine::IdentityStore identities_;
    api::IdentityApi identity_;
    api::DestinationLog destinations_;
    std::optional<api::AdminApi> admin_;
    std::optional<api::Forwarder> forwarder_;
    std::optional<api::SignatureCheck> signatures_;
    std::optional<api::ServiceFront> front_;
};

} // namespace lambox::emulator
