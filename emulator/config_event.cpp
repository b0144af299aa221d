#include "emulator/config_reader.hpp"

#include "lambox/base/limits.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace lambox::emulator {
namespace {

/// `+0042` → `42`: what YAML allows before a number and JSON does not.
std::string without_padding(std::string_view number) {
    std::string out;
    if (number.starts_with('-')) out = "-";
    if (number.starts_with('-') || number.starts_with('+')) number.remove_prefix(1);
    while (number.size() > 1 && number[0] == '0' && number[1] >= '0' && number[1] <= '9')
        number.remove_prefix(1);
    return out.append(number);
}

std::optional<std::string> json_integer(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x");
    if (!hexadecimal && !text.starts_with("0o")) return without_padding(text);
    std::uint64_t value = 0;
    const auto result = std::from_chars(text.data() + 2, text.data() + text.size(), value, hexadecimal ? 16 : 8);
    if (result.ec != std::errc{}) return std::nullopt;
    return std::to_string(value);
}

/// `.5` → `0.5`, `5.` → `5.0`, `5.e3` → `5.0e3`.
std::string json_decimal(std::string_view text) {
    std::string out = without_padding(text);
    const std::size_t start = out.starts_with('-') ? 1 : 0;
    if (out[start] == '.') out.insert(start, "0");
    const auto point = out.find('.');
    const bool bare = point != std::string::npos && (point + 1 == out.size() || out[point + 1] == 'e' || out[point + 1] == 'E');
    if (bare) out.insert(point + 1, "0");
    return out;
}

class EventWriter {
public:
    EventWriter(ConfigReader& reader, const std::string& member) : reader_(reader), member_(member) {}

    /// Recursion is bounded here and not only by the parser, because an alias may name a mapping that holds it.
    void write(std::size_t index, std::size_t depth) {
        if (failed_) return;
        if (depth > limits::config_depth_max)
            return fail(index, "nested deeper than " + std::to_string(limits::config_depth_max) + " levels");
        if (too_large(index)) return;
        const DocumentNode& node = reader_.visit(index);
        if (!tag_is_known(node)) return fail(index, "the tag has no meaning in JSON");
        switch (node.kind) {
        case NodeKind::null:
        case NodeKind::alias: out_ += "null"; return;
        case NodeKind::scalar: return write_scalar(node, index);
        case NodeKind::sequence: return write_sequence(node, depth);
        case NodeKind::mapping: return write_mapping(index, depth);
        }
    }
    [[nodiscard]] std::optional<std::string> take(std::size_t index) {
        if (failed_ || too_large(index) || reader_.exhausted()) return std::nullopt;
        return std::move(out_);
    }

private:
    void fail(std::size_t index, std::string message) {
        failed_ = true;
        reader_.complain(reader_.position(index), member_, std::move(message));
    }
    bool too_large(std::size_t index) {
        if (out_.size() <= limits::sync_request_bytes_max) return false;
        fail(index, "the event is larger than " + std::to_string(limits::sync_request_bytes_max) + " bytes");
        return true;
    }
    void write_text(const std::string& text) {
        out_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
    void write_scalar(const DocumentNode& node, std::size_t index) {
        switch (scalar_type(node)) {
        case ScalarType::text: return write_text(node.text);
        case ScalarType::boolean: out_ += node.text.front() == 't' || node.text.front() == 'T' ? "true" : "false"; return;
        case ScalarType::decimal: out_ += json_decimal(node.text); return;
        case ScalarType::not_finite: return fail(index, "JSON has no " + node.text);
        case ScalarType::integer: break;
        }
        const auto number = json_integer(node.text);
        if (!number) return fail(index, "the number has more than 64 bits");
        out_ += *number;
    }
    void write_sequence(const DocumentNode& node, std::size_t depth) {
        const char* separator = "";
        out_ += '[';
        for (const std::size_t item : node.children) {
            if (failed_ || reader_.exhausted()) return;
            out_ += separator;
            separator = ",";
            write(item, depth + 1);
        }
        out_ += ']';
    }
    void write_mapping(std::size_t index, std::size_t depth) {
        const char* separator = "";
        const std::size_t before = reader_.violation_count();
        out_ += '{';
        for (const Entry& entry : reader_.entries(index, member_)) {
            if (failed_ || reader_.exhausted()) return;
            out_ += separator;
            separator = ",";
            write_text(entry.key);
            out_ += ':';
            write(entry.value, depth + 1);
        }
        out_ += '}';
        failed_ = failed_ || reader_.violation_count() != before;
    }

    ConfigReader& reader_;
    const std::string& member_;
    std::string out_;
    bool failed_ = false;
};

} // namespace

std::optional<std::string> event_json(ConfigReader& reader, std::size_t index, const std::string& member) {
    EventWriter writer(reader, member);
    writer.write(index, 0);
    return writer.take(index);
}

} // namespace lambox::emulator
