#include "api/runtime_answers.hpp"

#include "lambox/base/json_escape.hpp"

#include <utility>

namespace lambox::api {

io::HttpResponse json_response(unsigned status, std::string body) {
    io::HttpResponse answer;
    answer.status = status;
    answer.headers.add("Content-Type", "application/json");
    answer.body = std::move(body);
    return answer;
}

io::HttpResponse text_response(unsigned status, std::string body) {
    io::HttpResponse answer;
    answer.status = status;
    answer.headers.add("Content-Type", "text/plain; charset=utf-8");
    answer.body = std::move(body);
    return answer;
}

io::HttpResponse accepted() { return json_response(202, "{\"status\":\"OK\"}\n"); }

io::HttpResponse refusal(unsigned status, std::string_view type, std::string_view message) {
    std::string body = R"({"errorMessage":")" + json_escape(message) + R"(","errorType":")";
    body.append(type).append("\"}\n");
    return json_response(status, std::move(body));
}

io::HttpResponse unknown_path() { return text_response(404, "404 page not found\n"); }

io::HttpResponse wrong_method() {
    io::HttpResponse answer;
    answer.status = 405;
    return answer;
}

std::string_view header(const io::HttpRequest& request, std::string_view name) {
    return request.headers.find(name).value_or(std::string_view{});
}

} // namespace lambox::api
