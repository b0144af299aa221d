#include "emulator/rie_line.hpp"

#include "emulator/option_table.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lambox::emulator {
namespace {

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool takes_next_word(const std::string& flag) {
    if (flag.find('=') != std::string::npos) return false;
    const OptionRow* row = find_option(flag, Command::rie);
    return row != nullptr && row->type != OptionType::toggle;
}

} // namespace

std::optional<RieLine> rie_line(int argc, const char* const* argv) {
    const std::vector<std::string> words(argv, argv + argc);
    if (words.empty()) return std::nullopt;
    std::size_t at = 1;
    if (file_name(words[0]) != rie_program_name) {
        if (words.size() < 2 || words[1] != "rie") return std::nullopt;
        at = 2;
    }
    RieLine line;
    line.options = {words[0], "rie"};
    for (; at < words.size(); ++at) {
        const std::string& word = words[at];
        if (word == "--") {
            ++at;
            break;
        }
        if (word.size() < 2 || word.front() != '-') break;
        line.options.push_back(word);
        if (takes_next_word(word) && at + 1 < words.size()) line.options.push_back(words[++at]);
    }
    line.command.assign(words.begin() + static_cast<std::ptrdiff_t>(std::min(at, words.size())), words.end());
    return line;
}

std::optional<ListenAddress> parse_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = parse_integer(text.substr(colon + 1));
    if (!port || *port < 0 || *port > 65'535) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') != host.ends_with(']')) return std::nullopt;
    const bool bracketed = host.starts_with('[');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
    if (host.empty()) host = "0.0.0.0";
    if (!is_host(host)) return std::nullopt;
    if (host == "localhost") host = "127.0.0.1";
    return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

bool is_address(std::string_view text) { return parse_address(text).has_value(); }

bool is_function_name(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= limits::function_name_chars_max && std::all_of(text.begin(), text.end(), fits);
}

std::optional<std::string_view> emulator_log_level(std::string_view text) {
    using Names = std::pair<std::string_view, std::string_view>;
    constexpr std::array<Names, 9> names{{{"trace", "debug"},
                                          {"debug", "debug"},
                                          {"info", "info"},
                                          {"warn", "warn"},
                                          {"warning", "warn"},
                                          {"error", "error"},
                                          {"fatal", "error"},
                                          {"panic", "error"},
                                          {"off", "off"}}};
    const auto same = [](char left, char right) {
        return left == (right >= 'A' && right <= 'Z' ? static_cast<char>(right - 'A' + 'a') : right);
    };
    const auto found = std::find_if(names.begin(), names.end(), [&](const Names& one) {
        return std::equal(one.first.begin(), one.first.end(), text.begin(), text.end(), same);
    });
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

} // namespace lambox::emulator
