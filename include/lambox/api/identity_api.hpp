#pragma once

#include "lambox/api/request_scope.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/engine/identity_store.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

namespace lambox::api {

/// As much of IAM (roles, policies) and STS (GetCallerIdentity, AssumeRole) as tools insist on, in AWS's Query protocol. Nothing is
/// enforced with it.
class IdentityApi {
public:
    IdentityApi(engine::IdentityStore& store, io::Clock& clock, IdSource& ids) : store_(store), clock_(clock), ids_(ids) {}

    boost::asio::awaitable<io::HttpResponse> iam(io::HttpRequest request, RequestScope scope);
    boost::asio::awaitable<io::HttpResponse> sts(io::HttpRequest request, RequestScope scope);

private:
    engine::IdentityStore& store_;
    io::Clock& clock_;
    IdSource& ids_;
};

} // namespace lambox::api
