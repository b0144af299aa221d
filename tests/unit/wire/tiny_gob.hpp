#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lambox::test {

/// A second gob reader that shares nothing with the first: structs, slices and scalars of one connection into JSON,
/// `{"typedef": id, "type": …}` or `{"value_of_type": id, "value": …}` a message. It throws at anything else.
class TinyGob {
public:
    nlohmann::json decode(std::string_view stream) {
        auto messages = nlohmann::json::array();
        while (!stream.empty()) {
            const auto length = uint(stream);
            auto body = take(stream, length);
            messages.push_back(message(body));
            if (!body.empty()) throw std::runtime_error("bytes after a value");
        }
        return messages;
    }

private:
    static std::string_view take(std::string_view& in, std::uint64_t count) {
        if (count > in.size()) throw std::runtime_error("cut short");
        const auto taken = in.substr(0, count);
        in.remove_prefix(count);
        return taken;
    }
    static std::uint64_t uint(std::string_view& in) {
        const auto first = static_cast<std::uint8_t>(take(in, 1)[0]);
        if (first < 128) return first;
        std::uint64_t value = 0;
        for (const char byte : take(in, 256 - first))
            value = value * 256 + static_cast<std::uint8_t>(byte);
        return value;
    }
    static std::int64_t integer(std::string_view& in) {
        const auto bits = uint(in);
        return bits % 2 == 1 ? -static_cast<std::int64_t>(bits / 2) - 1 : static_cast<std::int64_t>(bits / 2);
    }
    static std::string text(std::string_view& in) { return std::string(take(in, uint(in))); }

    nlohmann::json message(std::string_view& in) {
        const auto id = integer(in);
        if (id > 0) return {{"value_of_type", id}, {"value", value(id, in)}};
        if (types_.contains(-id)) throw std::runtime_error("defined twice");
        types_[-id] = definition(in);
        return {{"typedef", -id}, {"type", types_[-id]}};
    }
    static void expect(std::string_view& in, std::uint64_t wanted) {
        if (uint(in) != wanted) throw std::runtime_error("not the definition of a struct or slice");
    }
    /// Name, then id; returns the name.
    static std::string common(std::string_view& in) {
        expect(in, 1);
        std::string name;
        auto delta = uint(in);
        if (delta == 1) {
            name = text(in);
            delta = uint(in) + 1;
        }
        if (delta != 2) throw std::runtime_error("a definition without id");
        integer(in);
        expect(in, 0);
        return name;
    }
    static nlohmann::json definition(std::string_view& in) {
        const auto kind = uint(in);
        const auto name = common(in);
        nlohmann::json type;
        if (kind == 2) {
            expect(in, 1);
            type = {"slice", name, integer(in)};
            expect(in, 0);
        } else if (kind == 3) {
            auto fields = nlohmann::json::array();
            if (uint(in) == 1) {
                for (auto left = uint(in); left > 0; --left) {
                    expect(in, 1);
                    const auto field = text(in);
                    expect(in, 1);
                    fields.push_back({field, integer(in)});
                    expect(in, 0);
                }
                expect(in, 0);
            }
            type = {"struct", name, fields};
        } else {
            throw std::runtime_error("not the definition of a struct or slice");
        }
        expect(in, 0);
        return type;
    }
    nlohmann::json value(std::int64_t id, std::string_view& in) {
        switch (id) {
        case 1: return uint(in) != 0;
        case 2: return integer(in);
        case 3: return uint(in);
        case 5:
        case 6: return text(in);
        }
        const auto& type = types_.at(id);
        if (type.at(0) == "slice") {
            auto elements = nlohmann::json::array();
            for (auto left = uint(in); left > 0; --left)
                elements.push_back(value(type.at(2), in));
            return elements;
        }
        auto fields = nlohmann::json::object();
        std::size_t next = 0;
        while (const auto delta = uint(in)) {
            next += delta;
            const auto& field = type.at(2).at(next - 1);
            fields[field.at(0).get<std::string>()] = value(field.at(1), in);
        }
        return fields;
    }

    std::map<std::int64_t, nlohmann::json> types_;
};

} // namespace lambox::test
