#include "lambox/api/request_scope.hpp"

#include "lambox/api/router.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace lambox::api {
namespace {

constexpr std::size_t account_digits = 12;
constexpr std::size_t word_chars_max = 64;

bool is_account(std::string_view text) {
    return text.size() == account_digits && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The shape of regions and of service names in credential scopes.
bool is_scope_word(std::string_view text) {
    return !text.empty() && text.size() <= word_chars_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto slash = text.find('/');
        parts.push_back(text.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        text.remove_prefix(slash + 1);
    }
}

/// `header` up to the comma behind `Credential=`.
std::string_view credential_of_header(std::string_view header) {
    constexpr std::string_view mark = "Credential=";
    const auto begin = header.find(mark);
    if (!header.starts_with("AWS4-") || begin == std::string_view::npos) return {};
    header.remove_prefix(begin + mark.size());
    return header.substr(0, header.find_first_of(", "));
}

std::string credential_of(const io::HttpRequest& request) {
    if (const auto header = request.headers.find("Authorization")) return std::string(credential_of_header(*header));
    const auto question = request.target.find('?');
    if (question == std::string::npos) return {};
    return query_parameter(std::string_view(request.target).substr(question + 1), "X-Amz-Credential").value_or("");
}

} // namespace

RequestScope request_scope(const io::HttpRequest& request, const RequestScope& defaults) {
    RequestScope scope = defaults;
    scope.service.clear();
    const std::string credential = credential_of(request);
    auto parts = split(credential);
    if (parts.size() < 4 || parts.back() != "aws4_request") return scope;
    parts.pop_back();
    if (is_account(parts.front())) scope.account = parts.front();
    if (is_scope_word(parts.back())) scope.service = parts.back();
    if (parts.size() >= 4 && is_scope_word(parts[parts.size() - 2])) scope.region = parts[parts.size() - 2];
    return scope;
}

} // namespace lambox::api
