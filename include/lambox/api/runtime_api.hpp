#pragma once

#include "lambox/base/log.hpp"
#include "lambox/engine/runtime_session.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace lambox::api {

/// Answers one Runtime API request (behaviour §1.2–§1.8). `session` must outlive the call.
boost::asio::awaitable<io::HttpResponse> handle_runtime_api(engine::RuntimeSession& session, io::HttpRequest request);

/// One HTTP listener on 127.0.0.1 for each environment, so that no function can speak for another.
class RuntimeApiEndpoints final : public engine::RuntimeEndpointFactory {
public:
    RuntimeApiEndpoints(boost::asio::any_io_executor executor, io::Clock& clock, Logger log);
    [[nodiscard]] Result<std::unique_ptr<engine::RuntimeEndpoint>> open(engine::RuntimeSession& session) override;

private:
    boost::asio::any_io_executor executor_;
    io::Clock& clock_;
    Logger log_;
};

} // namespace lambox::api
