#include "emulator/option_table.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace lambox::emulator {
namespace {

std::string commands_cell(const OptionRow& row) {
    std::string names;
    bool all = true;
    for (const CommandRow& command : command_table()) {
        if (row.commands.contains(command.command))
            names.append(names.empty() ? "" : ", ").append(command.name);
        else
            all = false;
    }
    return all ? "all" : names;
}

std::string type_cell(const OptionRow& row) {
    std::string text(to_string(row.type));
    if (!row.unit.empty()) text.append(", ").append(row.unit);
    if (row.occurrence == Occurrence::repeatable) text.append(", repeatable");
    return text;
}

/// The commonest default, then the commands that have another: "`warn`; serve: `info`".
std::string default_cell(const OptionRow& row) {
    std::map<std::string_view, std::vector<std::string_view>> by_value;
    for (const CommandRow& command : command_table()) {
        if (!row.commands.contains(command.command)) continue;
        const auto value = fallback(row, command.command);
        if (!value) return std::string(row.fallback_note);
        by_value[*value].push_back(command.name);
    }
    const auto fewer = [](const auto& left, const auto& right) { return left.second.size() < right.second.size(); };
    const auto commonest = std::max_element(by_value.begin(), by_value.end(), fewer);
    std::string text = "`" + std::string(commonest->first) + "`";
    for (auto entry = by_value.begin(); entry != by_value.end(); ++entry) {
        if (entry == commonest) continue;
        for (const auto command : entry->second)
            text.append("; ").append(command).append(": `").append(entry->first).append("`");
    }
    return text;
}

/// A cell's text: a bar would end the cell.
std::string cell(std::string_view text) {
    std::string out;
    for (const char character : text) {
        if (character == '|') out += '\\';
        out += character;
    }
    return out.empty() ? "—" : out;
}

} // namespace

std::string option_table_markdown() {
    std::string out = "| Option | Variable | Commands | Type | Default | Allowed | Meaning |\n|---|---|---|---|---|---|---|\n";
    for (const OptionRow& row : option_table()) {
        std::string flag = "`" + std::string(row.flag);
        if (!row.value_name.empty()) flag.append(" ").append(row.value_name);
        flag += "`";
        std::string variable = row.environment.empty() ? "" : "`" + std::string(row.environment) + "`";
        for (const VariableAlias& alias : row.aliases) variable.append(", else `").append(alias.variable).append("`");
        for (const std::string& text : {flag, variable, commands_cell(row), type_cell(row), default_cell(row), describe(row.constraint)}) {
            out.append("| ").append(cell(text)).append(" ");
        }
        out.append("| ").append(cell(row.help)).append(" |\n");
    }
    return out;
}

} // namespace lambox::emulator
