#pragma once

#include "lambox/api/destination_log.hpp"
#include "lambox/api/request_scope.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/log_store.hpp"
#include "lambox/engine/supervisor.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <vector>

namespace lambox::api {

/// `GET /_lambox/health`, `POST /_lambox/reset`, `GET /_lambox/state`, and LocalStack's `/_localstack/health` and
/// `/_localstack/state/reset`.
class AdminApi {
public:
    struct Parts {
        engine::Supervisor& supervisor;
        engine::FunctionRegistry& registry;
        const engine::LogStore& logs;
        const DestinationLog& destinations;
        IdSource& ids;
        std::string version;
        /// Called by a reset, in order, after the environments have gone.
        std::vector<std::function<void()>> on_reset;
    };
    explicit AdminApi(Parts parts) : parts_(std::move(parts)) {}

    boost::asio::awaitable<io::HttpResponse> handle(io::HttpRequest request, RequestScope scope);

private:
    [[nodiscard]] std::string health() const;
    [[nodiscard]] std::string localstack_health() const;
    [[nodiscard]] std::string state() const;
    boost::asio::awaitable<void> reset();

    Parts parts_;
};

} // namespace lambox::api
