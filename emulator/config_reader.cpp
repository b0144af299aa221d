#include "emulator/config_reader.hpp"

#include "emulator/option_values.hpp"
#include "emulator/suggestion.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace lambox::emulator {
namespace {

constexpr std::size_t visit_cost = 8; // a visit makes more than the node's text

const DocumentNode& nothing() {
    static const DocumentNode node;
    return node;
}

} // namespace

void ConfigReader::complain(Position at, std::string member, std::string message) {
    if (exhausted_) return;
    if (violations_.size() >= limits::config_violations_max) {
        exhausted_ = true; // nobody reads more; the reader ends early
        violations_.push_back({file_, at.line, at.column, "", "and more; correct these first"});
        return;
    }
    violations_.push_back({file_, at.line, at.column, std::move(member), std::move(message)});
}

std::vector<ConfigViolation> ConfigReader::take_violations() {
    const auto before = [](const ConfigViolation& left, const ConfigViolation& right) {
        return std::pair(left.line, left.column) < std::pair(right.line, right.column);
    };
    std::stable_sort(violations_.begin(), violations_.end(), before);
    return std::move(violations_);
}

const DocumentNode& ConfigReader::visit(std::size_t index) {
    if (exhausted_) return nothing();
    const DocumentNode& node = document_.resolved(index);
    spent_ += visit_cost + node.text.size();
    if (spent_ <= limits::config_expanded_bytes_max) return node;
    complain(position(index), "", "aliases (`*name`) repeat too much of the file; write less with them");
    exhausted_ = true;
    return nothing();
}

void ConfigReader::wrong_type(std::size_t index, const std::string& member, const std::string& expected) {
    complain(position(index), member, "expected " + expected + ", found " + describe(document_.resolved(index)));
}

std::vector<Entry> ConfigReader::entries(std::size_t index, const std::string& member) {
    std::vector<Entry> out;
    collect_entries(index, member, 0, out);
    return out;
}

void ConfigReader::collect_entries(std::size_t index, const std::string& member, std::size_t depth, std::vector<Entry>& out) {
    const DocumentNode& mapping = visit(index);
    if (mapping.kind == NodeKind::null) return;
    if (mapping.kind != NodeKind::mapping || !tag_is_known(mapping)) return wrong_type(index, member, "a mapping");
    std::map<std::string, Position, std::less<>> seen;
    std::vector<std::size_t> merged;
    for (std::size_t i = 0; i + 1 < mapping.children.size() && !exhausted_; i += 2) {
        const DocumentNode& key = visit(mapping.children[i]);
        const Position at = position(mapping.children[i]);
        if (key.kind != NodeKind::scalar) {
            if (!exhausted_) complain(at, member, "a key must be a plain text, found " + describe(key));
            continue;
        }
        if (const auto [first, fresh] = seen.emplace(key.text, at); !fresh) {
            complain(at, member, "key " + in_ticks(key.text) + " is given twice, first on line " + std::to_string(first->second.line));
            continue;
        }
        if (key.text == "<<" && key.tag == "?")
            merged.push_back(mapping.children[i + 1]);
        else
            out.push_back({key.text, at, mapping.children[i + 1]});
    }
    for (const std::size_t source : merged)
        merge_entries(source, member, depth + 1, out);
}

/// YAML's merge key: the mapping's own entries win, of several merged mappings the earlier.
void ConfigReader::merge_entries(std::size_t index, const std::string& member, std::size_t depth, std::vector<Entry>& out) {
    if (depth > limits::config_depth_max) return complain(position(index), member, "`<<` merges a mapping into itself");
    if (visit(index).kind == NodeKind::sequence) {
        for (const std::size_t item : visit(index).children) {
            if (!exhausted_) merge_entries(item, member, depth + 1, out);
        }
        return;
    }
    std::vector<Entry> others;
    collect_entries(index, member, depth, others);
    std::set<std::string, std::less<>> present;
    for (const Entry& entry : out)
        present.insert(entry.key);
    for (Entry& entry : others) {
        if (!present.contains(entry.key)) out.push_back(std::move(entry));
    }
}

void ConfigReader::refuse_unknown(const std::vector<Entry>& entries, std::span<const std::string_view> known, const std::string& member) {
    for (const Entry& entry : entries) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
        std::string message = "unknown key " + in_ticks(entry.key);
        if (const auto meant = did_you_mean(entry.key, known)) {
            message.append("; did you mean `").append(*meant).append("`?");
        } else {
            message += "; allowed:";
            for (const auto name : known)
                message.append(name == known.front() ? " " : ", ").append(name);
        }
        complain(entry.key_at, member, std::move(message));
    }
}

std::optional<std::string> ConfigReader::text(std::size_t index, const std::string& member) {
    const DocumentNode& node = visit(index);
    if (node.kind != NodeKind::scalar || !tag_is_known(node)) {
        wrong_type(index, member, "a text");
        return std::nullopt;
    }
    if (node.text.find('\0') != std::string::npos) {
        complain(position(index), member, "holds a zero byte");
        return std::nullopt;
    }
    return node.text;
}

std::optional<std::int64_t> ConfigReader::integer(std::size_t index, const std::string& member, const std::string& allowed) {
    const DocumentNode& node = visit(index);
    const bool whole = node.kind == NodeKind::scalar && tag_is_known(node) && scalar_type(node) == ScalarType::integer;
    if (!whole) {
        wrong_type(index, member, "a whole number, " + allowed);
        return std::nullopt;
    }
    // The sign + and prefixes are YAML's; decimal without them is all that a size needs.
    const auto value = parse_integer(std::string_view(node.text).substr(node.text.starts_with('+') ? 1 : 0));
    if (!value) complain(position(index), member, in_ticks(node.text) + " is out of range; allowed: " + allowed);
    return value;
}

std::optional<double> ConfigReader::number(std::size_t index, const std::string& member, const std::string& allowed) {
    const DocumentNode& node = visit(index);
    const bool scalar = node.kind == NodeKind::scalar && tag_is_known(node);
    const bool numeric = scalar && (scalar_type(node) == ScalarType::integer || scalar_type(node) == ScalarType::decimal);
    const auto value = numeric ? parse_number(std::string_view(node.text).substr(node.text.starts_with('+') ? 1 : 0)) : std::nullopt;
    if (!value) wrong_type(index, member, "a number, " + allowed);
    return value;
}

std::vector<std::size_t> ConfigReader::items(std::size_t index, const std::string& member) {
    const DocumentNode& node = visit(index);
    if (node.kind == NodeKind::null) return {};
    if (node.kind == NodeKind::sequence && tag_is_known(node)) return node.children;
    wrong_type(index, member, "a list");
    return {};
}

} // namespace lambox::emulator
