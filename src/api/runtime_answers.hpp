#pragma once

// What the APIs on an environment's listener answer alike (behaviour §1.3).

#include "lambox/io/http_message.hpp"

#include <string>
#include <string_view>

namespace lambox::api {

[[nodiscard]] io::HttpResponse json_response(unsigned status, std::string body);
[[nodiscard]] io::HttpResponse text_response(unsigned status, std::string body);
/// 202 `{"status":"OK"}`.
[[nodiscard]] io::HttpResponse accepted();
[[nodiscard]] io::HttpResponse refusal(unsigned status, std::string_view type, std::string_view message);
/// 404 or 405, as the platform's router words them (behaviour §1.2).
[[nodiscard]] io::HttpResponse unknown_path();
[[nodiscard]] io::HttpResponse wrong_method();
/// Empty when absent.
[[nodiscard]] std::string_view header(const io::HttpRequest& request, std::string_view name);

} // namespace lambox::api
