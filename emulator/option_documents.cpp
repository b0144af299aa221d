#include "emulator/option_documents.hpp"

#include "emulator/option_table.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace lambox::emulator {
namespace {

/// For roff: a backslash, a hyphen and a dot or quote at a line's begin mean something.
std::string roff(std::string_view text) {
    std::string out;
    for (const char character : text) {
        if (character == '\\')
            out += "\\e";
        else if (character == '-')
            out += "\\-";
        else
            out += character;
    }
    if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
    return out;
}

std::vector<const OptionRow*> options_of(Command command) {
    std::vector<const OptionRow*> rows;
    for (const OptionRow& row : option_table()) {
        if (row.commands.contains(command)) rows.push_back(&row);
    }
    return rows;
}

/// The words that may follow the flag, with blanks between; empty when that is open.
std::string words_of(const OptionRow& row) {
    std::string words;
    if (const auto* choices = std::get_if<Choices>(&row.constraint)) {
        for (const auto value : choices->values)
            words.append(words.empty() ? "" : " ").append(value);
    }
    return words;
}

bool takes_file(const OptionRow& row) { return row.type == OptionType::path; }

std::string man_option(const OptionRow& row, Command command) {
    std::string text = ".TP\n.B " + roff(row.flag);
    if (!row.value_name.empty()) text += " \\fI" + roff(row.value_name) + "\\fR";
    text += "\n" + roff(row.help) + ".\n";
    const auto value = fallback(row, command);
    text += "Default: " + roff(value ? *value : row.fallback_note) + ".\n";
    if (const std::string allowed = describe(row.constraint); !allowed.empty()) text += "Allowed: " + roff(allowed) + ".\n";
    if (!row.environment.empty()) text += "Variable: " + roff(row.environment);
    for (const VariableAlias& alias : row.aliases)
        text += ", else " + roff(alias.variable);
    if (!row.environment.empty()) text += ".\n";
    return text;
}

std::string man_command(const CommandRow& command) {
    std::string text = ".SH \"LAMBOX " + std::string(command.name) + "\"\n.B lambox " + std::string(command.name) + "\n[OPTIONS]";
    if (!command.argument.empty()) text += " \\fI" + roff(command.argument) + "\\fR";
    if (!command.rest.empty()) text += " " + roff(command.rest);
    text += "\n.PP\n" + roff(command.help) + ".\n";
    for (const OptionRow* row : options_of(command.command))
        text += man_option(*row, command.command);
    text += ".PP\nExamples:\n.PP\n.nf\n";
    std::string_view examples = command.examples;
    while (!examples.empty()) {
        const auto line = examples.substr(0, examples.find('\n'));
        text += roff(line) + "\n";
        examples.remove_prefix(line.size() + 1);
    }
    return text + ".fi\n";
}

std::string command_names() {
    std::string names;
    for (const CommandRow& command : command_table())
        names.append(names.empty() ? "" : " ").append(command.name);
    return names;
}

/// Inside single quotes of a shell.
std::string quoted(std::string_view text) {
    std::string out;
    for (const char character : text) {
        if (character == '\'')
            out += "'\\''";
        else
            out += character;
    }
    return out;
}

/// The same inside zsh's `[…]`, where brackets and colons mean something.
std::string zsh_words(std::string_view text) {
    std::string out;
    for (const char character : quoted(text)) {
        if (character == '[' || character == ']' || character == ':') out += '\\';
        out += character;
    }
    return out;
}

std::string zsh_option(const OptionRow& row) {
    std::string text = "            '";
    if (row.occurrence == Occurrence::repeatable) text += '*';
    text += std::string(row.flag) + (row.value_name.empty() ? "" : "=") + "[" + zsh_words(row.help) + "]";
    if (!row.value_name.empty()) {
        text += ":" + zsh_words(row.value_name) + ":";
        if (const std::string words = words_of(row); !words.empty())
            text += "(" + words + ")";
        else if (takes_file(row))
            text += "_files";
    }
    return text + "' \\\n";
}

} // namespace

