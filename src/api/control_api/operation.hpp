#pragma once

#include "api/codec/shape.hpp"
#include "lambox/api/request_scope.hpp"
#include "lambox/api/router.hpp"
#include "lambox/base/error.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/supervisor.hpp"
#include "lambox/io/clock.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::api::control {

using Json = nlohmann::json;

/// What every operation works on; one object a program.
struct Parts {
    engine::FunctionRegistry& registry;
    engine::Supervisor& supervisor;
    engine::CodeStore& code;
    IdSource& ids;
    io::Clock& clock;
    io::ThreadPool& pool;
    model::RuntimePolicy runtimes = model::RuntimePolicy::lenient;
};

/// One request whose members have been checked.
struct Call {
    Parts& parts;
    engine::Place place;
    Json input;                              ///< members of path, query and body together, by their names
    std::optional<Result<engine::CodeStore::Stored>> package; ///< of a zip that the input brings or names, stored already
    std::string host;                                         ///< as the client names this server
};

struct Reply {
    unsigned status = 200;
    Json body; ///< null = none
};

using Handler = Result<Reply> (*)(Call& call);

/// One row of the API: where it is, what it takes, who does it.
struct Operation {
    std::string_view name;
    Route route;
    Handler handler = nullptr; ///< null = not supported
    const codec::Shape& (*input)() = nullptr;
    std::string_view leaves_out = ""; ///< for the README's table
    std::string_view query = "";      ///< `name=value` that tells it from others on its path
};

// The rows, a table a resource.
[[nodiscard]] std::span<const Operation> account_operations();
[[nodiscard]] std::span<const Operation> alias_operations();
[[nodiscard]] std::span<const Operation> concurrency_operations();
[[nodiscard]] std::span<const Operation> event_invoke_operations();
[[nodiscard]] std::span<const Operation> event_source_operations();
[[nodiscard]] std::span<const Operation> function_operations();
[[nodiscard]] std::span<const Operation> function_option_operations();
[[nodiscard]] std::span<const Operation> layer_operations();
[[nodiscard]] std::span<const Operation> policy_operations();
[[nodiscard]] std::span<const Operation> tag_operations();
[[nodiscard]] std::span<const Operation> unsupported_operations();
[[nodiscard]] std::span<const Operation> url_operations();
[[nodiscard]] std::span<const Operation> version_operations();

} // namespace lambox::api::control
