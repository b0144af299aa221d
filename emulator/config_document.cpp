#include "emulator/config_document.hpp"

#include "emulator/suggestion.hpp"
#include "lambox/base/limits.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>

namespace lambox::emulator {
namespace {

constexpr std::string_view core_tag_prefix = "tag:yaml.org,2002:";

// yaml-cpp queues every token of an unclosed flow collection before it reports one event, so the depth bound below
// comes too late for these; brackets in prose never pile up so high.
constexpr std::size_t open_brackets_max = 10'000;

Position position_of(const YAML::Mark& mark) { return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1}; }

/// Length of the well-formed UTF-8 sequence at the front (RFC 3629); 0 for anything else.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [text](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const auto follows = [&byte](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = lead == 0xED && byte(1) > 0x9F;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool overlong = lead == 0xF0 && byte(1) < 0x90;
        const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
        return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

/// What yaml-cpp does not check, or chokes on: it takes a raw 0x04 for the end of the file.
std::optional<DocumentError> broken_text(std::string_view text) {
    Position at;
    std::size_t open_brackets = 0;
    for (std::size_t i = 0; i < text.size();) {
        const char character = text[i];
        const std::size_t length = utf8_length(text.substr(i));
        if (length == 0) return DocumentError{at, "the file is not UTF-8"};
        const auto byte = static_cast<unsigned char>(character);
        const bool control = (byte < 0x20 && character != '\t' && character != '\n' && character != '\r') || byte == 0x7f;
        if (control)
            return DocumentError{at, "control character " + in_ticks(text.substr(i, 1)) + "; in a quoted text write it as an escape"};
        if (character == '[' || character == '{') ++open_brackets;
        if ((character == ']' || character == '}') && open_brackets > 0) --open_brackets;
        if (open_brackets > open_brackets_max) return DocumentError{at, "too many brackets are open at once"};
        i += length;
        ++at.column;
        if (character == '\n') at = Position{at.line + 1, 1};
    }
    return std::nullopt;
}

/// yaml-cpp's own words; it quotes single bytes of the text, so that half a character or a control character can be among them.
std::string readable(std::string message) {
    for (char& character : message) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte < 0x20 || byte >= 0x7f) character = '?';
    }
    return message;
}

/// Builds the flat tree; throws DocumentError, which `parse_document` catches, because yaml-cpp's callbacks return nothing.
class TreeBuilder final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(NodeKind::null, mark, anchor); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto target = anchors_.find(anchor);
        if (target == anchors_.end()) throw DocumentError{position_of(mark), "the alias names no anchor"};
        nodes_[add(NodeKind::alias, mark, YAML::NullAnchor)].target = target->second;
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        DocumentNode& node = nodes_[add(NodeKind::scalar, mark, anchor)];
        node.tag = tag;
        node.text = value;
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(NodeKind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { open_.pop_back(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(NodeKind::mapping, mark, tag, anchor);
    }
    void OnMapEnd() override { open_.pop_back(); }

    [[nodiscard]] std::vector<DocumentNode> take() { return std::move(nodes_); }

private:
    std::size_t add(NodeKind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
        const Position at = position_of(mark);
        if (nodes_.size() >= limits::config_nodes_max) {
            throw DocumentError{at, "more than " + std::to_string(limits::config_nodes_max) + " values in one file"};
        }
        const std::size_t index = nodes_.size();
        DocumentNode& node = nodes_.emplace_back();
        node.kind = kind;
        node.at = at;
        if (!open_.empty()) nodes_[open_.back()].children.push_back(index);
        if (anchor != YAML::NullAnchor) anchors_[anchor] = index;
        return index;
    }
    void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (open_.size() >= limits::config_depth_max) {
            throw DocumentError{position_of(mark), "nested deeper than " + std::to_string(limits::config_depth_max) + " levels"};
        }
        const std::size_t index = add(kind, mark, anchor);
        nodes_[index].tag = tag;
        open_.push_back(index);
    }

    std::vector<DocumentNode> nodes_;
    std::vector<std::size_t> open_;
    std::map<YAML::anchor_t, std::size_t> anchors_;
};

