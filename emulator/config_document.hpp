#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambox::emulator {

/// A place in a text, counted from one.
struct Position {
    int line = 1;
    int column = 1;
    auto operator<=>(const Position&) const = default;
};

enum class NodeKind { null, scalar, sequence, mapping, alias };

/// How YAML 1.2's core schema reads a scalar.
enum class ScalarType { text, boolean, integer, decimal, not_finite };

struct DocumentNode {
    NodeKind kind = NodeKind::null;
    Position at;
    std::string text;                  ///< of a scalar
    std::string tag;                   ///< as yaml-cpp resolves it: `?` plain, `!` quoted, or an explicit one
    std::size_t target = 0;            ///< of an alias
    std::vector<std::size_t> children; ///< items; in a mapping key, value, key, value …
};

/// False for explicit tags other than those of the core schema.
[[nodiscard]] bool tag_is_known(const DocumentNode& node);
[[nodiscard]] ScalarType scalar_type(const DocumentNode& scalar);
/// "a list", "a mapping", "the text `x`", "nothing"; for messages.
[[nodiscard]] std::string describe(const DocumentNode& node);

/// One YAML document as a flat array of nodes. Aliases stay aliases: what they expand to is the reader's to bound.
struct Document {
    std::vector<DocumentNode> nodes; ///< the first is the root; never empty

    /// Follows aliases; an alias never names an alias.
    [[nodiscard]] const DocumentNode& resolved(std::size_t index) const {
        const DocumentNode& node = nodes[index];
        return node.kind == NodeKind::alias ? nodes[node.target] : node;
    }
};

struct DocumentError {
    Position at;
    std::string message;
};

/// Reads UTF-8 YAML within the bounds of `limits.hpp`. Throws nothing that foreign text can cause.
[[nodiscard]] std::variant<Document, DocumentError> parse_document(std::string_view text);

} // namespace lambox::emulator
