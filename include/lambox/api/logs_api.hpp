#pragma once

#include "lambox/api/request_scope.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/engine/log_store.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

namespace lambox::api {

/// CloudWatch Logs' JSON protocol over the functions' own logs: groups, streams, events, retention, tags.
class LogsApi {
public:
    LogsApi(engine::LogStore& store, io::Clock& clock, IdSource& ids) : store_(store), clock_(clock), ids_(ids) {}

    boost::asio::awaitable<io::HttpResponse> handle(io::HttpRequest request, RequestScope scope);

private:
    engine::LogStore& store_;
    io::Clock& clock_;
    IdSource& ids_;
};

} // namespace lambox::api