std::string man_page() {
    std::string text = ".\\\" Made from the option table by LAMBOX_WRITE_OPTION_TABLE=1 style.\n"
                       ".TH LAMBOX 1 \"\" lambox\n.SH NAME\nlambox \\- AWS Lambda on this machine: real runtimes, measured figures\n"
                       ".SH SYNOPSIS\n";
    for (const CommandRow& command : command_table()) {
        text += ".B lambox " + std::string(command.name) + "\n[OPTIONS]";
        if (!command.argument.empty()) text += " \\fI" + roff(command.argument) + "\\fR";
        if (!command.rest.empty()) text += " " + roff(command.rest);
        text += "\n.br\n";
    }
    text +=
        ".SH DESCRIPTION\n"
        "lambox runs AWS Lambda functions as real bootstrap processes over the real Runtime API, without Docker and without an account,\n"
        "and serves Lambda's API to any SDK. Options follow the command. A flag beats its variable, which beats the default.\n"
        "Results go to standard output, everything else to standard error.\n";
    for (const CommandRow& command : command_table())
        text += man_command(command);
    text += ".SH \"EXIT STATUS\"\n.TP\n.B 0\nAll went well.\n.TP\n.B 1\nThe function failed, or the service is not well.\n"
            ".TP\n.B 2\nThe command line, a variable or lambox.yaml is wrong.\n.TP\n.B 3\nlambox could not start.\n"
            ".TP\n.B 4\nA budget or an assertion was missed.\n";
    return text;
}

std::string bash_completion() {
    std::string text = "# Made from the option table by LAMBOX_WRITE_OPTION_TABLE=1 style.\n"
                       "_lambox() {\n"
                       "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} flags=\n"
                       "    COMPREPLY=()\n"
                       "    if ((COMP_CWORD == 1)); then\n"
                       "        mapfile -t COMPREPLY < <(compgen -W '" +
                       command_names() + " --help --version' -- \"$current\")\n        return\n    fi\n    case $command:$before in\n";
    for (const CommandRow& command : command_table()) {
        for (const OptionRow* row : options_of(command.command)) {
            const std::string words = words_of(*row);
            if (row->value_name.empty()) continue;
            text += "    " + std::string(command.name) + ":" + std::string(row->flag) + ") ";
            if (!words.empty())
                text += "mapfile -t COMPREPLY < <(compgen -W '" + quoted(words) + "' -- \"$current\") && ";
            else if (takes_file(*row))
                text += "mapfile -t COMPREPLY < <(compgen -f -- \"$current\") && ";
            text += "return ;;\n";
        }
    }
    text += "    esac\n    case $command in\n";
    for (const CommandRow& command : command_table()) {
        text += "    " + std::string(command.name) + ") flags='";
        for (const OptionRow* row : options_of(command.command))
            text += std::string(row->flag) + " ";
        text += "--help' ;;\n";
    }
    return text + "    esac\n"
                  "    if [[ $current == -* ]]; then\n"
                  "        mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$current\")\n"
                  "    else\n"
                  "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
                  "    fi\n}\n"
                  "complete -o filenames -F _lambox lambox\n";
}

std::string zsh_completion() {
    std::string text = "#compdef lambox\n# Made from the option table by LAMBOX_WRITE_OPTION_TABLE=1 style.\n"
                       "_lambox() {\n    local -a commands\n    commands=(\n";
    for (const CommandRow& command : command_table())
        text += "        '" + std::string(command.name) + ":" + quoted(command.help) + "'\n";
    text += "    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
            "    local command=$words[2]\n    shift words\n    ((CURRENT--))\n    case $command in\n";
    for (const CommandRow& command : command_table()) {
        text += "    " + std::string(command.name) + ")\n        _arguments \\\n";
        for (const OptionRow* row : options_of(command.command))
            text += zsh_option(*row);
        text += "            '--help[Print this help message and exit]' \\\n            '*:file:_files'\n        ;;\n";
    }
    return text + "    esac\n}\n_lambox \"$@\"\n";
}

std::string fish_completion() {
    std::string text = "# Made from the option table by LAMBOX_WRITE_OPTION_TABLE=1 style.\n";
    for (const CommandRow& command : command_table()) {
        const std::string name(command.name);
        text += "complete -c lambox -n __fish_use_subcommand -f -a " + name + " -d '" + quoted(command.help) + "'\n";
    }
    for (const CommandRow& command : command_table()) {
        for (const OptionRow* row : options_of(command.command)) {
            text += "complete -c lambox -n '__fish_seen_subcommand_from " + std::string(command.name) + "' -l " +
                    std::string(row->flag.substr(2));
            if (const std::string words = words_of(*row); !words.empty())
                text += " -x -a '" + quoted(words) + "'";
            else if (takes_file(*row))
                text += " -r";
            else if (!row->value_name.empty())
                text += " -x";
            text += " -d '" + quoted(row->help) + "'\n";
        }
    }
    return text;
}

} // namespace lambox::emulator
