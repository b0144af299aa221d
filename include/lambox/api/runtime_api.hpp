#pragma once

#include "lambox/base/log.hpp"
#include "lambox/engine/runtime_session.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace lambox::api {

/// Answers one Runtime API request (behaviour §1.2–§1.8). `session` must outlive the call.
boost::asio::awaitable<io::HttpResponse> handle_runtime_api(engine::RuntimeSession& session, io::HttpRequest request);

/// Where the Runtime API listens.
struct RuntimeApiAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0; ///< 0 = a port of its own for each environment; another is for one environment at a time
};

/// One HTTP listener for each environment, so that no function can speak for another.
class RuntimeApiEndpoints final : public engine::RuntimeEndpointFactory {
public:
    RuntimeApiEndpoints(boost::asio::any_io_executor executor, io::Clock& clock, Logger log, RuntimeApiAddress address = {});
    RuntimeApiEndpoints(const RuntimeApiEndpoints&) = delete;
    RuntimeApiEndpoints& operator=(const RuntimeApiEndpoints&) = delete;
    ~RuntimeApiEndpoints() override;
    [[nodiscard]] Result<std::unique_ptr<engine::RuntimeEndpoint>> open(engine::RuntimeSession& session) override;
    [[nodiscard]] bool make_ready(std::size_t count) override;
    boost::asio::awaitable<void> drop_ready() override;

private:
    struct Ready;
    boost::asio::any_io_executor executor_;
    io::Clock& clock_;
    Logger log_;
    RuntimeApiAddress address_;
    std::unique_ptr<Ready> ready_;
};

} // namespace lambox::api
