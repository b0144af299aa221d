#include "style/rules.hpp"

#include <algorithm>
#include <cctype>
#include <regex>

namespace lambox::style {
namespace {

bool excused(std::span<const Exception> exceptions, const SourceFile& file) {
    return std::any_of(exceptions.begin(), exceptions.end(), [&file](const Exception& entry) { return entry.path == file.path; });
}

bool is_product(const SourceFile& file) { return file.is_under("src/") || file.is_under("include/") || file.is_under("emulator/"); }

/// Calls `visit(offset, text)` for each match.
template <class Visit>
void for_each_match(const std::string& code, const std::regex& pattern, Visit visit) {
    for (auto match = std::sregex_iterator(code.begin(), code.end(), pattern); match != std::sregex_iterator(); ++match) {
        visit(static_cast<std::size_t>(match->position()), match->str());
    }
}

/// Offset of the brace that closes the one at `open`, or the end of the code.
std::size_t closing_brace(std::string_view code, std::size_t open) {
    std::size_t depth = 0;
    for (std::size_t at = open; at < code.size(); ++at) {
        if (code[at] == '{') ++depth;
        if (code[at] == '}' && --depth == 0) return at;
    }
    return code.size();
}

/// What stands before a brace since the last statement: `namespace x`, `class Y : public Z`, `int f() const`.
bool opens_container(const std::string& head) {
    static const std::regex container("^\\s*(template\\s*<[^>]*>\\s*)?(inline\\s+)?(namespace|class|struct|union|enum|extern)\\b");
    return std::regex_search(head, container) && (head.find('(') == std::string::npos || head.find("namespace") != std::string::npos);
}

/// In a labelled switch over an enum the labels are names with a small letter: `State::idle`, `idle`. Characters, numbers
/// and macros of the operating system (ENOENT) are not enumerators of ours.
bool has_enumerator(const std::string& body) {
    static const std::regex label("\\bcase\\s+([A-Za-z_:]*::)?[a-z][A-Za-z0-9_]*\\s*:(?!:)");
    return std::regex_search(body, label);
}

/// The full expression that the `co_await` at `at` is part of: its statement, or what stands in the parentheses of an
/// `if` or a loop. A lambda written inside belongs to it.
std::string expression_around(std::string_view code, std::size_t at) {
    const std::size_t before = code.find_last_of(";{}", at);
    std::size_t start = before == std::string_view::npos ? 0 : before + 1;
    static const std::regex condition("^\\s*(else\\s+)?(if|while|for|switch)\\s*\\(");
    const std::string head(code.substr(start, at - start));
    const bool conditional = std::regex_search(head, condition);
    if (conditional) start = code.find('(', start);
    std::size_t depth = 0;
    for (std::size_t end = start; end < code.size(); ++end) {
        const char character = code[end];
        if (character == '(' || character == '{') ++depth;
        if (character == ')' || character == '}') {
            if (depth <= 1 && conditional) return std::string(code.substr(start, end - start));
            if (depth == 0) return std::string(code.substr(start, end - start));
            --depth;
        }
        if (character == ';' && depth == 0) return std::string(code.substr(start, end - start));
    }
    return std::string(code.substr(start));
}

} // namespace

void check_pragma_once(const SourceFile& file, Findings& findings) {
    if (!file.path.ends_with(".hpp")) return;
    if (file.lines.empty() || file.lines.front() != "#pragma once") findings.push_back({file.path, 1, "a header begins with #pragma once"});
}

void check_function_lengths(const SourceFile& file, Findings& findings) {
    const std::string& code = file.code;
    std::size_t head_start = 0;
    for (std::size_t at = 0; at < code.size(); ++at) {
        // A line of the preprocessor is no part of the next declaration.
        if (code[at] == '#' && (at == 0 || code[at - 1] == '\n')) at = head_start = std::min(code.find('\n', at), code.size());
        if (at >= code.size()) break;
        if (code[at] == ';' || code[at] == '}') head_start = at + 1;
        if (code[at] != '{') continue;
        const std::string head = code.substr(head_start, at - head_start);
        if (opens_container(head)) {
            head_start = at + 1;
            continue;
        }
        const std::size_t close = closing_brace(code, at);
        const auto first_letter =
            std::find_if(head.begin(), head.end(), [](char c) { return std::isspace(static_cast<unsigned char>(c)) == 0; });
        const std::size_t start = head_start + static_cast<std::size_t>(first_letter - head.begin());
        const std::size_t lines = line_at(code, close) - line_at(code, start) + 1;
        const bool function = head.find('(') != std::string::npos;
        if (function && lines > function_lines_max) {
            findings.push_back({file.path, line_at(code, start),
                                "a function of " + std::to_string(lines) + " lines; at most " + std::to_string(function_lines_max)});
        }
        at = close;
        head_start = close + 1;
    }
}

void check_switches(const SourceFile& file, Findings& findings) {
    if (!is_product(file)) return;
    static const std::regex head("\\bswitch\\s*\\([^{]*\\{");
    static const std::regex default_label("\\bdefault\\s*:(?!:)");
    for_each_match(file.code, head, [&](std::size_t at, const std::string& text) {
        const std::size_t open = at + text.size() - 1;
        const std::string body = file.code.substr(open, closing_brace(file.code, open) - open);
        if (!has_enumerator(body) || !std::regex_search(body, default_label)) return;
        findings.push_back({file.path, line_at(file.code, at), "a switch over an enum has no default; a missing case must not compile"});
    });
}

void check_coroutines(const SourceFile& file, Findings& findings) {
    static const std::regex operation("\\bco_await\\b");
    static const std::regex lambda("\\bco_spawn\\s*\\([^;]*\\[[^\\]]*\\]\\s*[({]");
    static const std::regex braced("([A-Za-z0-9_>]|[(,]\\s*)\\{");
    static const std::regex detached("\\bdetached\\b");
    for_each_match(file.code, operation, [&](std::size_t at, const std::string&) {
        const std::size_t line = line_at(file.code, at);
        const std::string statement = expression_around(file.code, at);
        if (std::regex_search(statement, lambda)) {
            findings.push_back({file.path, line, "a lambda inside co_await co_spawn is destroyed twice by GCC 12; name it first"});
        } else if (statement.find('?') != std::string::npos) {
            findings.push_back({file.path, line, "a conditional operator beside co_await is miscompiled by GCC 12; use if and else"});
        } else if (std::regex_search(statement, braced)) {
            findings.push_back({file.path, line, "a braced temporary beside co_await is destroyed twice by GCC 12; name it first"});
        }
    });
    for_each_match(file.code, detached, [&](std::size_t at, const std::string&) {
        findings.push_back({file.path, line_at(file.code, at), "no detached coroutines; spawn into a TaskGroup"});
    });
}

void check_clocks(const SourceFile& file, std::span<const Exception> allowed, Findings& findings) {
    if (!is_product(file) || excused(allowed, file)) return;
    static const std::regex reading("\\b(system_clock|steady_clock|high_resolution_clock|utc_clock)\\s*::\\s*now\\b");
    for_each_match(file.code, reading, [&](std::size_t at, const std::string&) {
        findings.push_back({file.path, line_at(file.code, at), "reads a clock; `now` is an argument, sleeping goes through Clock"});
    });
}

void check_macros(const SourceFile& file, Findings& findings) {
    if (file.is_under("tests/")) return;
    static const std::regex definition("(^|\\n)[ \\t]*#[ \\t]*define[ \\t]+([A-Za-z0-9_]+)");
    for_each_match(file.code, definition, [&](std::size_t at, const std::string& text) {
        if (text.ends_with("LAMBOX_ASSERT")) return;
        findings.push_back({file.path, line_at(file.code, at + text.size()), "a macro; the only one is LAMBOX_ASSERT"});
    });
}

void check_goal(const SourceFile& file, Findings& findings) {
    if (!file.path.ends_with("_test.cpp")) return;
    std::string head;
    for (const auto line : file.lines) {
        if (!line.starts_with("//")) break;
        head.append(line).append(" ");
    }
    const bool told = head.starts_with("// Goal: ") && head.find("Method: ") != std::string::npos;
    if (!told) findings.push_back({file.path, 1, "a test file begins with its goal and method"});
}

} // namespace lambox::style
