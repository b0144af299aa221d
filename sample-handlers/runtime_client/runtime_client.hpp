#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

// A client of the Lambda Runtime API 2018-06-01 for handlers in plain C++: one blocking connection, kept alive, no dependency.
// The address comes from AWS_LAMBDA_RUNTIME_API as HOST:PORT, where HOST is a numeric IPv4 address or "localhost".
namespace runtime_client {

struct Invocation {
    std::string request_id;
    std::string invocation_id; // one per attempt; empty when the platform sends none
    std::chrono::system_clock::time_point deadline;
    std::string function_arn;
    std::string trace_id;
    std::string client_context; // JSON text; empty when the caller gave none
    std::string content_type;
    std::string body;
};

// What the caller gets as {"errorMessage", "errorType"}. A type of the form Function.Name or Runtime.Name is what the platform keeps.
struct Failure {
    std::string type;
    std::string message;
};

using Answer = std::variant<std::string, Failure>;
using Handler = std::function<Answer(const Invocation&)>;

// The platform's verdict on what was posted: 202 means accepted.
struct Verdict {
    int status = 0;
    std::string body;
};

// For handlers that need more than run(). Every call throws std::runtime_error when the connection cannot be used.
class Client {
public:
    Client();
    ~Client();
    Client(Client&&) = delete;

    // Waits as long as the platform lets it wait. Sets _X_AMZN_TRACE_ID. Throws also when the platform refuses.
    [[nodiscard]] Invocation next();
    Verdict respond(const Invocation& invocation, std::string_view body);
    Verdict fail(const Invocation& invocation, const Failure& failure);
    Verdict init_error(const Failure& failure);

private:
    class Connection;
    Verdict post(const std::string& path, const Invocation& invocation, const std::string& extra_headers, std::string_view body);

    std::unique_ptr<Connection> connection_;
};

// Answers invocations until the platform or the connection ends it; the result is the exit code for main. An exception that leaves
// the handler is reported as Function.UncaughtException and the loop goes on.
int run(const Handler& handler);

// Reports that initialisation failed; to be called before run(), as in `return init_error({"Function.NoTable", "TABLE is not set"});`.
int init_error(const Failure& failure);

// Text as a JSON string, quotes included. Bytes above 127 pass unchanged.
std::string json_quote(std::string_view text);

// A new connection to the Runtime API as a bare descriptor, which the caller closes. Throws as Client does.
int connect_runtime_api();

} // namespace runtime_client