bool all_digits(std::string_view text, std::string_view digits) {
    return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> candidates) {
    return std::find(candidates.begin(), candidates.end(), text) != candidates.end();
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
    constexpr std::string_view digits = "0123456789";
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const auto exponent_at = std::min(text.find_first_of("eE"), text.size());
    if (exponent_at < text.size()) {
        std::string_view exponent = text.substr(exponent_at + 1);
        if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
        if (!all_digits(exponent, digits)) return false;
        text = text.substr(0, exponent_at);
    }
    const auto point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view{};
    if (whole.empty()) return all_digits(fraction, digits);
    return all_digits(whole, digits) && (fraction.empty() || all_digits(fraction, digits));
}

} // namespace

bool tag_is_known(const DocumentNode& node) {
    if (is_one_of(node.tag, {"", "?", "!"})) return true;
    std::string_view tag = node.tag;
    if (!tag.starts_with(core_tag_prefix)) return false;
    tag.remove_prefix(core_tag_prefix.size());
    switch (node.kind) {
    case NodeKind::scalar: return is_one_of(tag, {"str", "int", "float", "bool", "null"});
    case NodeKind::sequence: return tag == "seq";
    case NodeKind::mapping: return tag == "map";
    case NodeKind::null:
    case NodeKind::alias: return true;
    }
    return false;
}

ScalarType scalar_type(const DocumentNode& scalar) {
    if (scalar.tag == "!" || scalar.tag == "tag:yaml.org,2002:str") return ScalarType::text;
    const std::string_view text = scalar.text;
    if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return ScalarType::boolean;
    std::string_view magnitude = text;
    if (text.starts_with('-') || text.starts_with('+')) magnitude.remove_prefix(1);
    if (all_digits(magnitude, "0123456789")) return ScalarType::integer;
    if (text.starts_with("0x") && all_digits(text.substr(2), "0123456789abcdefABCDEF")) return ScalarType::integer;
    if (text.starts_with("0o") && all_digits(text.substr(2), "01234567")) return ScalarType::integer;
    if (is_one_of(magnitude, {".inf", ".Inf", ".INF"}) || is_one_of(text, {".nan", ".NaN", ".NAN"})) return ScalarType::not_finite;
    return is_decimal(text) ? ScalarType::decimal : ScalarType::text;
}

std::string describe(const DocumentNode& node) {
    switch (node.kind) {
    case NodeKind::null: return "nothing";
    case NodeKind::sequence: return "a list";
    case NodeKind::mapping: return "a mapping";
    case NodeKind::alias: return "an alias";
    case NodeKind::scalar: break;
    }
    switch (scalar_type(node)) {
    case ScalarType::text: return "the text " + in_ticks(node.text);
    case ScalarType::boolean: return in_ticks(node.text);
    case ScalarType::integer:
    case ScalarType::decimal:
    case ScalarType::not_finite: return "the number " + in_ticks(node.text);
    }
    return "";
}

std::variant<Document, DocumentError> parse_document(std::string_view text) {
    if (text.size() > limits::config_bytes_max) {
        return DocumentError{{}, "the file is larger than " + std::to_string(limits::config_bytes_max) + " bytes"};
    }
    if (auto error = broken_text(text)) return *std::move(error);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        TreeBuilder builder;
        if (!parser.HandleNextDocument(builder)) return Document{{DocumentNode{}}};
        Document document{builder.take()};
        if (document.nodes.empty()) document.nodes.emplace_back();
        TreeBuilder second;
        if (parser.HandleNextDocument(second)) {
            const auto nodes = second.take();
            return DocumentError{nodes.empty() ? Position{} : nodes.front().at, "a second document; one file holds one"};
        }
        return document;
    } catch (const DocumentError& error) {
        return error;
    } catch (const YAML::Exception& error) {
        return DocumentError{position_of(error.mark), "not YAML: " + readable(error.msg)};
    }
}

} // namespace lambox::emulator
