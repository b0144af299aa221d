#pragma once

#include "lambox/api/request_scope.hpp"
#include "lambox/engine/supervisor.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace lambox::api {

/// `POST /2015-03-31/functions/NAME/invocations` (behaviour §7.1, §7.2).
class InvokeFront {
public:
    /// What a caller's words lead to; errors as those of `FunctionRegistry::resolve`.
    using Resolve = std::function<Result<engine::ResolvedFunction>(const engine::Place& place, const wire::FunctionReference& reference,
                                                                   std::string_view qualifier)>;

    InvokeFront(engine::Supervisor& supervisor, engine::FunctionRegistry& registry, IdSource& ids);
    InvokeFront(engine::Supervisor& supervisor, Resolve resolve, IdSource& ids);

    /// Whether the request is an Invoke.
    [[nodiscard]] static bool owns(const io::HttpRequest& request);
    boost::asio::awaitable<io::HttpResponse> handle(io::HttpRequest request, RequestScope scope);

private:
    struct Call;
    boost::asio::awaitable<io::HttpResponse> invoke(io::HttpRequest request, RequestScope scope, std::string name_segment,
                                                    std::string qualifier);
    [[nodiscard]] Result<Call> parse(io::HttpRequest& request, const RequestScope& scope, const std::string& name_segment,
                                     const std::string& qualifier, const std::string& request_id);

    engine::Supervisor& supervisor_;
    Resolve resolve_;
    IdSource& ids_;
};

} // namespace lambox::api
