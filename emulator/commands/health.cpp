#include "emulator/commands/commands.hpp"
#include "emulator/commands/common.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>

namespace lambox::emulator {

ExitCode health(const HealthAction& action) {
    boost::asio::io_context context{1};
    io::SystemClock clock(context.get_executor());
    io::HttpClient client(context.get_executor(), clock, action.endpoint.host, action.endpoint.port);
    io::HttpRequest request;
    request.method = "GET";
    request.target = "/_lambox/health";
    std::optional<Result<io::HttpResponse>> response;
    std::exception_ptr failure;
    auto done = [&](std::exception_ptr error, Result<io::HttpResponse> result) {
        failure = error;
        response.emplace(std::move(result));
    };
    boost::asio::co_spawn(context, client.request(std::move(request), clock.now() + limits::health_check_timeout), done);
    context.run();
    if (failure) std::rethrow_exception(failure);
    if (!*response) {
        complain("unhealthy: " + response->error().message);
        return ExitCode::function_failed;
    }
    const io::HttpResponse& answer = **response;
    if (answer.status != 200) {
        complain("unhealthy: HTTP " + std::to_string(answer.status));
        return ExitCode::function_failed;
    }
    std::string text = "healthy\n";
    switch (action.output) {
    case Output::text: break;
    case Output::json: text = answer.body; break;
    }
    return print(text) ? ExitCode::ok : ExitCode::could_not_start;
}

} // namespace lambox::emulator
