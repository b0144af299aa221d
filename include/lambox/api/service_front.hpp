#pragma once

#include "lambox/api/admission.hpp"
#include "lambox/api/request_scope.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>

namespace lambox::api {

/// One service behind the port.
using ServiceHandler = std::function<boost::asio::awaitable<io::HttpResponse>(io::HttpRequest, RequestScope)>;

struct ServiceHandlers {
    ServiceHandler lambda;
    ServiceHandler logs;
    ServiceHandler iam;
    ServiceHandler sts;
    ServiceHandler admin;
    ServiceHandler others; ///< may be empty: then 501
    /// The refusal of a request that is not signed as it has to be; nothing for a good one. May be empty: then nothing is checked.
    std::function<std::optional<io::HttpResponse>(const io::HttpRequest&, const RequestScope&)> refuse_unsigned;
};

/// The one entry of the service port: who may come in, whose request it is, and which service answers it.
class ServiceFront {
public:
    /// `defaults`: account and region of requests that name none.
    ServiceFront(AdmissionRules rules, RequestScope defaults, IdSource& ids, ServiceHandlers handlers);

    boost::asio::awaitable<io::HttpResponse> handle(io::HttpRequest request);

private:
    boost::asio::awaitable<io::HttpResponse> handle_for_page(io::HttpRequest request);
    boost::asio::awaitable<io::HttpResponse> route(io::HttpRequest request);
    [[nodiscard]] io::HttpResponse refuse(Admission admission, const io::HttpRequest& request);
    [[nodiscard]] io::HttpResponse not_here(const io::HttpRequest& request, const RequestScope& scope);

    AdmissionRules rules_;
    RequestScope defaults_;
    IdSource& ids_;
    ServiceHandlers handlers_;
};

enum class Service { lambda, logs, iam, sts, admin, health, other };
/// By the credential scope; without one by what only this service's requests look like. What looks like nothing is for Lambda.
[[nodiscard]] Service service_of(const io::HttpRequest& request, const RequestScope& scope);

} // namespace lambox::api
