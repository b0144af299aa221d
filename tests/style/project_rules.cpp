#include "style/rules.hpp"

#include <algorithm>
#include <regex>

namespace lambox::style {
namespace {

constexpr std::string_view table_begin = "<!-- options:begin -->\n";
constexpr std::string_view table_end = "<!-- options:end -->";

} // namespace

void check_option_table(const SourceFile& readme, std::string_view table, Findings& findings) {
    const std::string_view text = readme.text;
    const auto begin = text.find(table_begin);
    const auto end = text.find(table_end);
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
        return findings.push_back({readme.path, 0, "no markers of the option table"});
    }
    const auto start = begin + table_begin.size();
    if (text.substr(start, end - start) == table) return;
    findings.push_back(
        {readme.path, line_at(text, start), "the option table is not the program's; LAMBOX_WRITE_OPTION_TABLE=1 style writes it"});
}

void check_listed(const SourceFile& lists, std::string_view source, Findings& findings) {
    for (const std::string_view line : lists.lines) {
        const auto at = line.find(source);
        if (at == std::string_view::npos) continue;
        const char before = at == 0 ? ' ' : line[at - 1];
        const char after = at + source.size() == line.size() ? ' ' : line[at + source.size()];
        if ((before == ' ' || before == '(') && (after == ' ' || after == ')')) return;
    }
    findings.push_back({lists.path, 0, "does not list " + std::string(source)});
}

void check_counterpart(std::string_view header, std::span<const std::string> paths, std::span<const Exception> alone, Findings& findings) {
    constexpr std::string_view root = "include/lambox/";
    constexpr std::string_view suffix = ".hpp";
    const std::string_view name = header.substr(root.size(), header.size() - root.size() - suffix.size());
    const std::string body = "src/" + std::string(name) + ".cpp";
    const bool has_body = std::find(paths.begin(), paths.end(), body) != paths.end();
    const bool excused = std::any_of(alone.begin(), alone.end(), [header](const Exception& entry) { return entry.path == header; });
    if (!has_body && !excused) findings.push_back({std::string(header), 0, "has no body " + body + " and no reason in tidy_test"});
    if (has_body && excused) findings.push_back({std::string(header), 0, "has a body; its reason in tidy_test is stale"});
}

std::vector<std::string> limit_names(const SourceFile& limits) {
    static const std::regex definition("inline constexpr [A-Za-z0-9_:]+ ([a-z0-9_]+)");
    std::vector<std::string> names;
    for (auto match = std::sregex_iterator(limits.code.begin(), limits.code.end(), definition); match != std::sregex_iterator(); ++match) {
        names.push_back((*match)[1]);
    }
    return names;
}

bool uses_limit(const SourceFile& file, std::string_view name) {
    return std::regex_search(file.code, std::regex("limits::" + std::string(name) + "\\b"));
}

} // namespace lambox::style
