#include "lambox/model/log_filter.hpp"

#include <algorithm>
#include <optional>

namespace lambox::model {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Takes one term off the front, quoted or plain; nothing when its quote is not closed.
std::optional<std::string> take_term(std::string_view& text) {
    std::string term;
    if (!text.starts_with('"')) {
        const auto end = std::min(text.find_first_of(blanks), text.size());
        term = text.substr(0, end);
        text.remove_prefix(end);
        return term;
    }
    text.remove_prefix(1);
    while (!text.empty() && text.front() != '"') {
        if (text.starts_with("\\\"")) text.remove_prefix(1);
        term += text.front();
        text.remove_prefix(1);
    }
    if (text.empty()) return std::nullopt;
    text.remove_prefix(1);
    return term;
}

} // namespace

Result<LogFilter> LogFilter::parse(std::string_view pattern) {
    LogFilter filter;
    const auto skip = [&pattern] { pattern.remove_prefix(std::min(pattern.find_first_not_of(blanks), pattern.size())); };
    skip();
    if (pattern.starts_with('{')) return make_error(Errc::unsupported, "JSON filter patterns are not supported; use terms.");
    if (pattern.starts_with('[')) return make_error(Errc::unsupported, "Space-delimited filter patterns are not supported; use terms.");
    for (; !pattern.empty(); skip()) {
        std::vector<std::string>* list = &filter.all_;
        if (pattern.starts_with('?')) list = &filter.any_;
        if (pattern.starts_with('-')) list = &filter.none_;
        if (list != &filter.all_) pattern.remove_prefix(1);
        if (pattern.starts_with('%')) return make_error(Errc::unsupported, "Regular expressions in filter patterns are not supported.");
        auto term = take_term(pattern);
        if (!term) return make_error(Errc::invalid_argument, "Invalid filter pattern: a quotation mark is not closed");
        if (term->empty()) return make_error(Errc::invalid_argument, "Invalid filter pattern: a term is empty");
        list->push_back(std::move(*term));
    }
    return filter;
}

bool LogFilter::fits(std::string_view message) const {
    const auto held = [message](const std::string& term) { return message.find(term) != std::string_view::npos; };
    if (std::any_of(none_.begin(), none_.end(), held)) return false;
    if (!all_.empty()) return std::all_of(all_.begin(), all_.end(), held); // beside plain terms AWS does not look at `?` ones
    return any_.empty() || std::any_of(any_.begin(), any_.end(), held);
}

} // namespace lambox::model
