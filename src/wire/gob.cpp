#include "lambox/wire/gob.hpp"

#include "lambox/base/limits.hpp"

#include <bit>

namespace lambox::wire {
namespace {

/// Bytes of a uint behind its first one; nothing when the first byte is no length.
std::optional<std::size_t> uint_tail(unsigned char first) {
    if (first < 0x80) return 0;
    const std::size_t count = 256U - first;
    if (count > 8) return std::nullopt;
    return count;
}

} // namespace

void gob_append_uint(std::string& out, std::uint64_t value) {
    if (value < 0x80) {
        out += static_cast<char>(value);
        return;
    }
    const int count = (std::bit_width(value) + 7) / 8;
    out += static_cast<char>(256 - count);
    for (int shift = (count - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

void gob_append_int(std::string& out, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    gob_append_uint(out, value < 0 ? (~bits << 1 | 1U) : bits << 1);
}

void gob_append_bytes(std::string& out, std::string_view bytes) {
    gob_append_uint(out, bytes.size());
    out += bytes;
}

void GobReader::fail() {
    failed_ = true;
    bytes_ = {};
}

std::uint64_t GobReader::read_uint() {
    if (bytes_.empty()) {
        fail();
        return 0;
    }
    const auto first = static_cast<unsigned char>(bytes_.front());
    const auto tail = uint_tail(first);
    if (!tail || bytes_.size() < 1 + *tail) {
        fail();
        return 0;
    }
    std::uint64_t value = *tail == 0 ? first : 0;
    for (std::size_t i = 1; i <= *tail; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(1 + *tail);
    return value;
}

std::int64_t GobReader::read_int() {
    const std::uint64_t bits = read_uint();
    const std::uint64_t half = bits >> 1;
    return static_cast<std::int64_t>((bits & 1U) != 0 ? ~half : half);
}

std::string_view GobReader::read_bytes() {
    const std::uint64_t size = read_uint();
    if (size > bytes_.size()) {
        fail();
        return {};
    }
    const auto bytes = bytes_.substr(0, static_cast<std::size_t>(size));
    bytes_.remove_prefix(bytes.size());
    return bytes;
}

namespace {

/// The parts of a definition are gob structs themselves, of types that both sides know beforehand: 16 wireType, 18 CommonType,
/// 20 structType and so on.
class DefinitionReader {
public:
    DefinitionReader(GobReader& reader, GobType& type) : reader_(reader), type_(type) {}

    void read_wire_type() {
        each_field(7, [this](std::uint64_t field) {
            switch (field) {
            case 0: read_array(); return;
            case 1: read_slice(); return;
            case 2: read_struct(); return;
            case 3: read_map(); return;
            default: read_opaque(); return; // GobEncoder, BinaryMarshaler, TextMarshaler: values are bytes of their own
            }
        });
    }

private:
    /// Deltas of a struct with `count` fields, to its terminator.
    template <class OnField>
    void each_field(std::uint64_t count, OnField&& on_field) {
        std::uint64_t next = 0;
        while (!reader_.failed()) {
            const std::uint64_t delta = reader_.read_uint();
            if (delta == 0) return;
            if (delta > count || next + delta > count) return reader_.fail();
            next += delta;
            on_field(next - 1);
        }
    }
    void read_common() {
        each_field(2, [this](std::uint64_t field) {
            if (field == 0) (void)reader_.read_bytes();
            else (void)reader_.read_int();
        });
    }
    void read_array() {
        type_.kind = GobKind::array;
        each_field(3, [this](std::uint64_t field) {
            if (field == 0) read_common();
            else if (field == 1) type_.element = reader_.read_int();
            else (void)reader_.read_int();
        });
    }
    void read_slice() {
        type_.kind = GobKind::slice;
        each_field(2, [this](std::uint64_t field) {
            if (field == 0) read_common();
            else type_.element = reader_.read_int();
        });
    }
    void read_map() {
        type_.kind = GobKind::map;
        each_field(3, [this](std::uint64_t field) {
            if (field == 0) read_common();
            else if (field == 1) type_.key = reader_.read_int();
            else type_.element = reader_.read_int();
        });
    }
    void read_opaque() {
        type_.kind = GobKind::opaque;
        each_field(1, [this](std::uint64_t) { read_common(); });
    }
    void read_struct() {
        type_.kind = GobKind::structure;
        each_field(2, [this](std::uint64_t field) {
            if (field == 0) return read_common();
            const std::uint64_t count = reader_.read_uint();
            for (std::uint64_t i = 0; i < count && !reader_.failed(); ++i) read_field();
        });
    }
    void read_field() {
        GobField field;
        each_field(2, [&](std::uint64_t index) {
            if (index == 0) field.name = std::string(reader_.read_bytes());
            else field.type = reader_.read_int();
        });
        if (!reader_.failed()) type_.fields.push_back(std::move(field));
    }

    GobReader& reader_;
    GobType& type_;
};

} // namespace

Result<void> GobTypes::define(std::int64_t id, GobReader& reader) {
    if (id < gob_id::first_user) return make_error(Errc::malformed, "a gob definition of a reserved type");
    if (types_.size() >= limits::gob_types_max) return make_error(Errc::too_large, "too many gob types");
    GobType type;
    DefinitionReader(reader, type).read_wire_type();
    if (reader.failed()) return make_error(Errc::malformed, "a broken gob definition");
    if (!types_.emplace(id, std::move(type)).second) return make_error(Errc::malformed, "a gob type defined twice");
    return {};
}

const GobType* GobTypes::find(std::int64_t id) const {
    const auto found = types_.find(id);
    return found == types_.end() ? nullptr : &found->second;
}

void GobTypes::skip(GobReader& reader, std::int64_t id, std::size_t depth) const {
    if (depth > limits::gob_depth_max) return reader.fail();
    switch (id) {
    case gob_id::boolean:
    case gob_id::integer:
    case gob_id::unsigned_integer:
    case gob_id::floating: (void)reader.read_uint(); return;
    case gob_id::bytes:
    case gob_id::string: (void)reader.read_bytes(); return;
    case gob_id::complex:
        (void)reader.read_uint();
        (void)reader.read_uint();
        return;
    case gob_id::interface: {
        if (reader.read_bytes().empty()) return; // nil
        (void)reader.read_int();                 // the concrete type; its value is a block with a length before it
        (void)reader.read_bytes();
        return;
    }
    }
    const GobType* type = find(id);
    if (type == nullptr) return reader.fail();
    skip_composite(reader, *type, depth);
}

void GobTypes::skip_composite(GobReader& reader, const GobType& type, std::size_t depth) const {
    switch (type.kind) {
    case GobKind::opaque: (void)reader.read_bytes(); return;
    case GobKind::structure: read_struct(reader, type, [&](const GobField& field) { skip(reader, field.type, depth + 1); }); return;
    case GobKind::slice:
    case GobKind::array:
    case GobKind::map: break;
    }
    const std::uint64_t count = reader.read_uint();
    // Every element takes at least a byte, so a huge count ends with the message.
    for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
        if (type.kind == GobKind::map) skip(reader, type.key, depth + 1);
        skip(reader, type.element, depth + 1);
    }
}

Result<void> GobFramer::feed(std::string_view bytes) {
    if (error_) return *error_;
    if (begin_ == buffer_.size()) {
        buffer_.clear();
        begin_ = 0;
    } else if (begin_ > limits::output_read_bytes) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    buffer_ += bytes;
    return {};
}

std::optional<std::string_view> GobFramer::next() {
    const std::string_view waiting = std::string_view(buffer_).substr(begin_);
    if (error_ || waiting.empty()) return std::nullopt;
    const auto tail = uint_tail(static_cast<unsigned char>(waiting.front()));
    if (!tail) {
        error_ = make_error(Errc::malformed, "a gob message without a length");
        return std::nullopt;
    }
    if (waiting.size() < 1 + *tail) return std::nullopt;
    GobReader reader(waiting.substr(0, 1 + *tail));
    const std::uint64_t size = reader.read_uint();
    if (size > limits::gob_message_bytes_max) {
        error_ = make_error(Errc::too_large, "a gob message of " + std::to_string(size) + " bytes");
        return std::nullopt;
    }
    const std::size_t whole = 1 + *tail + static_cast<std::size_t>(size);
    if (waiting.size() < whole) {
        buffer_.reserve(begin_ + whole); // a payload arrives in many pieces; grow once
        return std::nullopt;
    }
    begin_ += whole;
    return waiting.substr(1 + *tail, static_cast<std::size_t>(size));
}

} // namespace lambox::wire
