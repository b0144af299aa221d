#pragma once

#include "lambox/engine/extension_set.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace lambox::api {

/// Whether a target is one of the Extensions API, `/2020-01-01/extension/...`.
[[nodiscard]] bool is_extension_call(std::string_view target);

/// Answers one request of the Extensions API (behaviour §2.1, §2.2). `extensions` must outlive the call.
boost::asio::awaitable<io::HttpResponse> handle_extension_api(engine::ExtensionSet& extensions, io::HttpRequest request);

} // namespace lambox::api
