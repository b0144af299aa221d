#pragma once

#include "lambox/api/invoke_front.hpp"
#include "lambox/api/request_scope.hpp"
#include "lambox/engine/supervisor.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace lambox::api {

/// How the runtime interface emulator answers an Invoke.
enum class RieAnswers {
    lambda,       ///< as the service: `InvokeFront`
    aws_emulator, ///< as AWS's tool, its known bytes (behaviour §11): any body, the payload alone, 502 for a runtime that died
};

/// The one function of an image, at `/2015-03-31/functions/NAME/invocations`, NAME being `function` or the function's own, and
/// `GET /_lambox/health`.
class RieFront {
public:
    struct Parts {
        engine::Supervisor& supervisor;
        IdSource& ids;
        std::shared_ptr<const engine::FunctionRevision> function;
        RieAnswers answers = RieAnswers::lambda;
        std::string version; ///< of the program
    };
    explicit RieFront(Parts parts);

    boost::asio::awaitable<io::HttpResponse> handle(io::HttpRequest request, RequestScope scope);

private:
    [[nodiscard]] io::HttpResponse health() const;
    boost::asio::awaitable<io::HttpResponse> answer_as_emulator(io::HttpRequest request);

    Parts parts_;
    InvokeFront invoke_;
};

} // namespace lambox::api
