#pragma once

#include "lambox/api/request_scope.hpp"
#include "lambox/base/error.hpp"
#include "lambox/engine/log_store.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the files of CloudWatch Logs share.
namespace lambox::api::logs {

using Json = nlohmann::ordered_json;

/// An operation's output; a type of its own, since a Json can be made of anything, an error too.
struct Answer {
    Json json;
};

/// One request on its way through an operation.
struct Call {
    engine::LogStore& store;
    const RequestScope& scope;
    const Json& input;
    std::int64_t now; ///< milliseconds since 1970
};

/// Absent and null members give nothing. Errors: malformed for another type.
[[nodiscard]] Result<std::optional<std::string>> text_member(const Call& call, const char* name);
[[nodiscard]] Result<std::optional<std::int64_t>> integer_member(const Call& call, const char* name);
/// Errors: malformed; invalid_argument when absent, empty or longer than AWS takes.
[[nodiscard]] Result<std::string> required_name(const Call& call, const char* name);
/// The group named by `logGroupName`, or by `logGroupIdentifier`, which may be an ARN.
[[nodiscard]] Result<engine::LogGroupKey> group_of(const Call& call);
/// 1 to `most`; `fallback` when absent.
[[nodiscard]] Result<std::size_t> limit_of(const Call& call, std::size_t fallback, std::size_t most);

[[nodiscard]] Result<Answer> put_log_events(const Call& call);
[[nodiscard]] Result<Answer> get_log_events(const Call& call);
[[nodiscard]] Result<Answer> filter_log_events(const Call& call);

} // namespace lambox::api::logs
