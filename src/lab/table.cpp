#include "lambox/lab/table.hpp"

#include "lambox/base/log.hpp"
#include "lambox/lab/grid.hpp"
#include "lambox/lab/sentences.hpp"

#include <algorithm>
#include <string_view>

namespace lambox::lab {
namespace {

/// Lines of text; colours wrap whole lines, so that they never disturb a width.
class Page {
public:
    explicit Page(TextStyle style) : style_(style) {}

    void heading(std::string_view text) {
        if (!text_.empty()) text_ += '\n';
        line(text, "\033[1m");
    }
    void plain(std::string_view text) { line(text, ""); }
    void dim(std::string_view text) { line(text, "\033[2m"); }
    void warning(std::string_view text) { line(text, "\033[33m"); }
    void bold(std::string_view text) { line(text, "\033[1m"); }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    void line(std::string_view text, std::string_view colour) {
        const std::string safe = escape_for_log(text);
        if (style_ == TextStyle::terminal && !colour.empty())
            text_ += std::string(colour) + safe + "\033[0m\n";
        else
            text_ += safe + "\n";
    }

    TextStyle style_;
    std::string text_;
};

struct TextColumn {
    std::string head[2]; ///< titles of one line stand on the lower one
    std::vector<std::string> cells;
    Align align = Align::left;
    std::size_t width = 0;
};

TextColumn text_column(const Grid& grid, std::size_t index) {
    TextColumn column;
    const auto& title = grid.columns[index].title;
    const auto feed = title.find('\n');
    if (feed != std::string::npos) column.head[0] = title.substr(0, feed);
    column.head[1] = feed == std::string::npos ? title : title.substr(feed + 1);
    column.align = grid.columns[index].align;
    for (const auto& row : grid.rows)
        column.cells.push_back(escape_for_log(row[index]));
    const auto marked = [](const std::string& cell) { return cell.ends_with('*'); };
    if (column.align == Align::right && std::any_of(column.cells.begin(), column.cells.end(), marked)) {
        // The digits stay below one another.
        for (auto& cell : column.cells) {
            if (!marked(cell)) cell += ' ';
        }
        for (auto& head : column.head)
            head += ' ';
    }
    column.width = std::max(column.head[0].size(), column.head[1].size());
    for (const auto& cell : column.cells)
        column.width = std::max(column.width, cell.size());
    return column;
}

void append_cell(std::string& line, const TextColumn& column, const std::string& text) {
    if (!line.empty()) line += "  ";
    const std::string padding(column.width - text.size(), ' ');
    line += column.align == Align::right ? padding + text : text + padding;
}

std::string without_trailing_spaces(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

void print_grid(Page& page, const Grid& grid) {
    std::vector<TextColumn> columns;
    for (std::size_t i = 0; i < grid.columns.size(); ++i)
        columns.push_back(text_column(grid, i));
    for (const std::size_t half : {0U, 1U}) {
        std::string line;
        for (const auto& column : columns)
            append_cell(line, column, column.head[half]);
        page.bold(without_trailing_spaces(std::move(line)));
    }
    std::string rule;
    for (const auto& column : columns)
        append_cell(rule, column, std::string(column.width, '-'));
    page.plain(rule);
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
        std::string line;
        for (const auto& column : columns)
            append_cell(line, column, column.cells[row]);
        page.plain(without_trailing_spaces(std::move(line)));
    }
}

void print_statements(Page& page, const ComparisonResult& result) {
    if (result.statements.empty()) return;
    const auto& functions = result.facts.functions;
    std::size_t subject = 0;
    for (const auto& statement : result.statements) {
        if (statement.subject != subject)
            page.heading(functions[statement.subject].name + " compared with " + functions[statement.reference].name);
        subject = statement.subject;
        page.plain("  " + sentence(result, statement));
    }
    page.dim(percentage_definition());
}

void print_circumstances(Page& page, const ComparisonResult& result) {
    page.heading("Circumstances");
    for (const auto& circumstance : circumstances(result)) {
        std::string label = circumstance.label + ":";
        for (const auto& value : circumstance.lines) {
            label.resize(12, ' ');
            const std::string line = "  " + label + value;
            if (circumstance.kind == Circumstance::Kind::failure)
                page.warning(line);
            else
                page.plain(line);
            label.clear();
        }
    }
}

} // namespace

std::string render_text(const ComparisonResult& result, TextStyle style) {
    Page page(style);
    const std::string note = emulation_note(result.facts);
    print_grid(page, summary_grid(result));
    if (!note.empty()) page.warning(note);
    print_statements(page, result);

    page.heading("Cost per million requests, by share of cold starts");
    print_grid(page, cost_grid(result));
    if (!note.empty()) page.warning(note);
    page.dim(cost_definition(result));

    if (!result.break_evens.empty()) page.heading("Break-even");
    for (const auto& even : result.break_evens)
        page.plain("  " + sentence(result, even));

    print_circumstances(page, result);
    return std::move(page).take();
}

} // namespace lambox::lab
