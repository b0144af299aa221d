#pragma once

#include "lambox/base/error.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Go's gob encoding (package encoding/gob), as much of it as net/rpc clients and servers exchange (runtime-clients A.2).
namespace lambox::wire {

void gob_append_uint(std::string& out, std::uint64_t value);
void gob_append_int(std::string& out, std::int64_t value);
/// Length and bytes: string and []byte alike.
void gob_append_bytes(std::string& out, std::string_view bytes);

/// Reads primitives from whole messages. A read past the end, or of a form that gob does not have, makes the reader fail; a failed
/// reader reads zeros.
class GobReader {
public:
    explicit GobReader(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t read_uint();
    std::int64_t read_int();
    /// A view into the bytes the reader was made of.
    std::string_view read_bytes();
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] std::size_t left() const { return bytes_.size(); }
    void fail();

private:
    std::string_view bytes_;
    bool failed_ = false;
};

/// Ids that every stream knows.
namespace gob_id {
inline constexpr std::int64_t boolean = 1;
inline constexpr std::int64_t integer = 2;
inline constexpr std::int64_t unsigned_integer = 3;
inline constexpr std::int64_t floating = 4;
inline constexpr std::int64_t bytes = 5;
inline constexpr std::int64_t string = 6;
inline constexpr std::int64_t complex = 7;
inline constexpr std::int64_t interface = 8;
inline constexpr std::int64_t first_user = 64;
} // namespace gob_id

struct GobField {
    std::string name;
    std::int64_t type = 0;
};

enum class GobKind { structure, slice, array, map, opaque };

/// A type that the peer has defined. References may point to types that are defined later.
struct GobType {
    GobKind kind = GobKind::opaque;
    std::vector<GobField> fields; ///< structure
    std::int64_t element = 0;     ///< slice, array, map
    std::int64_t key = 0;         ///< map
};

/// The types that one peer has defined on one connection.
class GobTypes {
public:
    /// Takes in a definition, the part of a message behind its negative id. Errors: malformed (also a second definition of an id, or
    /// an id below 64), too_large (`limits::gob_types_max`).
    [[nodiscard]] Result<void> define(std::int64_t id, GobReader& reader);
    [[nodiscard]] const GobType* find(std::int64_t id) const;
    /// Reads a value of type `id` and drops it. Fails the reader on unknown types, and beyond `limits::gob_depth_max`.
    void skip(GobReader& reader, std::int64_t id) const { skip(reader, id, 0); }

    /// Calls `field(const GobField&)` for each field present of a struct value; it has to read the value. Fails the reader on a
    /// malformed value.
    template <class OnField>
    void read_struct(GobReader& reader, const GobType& type, OnField&& on_field) const {
        std::uint64_t index = 0; // one more than that of the last field
        while (!reader.failed()) {
            const std::uint64_t delta = reader.read_uint();
            if (delta == 0) return;
            if (delta > type.fields.size() || index + delta > type.fields.size()) return reader.fail();
            index += delta;
            on_field(type.fields[static_cast<std::size_t>(index - 1)]);
        }
    }

private:
    void skip(GobReader& reader, std::int64_t id, std::size_t depth) const;
    void skip_composite(GobReader& reader, const GobType& type, std::size_t depth) const;

    std::map<std::int64_t, GobType> types_;
};

/// Cuts a stream into messages.
class GobFramer {
public:
    /// Errors: too_large, malformed.
    [[nodiscard]] Result<void> feed(std::string_view bytes);
    /// The next whole message without its length; valid until the next call of `feed` or `next`. Nothing until more bytes come.
    [[nodiscard]] std::optional<std::string_view> next();
    /// The error of a length that cannot be; no message follows it.
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

private:
    std::string buffer_;
    std::size_t begin_ = 0; ///< of what has not been given out
    std::optional<Error> error_;
};

} // namespace lambox::wire
