#pragma once

#include "emulator/config.hpp"
#include "emulator/config_document.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::emulator {

/// One `key: value` of a mapping.
struct Entry {
    std::string key;
    Position key_at;
    std::size_t value; ///< node in the document
};

/// Reads typed values out of a document and collects what is wrong. Every visit of a node is paid from one budget, so
/// that aliases inside aliases cannot expand without end; when it is spent the reader says so once and goes silent.
class ConfigReader {
public:
    ConfigReader(const Document& document, std::string file) : document_(document), file_(std::move(file)) {}

    void complain(Position at, std::string member, std::string message);
    /// In the text's order.
    [[nodiscard]] std::vector<ConfigViolation> take_violations();
    [[nodiscard]] std::size_t violation_count() const { return violations_.size(); }
    /// The budget is spent: what is read from now on is not to be trusted, loops should end.
    [[nodiscard]] bool exhausted() const { return exhausted_; }

    /// The node behind `index`; pays for it. A null node when exhausted.
    [[nodiscard]] const DocumentNode& visit(std::size_t index);
    /// Where the value itself was written, which for an alias is the alias.
    [[nodiscard]] Position position(std::size_t index) const { return document_.nodes[index].at; }

    /// The entries of a mapping with `<<` merged in; nothing written counts as none; duplicates are violations.
    [[nodiscard]] std::vector<Entry> entries(std::size_t index, const std::string& member);
    /// A violation for each key that is not in `known`.
    void refuse_unknown(const std::vector<Entry>& entries, std::span<const std::string_view> known, const std::string& member);
    /// Any scalar as it is written; what is a number or a truth value in YAML is taken by its letters.
    [[nodiscard]] std::optional<std::string> text(std::size_t index, const std::string& member);
    [[nodiscard]] std::optional<std::int64_t> integer(std::size_t index, const std::string& member, const std::string& allowed);
    [[nodiscard]] std::optional<double> number(std::size_t index, const std::string& member, const std::string& allowed);
    /// Nothing written counts as an empty list.
    [[nodiscard]] std::vector<std::size_t> items(std::size_t index, const std::string& member);

private:
    void collect_entries(std::size_t index, const std::string& member, std::size_t depth, std::vector<Entry>& out);
    void merge_entries(std::size_t index, const std::string& member, std::size_t depth, std::vector<Entry>& out);
    void wrong_type(std::size_t index, const std::string& member, const std::string& expected);

    const Document& document_;
    std::string file_;
    std::vector<ConfigViolation> violations_;
    std::size_t spent_ = 0;
    bool exhausted_ = false;
};

/// The value of an event as JSON text: YAML's types are kept, mapping order too. Nothing after a violation.
[[nodiscard]] std::optional<std::string> event_json(ConfigReader& reader, std::size_t index, const std::string& member);

} // namespace lambox::emulator
