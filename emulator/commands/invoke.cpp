#include "emulator/commands/commands.hpp"
#include "emulator/commands/common.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/io/http_client.hpp"
#include "lambox/wire/base64.hpp"
#include "lambox/wire/sigv4.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>

namespace lambox::emulator {
namespace {

/// Everything but letters, digits and `-_.~:$` as `%XX`: a function's name or ARN becomes one path segment.
std::string percent_encoded(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-_.~:").find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        char escaped[4];
        std::snprintf(escaped, sizeof escaped, "%%%02X", byte);
        out += escaped;
    }
    return out;
}

std::string_view header_value(InvocationType type) {
    switch (type) {
    case InvocationType::request_response: return "RequestResponse";
    case InvocationType::event: return "Event";
    case InvocationType::dry_run: return "DryRun";
    }
    return "";
}

/// The keys that SDKs would take, when there are any; `--account` asks for another account than theirs.
std::optional<wire::sigv4::Signer> signer_of(const InvokeAction& action) {
    const char* key = std::getenv("AWS_ACCESS_KEY_ID");
    const char* secret = std::getenv("AWS_SECRET_ACCESS_KEY");
    if (action.common.account || key == nullptr || secret == nullptr || *key == '\0') return std::nullopt;
    std::string region = "us-east-1";
    for (const char* name : {"AWS_DEFAULT_REGION", "AWS_REGION"}) {
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') region = value;
    }
    return wire::sigv4::Signer{key, secret, action.common.region.value_or(region), "lambda"};
}

void sign(io::HttpRequest& request, const InvokeAction& action, const wire::sigv4::Signer& signer, WallTime now) {
    const std::string& host = action.endpoint.host;
    const bool v6 = host.find(':') != std::string::npos;
    request.headers.add("Host", (v6 ? "[" + host + "]" : host) + ":" + std::to_string(action.endpoint.port));
    request.headers.add("X-Amz-Date", wire::sigv4::format_time(now));
    if (const char* token = std::getenv("AWS_SESSION_TOKEN"); token != nullptr && *token != '\0')
        request.headers.add("X-Amz-Security-Token", token);
    wire::sigv4::SignedRequest view{request.method, request.target, {}, request.body};
    for (const auto [name, value] : request.headers)
        view.headers.emplace_back(name, value);
    request.headers.add("Authorization", wire::sigv4::authorization(view, signer, now));
}

io::HttpRequest request_of(const InvokeAction& action, std::string event, WallTime now) {
    io::HttpRequest request;
    request.method = "POST";
    request.target = "/2015-03-31/functions/" + percent_encoded(action.function) + "/invocations";
    if (action.qualifier) request.target += "?Qualifier=" + percent_encoded(*action.qualifier);
    request.headers.add("Content-Type", "application/json");
    request.headers.add("X-Amz-Invocation-Type", std::string(header_value(action.invocation_type)));
    if (action.log_type == LogType::tail && action.invocation_type == InvocationType::request_response)
        request.headers.add("X-Amz-Log-Type", "Tail");
    if (action.client_context) request.headers.add("X-Amz-Client-Context", wire::base64_encode(*action.client_context));
    request.body = std::move(event);
    if (const auto signer = signer_of(action)) {
        sign(request, action, *signer, now);
    } else if (action.common.region || action.common.account) {
        // The credential scope is where an endpoint reads account and region from; the signature is not checked.
        request.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=" + action.common.account.value_or("000000000000") +
                                                 "/20000101/" + action.common.region.value_or("us-east-1") +
                                                 "/lambda/aws4_request, SignedHeaders=host, Signature=0");
    }
    return request;
}

ExitCode show(const InvokeAction& action, const io::HttpResponse& response) {
    if (response.status >= 300) {
        const auto name = response.headers.find("x-amzn-ErrorType");
        complain("HTTP " + std::to_string(response.status) + " " + std::string(name.value_or("")) + ": " + response.body);
        return ExitCode::function_failed;
    }
    if (const auto tail = response.headers.find("X-Amz-Log-Result")) {
        const std::string log = wire::base64_decode(*tail).value_or("");
        std::fwrite(log.data(), 1, log.size(), stderr);
    }
    const bool failed = response.headers.find("X-Amz-Function-Error").has_value();
    std::string text;
    switch (action.output) {
    case Output::text:
        if (!response.body.empty()) text = response.body + "\n";
        break;
    case Output::json:
        text = R"({"status":)" + std::to_string(response.status) + R"(,"function_error":)" + (failed ? "true" : "false") +
               R"(,"payload":)" + (response.body.empty() ? "null" : response.body) + "}\n";
        break;
    }
    if (!print(text)) complain("the result could not be written to stdout");
    return failed ? ExitCode::function_failed : ExitCode::ok;
}

} // namespace

ExitCode invoke(const InvokeAction& action) {
    auto event = read_event(action.event);
    if (!event) return ExitCode::usage;
    boost::asio::io_context context{1};
    io::SystemClock clock(context.get_executor());
    io::HttpClient client(context.get_executor(), clock, action.endpoint.host, action.endpoint.port);
    // Longer than any function may take.
    const Instant deadline = clock.now() + limits::invoke_client_timeout;
    std::optional<Result<io::HttpResponse>> response;
    std::exception_ptr failure;
    auto done = [&](std::exception_ptr error, Result<io::HttpResponse> result) {
        failure = error;
        response.emplace(std::move(result));
    };
    boost::asio::co_spawn(context, client.request(request_of(action, std::move(*event), clock.wall_now()), deadline), done);
    context.run();
    if (failure) std::rethrow_exception(failure);
    if (!*response) {
        complain(response->error().message + "; is `lambox serve` running?");
        return ExitCode::could_not_start;
    }
    return show(action, **response);
}

} // namespace lambox::emulator
