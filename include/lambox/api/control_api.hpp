#pragma once

#include "lambox/api/request_scope.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/supervisor.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace lambox::io {
class ThreadPool;
}

namespace lambox::api {

/// An S3-compatible server that packages may be read from, without a signature.
struct ObjectServer {
    std::string host;
    std::uint16_t port = 80;
};

struct ControlSettings {
    model::RuntimePolicy runtimes = model::RuntimePolicy::lenient;
    std::optional<ObjectServer> objects;
};

/// Lambda's API but for Invoke: functions, versions, aliases, layers and what is configured on them (behaviour §7, §8). Everything it
/// needs must outlive it.
class ControlApi {
public:
    ControlApi(engine::FunctionRegistry& registry, engine::Supervisor& supervisor, engine::CodeStore& code, IdSource& ids, io::Clock& clock,
               io::ThreadPool& pool, ControlSettings settings);
    ControlApi(const ControlApi&) = delete;
    ControlApi& operator=(const ControlApi&) = delete;
    ~ControlApi();

    /// Whether the target is a path of this API (or of a stored package, which GetFunction's answer names).
    [[nodiscard]] bool owns(const std::string& target) const;
    boost::asio::awaitable<io::HttpResponse> handle(io::HttpRequest request, RequestScope scope);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// README's table: every operation of the API, whether it is served, and what it leaves out.
[[nodiscard]] std::string api_coverage_markdown();

} // namespace lambox::api
