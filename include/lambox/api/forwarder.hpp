#pragma once

#include "lambox/api/request_scope.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

namespace lambox::api {

/// Hands requests for services that lambox does not have to another endpoint, whole and unchanged: the caller's Host and signature
/// stay, so that the other side can check them. At most `limits::forwards_max` at once.
class Forwarder {
public:
    Forwarder(boost::asio::any_io_executor executor, io::Clock& clock, std::string host, std::uint16_t port);

    /// The other side's answer, or an error in the caller's protocol that says why there is none.
    boost::asio::awaitable<io::HttpResponse> forward(io::HttpRequest request, RequestScope scope, std::string request_id);

private:
    boost::asio::any_io_executor executor_;
    io::Clock& clock_;
    std::string host_;
    std::uint16_t port_;
    std::size_t running_ = 0;
};

} // namespace lambox::api
