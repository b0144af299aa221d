#include "lambox/wire/gob.hpp"

#include "lambox/base/limits.hpp"

namespace lambox::wire {
namespace {

/// The first byte of an unsigned number tells how many follow; nothing when it cannot be such a byte.
std::optional<std::size_t> bytes_after(unsigned char first) {
    if (first < 128) return 0;
    const std::size_t count = 256U - first;
    if (count > sizeof(std::uint64_t)) return std::nullopt;
    return count;
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

} // namespace

void append_gob_uint(std::string& out, std::uint64_t value) {
    if (value < 128) {
        out += static_cast<char>(value);
        return;
    }
    int count = 1;
    while (count < 8 && value >> (8 * count) != 0) ++count;
    out += static_cast<char>(256 - count);
    while (count-- > 0) out += static_cast<char>(value >> (8 * count) & 255U);
}

void append_gob_int(std::string& out, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    append_gob_uint(out, value < 0 ? ~bits << 1 | 1U : bits << 1);
}

void append_gob_text(std::string& out, std::string_view bytes) {
    append_gob_uint(out, bytes.size());
    out += bytes;
}

void append_gob_message(std::string& out, std::string_view body) { append_gob_text(out, body); }

void append_gob_struct_definition(std::string& out, GobTypeId id, std::string_view name, std::span<const GobFieldSketch> fields) {
    std::string body;
    append_gob_int(body, -id);
    body += "\x03\x01"; // wireType.StructT, structType.CommonType
    if (!name.empty()) {
        body += '\x01';
        append_gob_text(body, name);
    }
    body += name.empty() ? '\x02' : '\x01';
    append_gob_int(body, id);
    body += '\0';
    if (!fields.empty()) {
        body += '\x01'; // structType.Field
        append_gob_uint(body, fields.size());
        for (const auto& field : fields) {
            body += '\x01';
            append_gob_text(body, field.name);
            body += '\x01';
            append_gob_int(body, field.type);
            body += '\0';
        }
    }
    body.append(2, '\0'); // ends structType and wireType
    append_gob_message(out, body);
}

std::optional<std::uint64_t> GobReader::take_uint() {
    if (rest_.empty()) return std::nullopt;
    const auto first = static_cast<unsigned char>(rest_.front());
    const auto count = bytes_after(first);
    if (!count || rest_.size() - 1 < *count) return std::nullopt;
    const auto value = *count == 0 ? first : big_endian(rest_.substr(1, *count));
    rest_.remove_prefix(1 + *count);
    return value;
}

std::optional<std::int64_t> GobReader::take_int() {
    const auto bits = take_uint();
    if (!bits) return std::nullopt;
    const auto half = *bits >> 1;
    return static_cast<std::int64_t>((*bits & 1U) != 0 ? ~half : half);
}

std::optional<std::string_view> GobReader::take_text() {
    const auto before = rest_;
    const auto count = take_uint();
    if (!count || *count > rest_.size()) {
        rest_ = before;
        return std::nullopt;
    }
    const auto text = rest_.substr(0, static_cast<std::size_t>(*count));
    rest_.remove_prefix(text.size());
    return text;
}

void GobFramer::append(std::string_view bytes) {
    // What is left over belongs to one message that began in the last append, so moving it costs no more than receiving it did.
    buffer_.erase(0, begin_);
    begin_ = 0;
    // One large answer must not make an idle connection keep megabytes.
    constexpr std::size_t kept_capacity = 1024 * 1024;
    if (buffer_.empty() && buffer_.capacity() > kept_capacity) buffer_ = std::string();
    buffer_ += bytes;
}

Result<std::optional<std::string_view>> GobFramer::next() {
    const auto rest = std::string_view(buffer_).substr(begin_);
    if (rest.empty()) return std::optional<std::string_view>();
    const auto first = static_cast<unsigned char>(rest.front());
    const auto count = bytes_after(first);
    if (!count) return make_error(Errc::malformed, "gob: a message begins with byte " + std::to_string(first) + ", which is no length");
    if (rest.size() - 1 < *count) return std::optional<std::string_view>();
    const auto length = *count == 0 ? first : big_endian(rest.substr(1, *count));
    if (length > limits::gob_message_bytes_max) {
        return make_error(Errc::too_large, "gob: a message of " + std::to_string(length) + " bytes is over the limit of " +
                                               std::to_string(limits::gob_message_bytes_max));
    }
    const auto head = 1 + *count;
    if (rest.size() - head < length) return std::optional<std::string_view>();
    begin_ += head + static_cast<std::size_t>(length);
    return std::optional(rest.substr(head, static_cast<std::size_t>(length)));
}

} // namespace lambox::wire
