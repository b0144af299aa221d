#pragma once

#include "lambox/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Go's encoding/gob, as far as net/rpc needs it (runtime-clients A.2). All of it is bounded by `limits::gob_*` and by the
/// two bounds below; no count in foreign bytes makes memory grow before the bytes that it announces are there.
namespace lambox::wire {

inline constexpr std::size_t gob_definition_bytes_max = 65'536; ///< one type definition, all names together
inline constexpr std::size_t gob_struct_fields_max = 256;

using GobTypeId = std::int64_t;

/// Types that need no definition; user types begin at `gob_first_user_id`.
inline constexpr GobTypeId gob_bool_id = 1;
inline constexpr GobTypeId gob_int_id = 2;
inline constexpr GobTypeId gob_uint_id = 3;
inline constexpr GobTypeId gob_bytes_id = 5;
inline constexpr GobTypeId gob_string_id = 6;
inline constexpr GobTypeId gob_first_user_id = 64;

void append_gob_uint(std::string& out, std::uint64_t value);
void append_gob_int(std::string& out, std::int64_t value);
/// A string or a byte slice: the count, then the bytes.
void append_gob_text(std::string& out, std::string_view bytes);
/// One message of the stream: the length of `body`, then `body`.
void append_gob_message(std::string& out, std::string_view body);

struct GobFieldSketch {
    std::string_view name;
    GobTypeId type;
};
/// The message that defines struct type `id`. A receiver takes it once per connection.
void append_gob_struct_definition(std::string& out, GobTypeId id, std::string_view name, std::span<const GobFieldSketch> fields);

/// Takes primitives off the front of bytes that are all there. Nothing is returned, and nothing taken, when they do not hold one.
class GobReader {
public:
    explicit GobReader(std::string_view bytes) : rest_(bytes) {}
    [[nodiscard]] std::optional<std::uint64_t> take_uint();
    [[nodiscard]] std::optional<std::int64_t> take_int();
    /// A view into the reader's bytes.
    [[nodiscard]] std::optional<std::string_view> take_text();
    [[nodiscard]] std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

/// Cuts a stream into messages.
class GobFramer {
public:
    void append(std::string_view bytes);
    /// The body of the next whole message, valid until the next `append`; nothing until more bytes come.
    /// Errors: malformed (length), too_large.
    [[nodiscard]] Result<std::optional<std::string_view>> next();

private:
    std::string buffer_;
    std::size_t begin_ = 0; ///< bytes of `buffer_` that were handed out already
};

enum class GobScalar { boolean, integer, unsigned_integer, floating, bytes, string, complex, interface };
struct GobField {
    std::string name;
    GobTypeId type = 0;
};
struct GobStruct {
    std::vector<GobField> fields;
};
struct GobSlice {
    GobTypeId element = 0;
};
struct GobArray {
    GobTypeId element = 0;
    std::int64_t length = 0;
};
struct GobMap {
    GobTypeId key = 0;
    GobTypeId element = 0;
};
/// A type that encodes itself (GobEncoder and its like): bytes whose meaning only its own code knows.
struct GobOpaque {};
using GobType = std::variant<GobScalar, GobStruct, GobSlice, GobArray, GobMap, GobOpaque>;

/// What one side of one connection has defined so far. A definition may name types that come later or never, so
/// references are looked up when a value is decoded.
class GobTypeTable {
public:
    GobTypeTable();
    /// `content` is what follows the negative id of a definition message. Errors: malformed (also for an id that is defined
    /// already or is not a user's), too_large.
    [[nodiscard]] Result<void> define(GobTypeId id, std::string_view content);
    /// Null when undefined. Stays valid as long as the table.
    [[nodiscard]] const GobType* find(GobTypeId id) const;

private:
    void add_struct(GobTypeId id, std::span<const GobFieldSketch> fields);

