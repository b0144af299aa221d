#pragma once

#include "lambox/engine/runtime_session.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace lambox::api {

/// Whether a target is one of those that only SnapStart environments have: `/2018-06-01/runtime/restore/...`, `/2021-04-23/credentials`.
[[nodiscard]] bool is_restore_call(std::string_view target);

/// Answers one of them (behaviour §1.10). `session` serves them, and must outlive the call.
boost::asio::awaitable<io::HttpResponse> handle_restore_api(engine::RuntimeSession& session, io::HttpRequest request);

} // namespace lambox::api