    std::map<GobTypeId, GobType> types_;
    std::size_t user_types_ = 0;
};

/// Walks one value along the definitions of its type. Every read returns whether it worked; after a failure all
/// further reads fail and `error` tells the first cause. A value of another type than the one asked for is malformed.
class GobDecoder {
public:
    /// Both must outlive the decoder.
    GobDecoder(const GobTypeTable& types, std::string_view bytes) : types_(types), reader_(bytes) {}

    [[nodiscard]] bool read_bool(GobTypeId type, bool& value);
    [[nodiscard]] bool read_int(GobTypeId type, std::int64_t& value);
    [[nodiscard]] bool read_uint(GobTypeId type, std::uint64_t& value);
    /// `value` is a view into the decoder's bytes.
    [[nodiscard]] bool read_bytes(GobTypeId type, std::string_view& value);
    [[nodiscard]] bool read_string(GobTypeId type, std::string_view& value);
    [[nodiscard]] bool read_string(GobTypeId type, std::string& value);
    /// Reads and drops a value of any type.
    [[nodiscard]] bool skip(GobTypeId type);

    /// Calls `bool on_field(std::string_view name, GobTypeId type)` for each field that was sent (zero fields are not); it
    /// must read or skip that value.
    template <class OnField>
    [[nodiscard]] bool read_struct(GobTypeId type, OnField on_field);
    /// Calls `bool on_element(GobTypeId type)` for each element; it must read or skip that value.
    template <class OnElement>
    [[nodiscard]] bool read_slice(GobTypeId type, OnElement on_element);

    /// Notes a failure of the caller's own and returns false; the first one stays.
    bool fail(Errc code, std::string_view what);
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }
    /// Succeeds when all bytes were used.
    [[nodiscard]] bool expect_end();

private:
    [[nodiscard]] const GobType* look_up(GobTypeId type);
    [[nodiscard]] bool expect_scalar(GobTypeId type, GobScalar scalar);
    [[nodiscard]] bool enter();
    [[nodiscard]] const GobStruct* enter_struct(GobTypeId type);
    [[nodiscard]] const GobSlice* enter_slice(GobTypeId type);
    [[nodiscard]] const GobField* next_field(const GobStruct& definition, std::size_t& next_index);
    [[nodiscard]] std::optional<std::uint64_t> take_uint();
    [[nodiscard]] std::optional<std::string_view> take_text();
    [[nodiscard]] std::optional<std::uint64_t> take_count();
    [[nodiscard]] bool skip_scalar(GobScalar scalar);
    [[nodiscard]] bool skip_interface();
    [[nodiscard]] bool skip_struct(const GobStruct& definition);
    [[nodiscard]] bool skip_elements(GobTypeId type);
    [[nodiscard]] bool skip_map(const GobMap& definition);
    /// The caller's callback must have succeeded; one that forgot to say why still leaves an error behind.
    [[nodiscard]] bool accept(bool done) { return (done && !error_) || fail(Errc::malformed, "a value was refused"); }

    const GobTypeTable& types_;
    GobReader reader_;
    std::size_t depth_ = 0;
    std::optional<Error> error_;
};

template <class OnField>
bool GobDecoder::read_struct(GobTypeId type, OnField on_field) {
    const auto* definition = enter_struct(type);
    if (definition == nullptr) return false;
    std::size_t next_index = 0;
    while (const auto* field = next_field(*definition, next_index)) {
        if (!accept(on_field(std::string_view(field->name), field->type))) return false;
    }
    --depth_;
    return !error_;
}

template <class OnElement>
bool GobDecoder::read_slice(GobTypeId type, OnElement on_element) {
    const auto* definition = enter_slice(type);
    if (definition == nullptr) return false;
    const auto count = take_count();
    if (!count) return false;
    for (std::uint64_t i = 0; i < *count; ++i) {
        if (!accept(on_element(definition->element))) return false;
    }
    --depth_;
    return true;
}

} // namespace lambox::wire
