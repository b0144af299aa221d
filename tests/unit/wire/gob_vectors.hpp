#pragma once

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::test {

/// Bytes of real exchanges with aws-lambda-go, in the order in which they went over their connections.
struct GobVector {
    std::string name;
    std::string direction;
    std::string bytes;
    nlohmann::json decoded;

    [[nodiscard]] std::string connection() const { return name.substr(0, name.find('/')); }
};

inline std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return bytes;
}

inline const std::vector<GobVector>& gob_vectors() {
    static const auto vectors = [] {
        std::ifstream file(LAMBOX_SHARED_DATA "/gob-vectors.json");
        REQUIRE(file.is_open());
        std::vector<GobVector> read;
        for (const auto& row : nlohmann::json::parse(file)) {
            read.push_back({row.at("name"), row.at("direction"), from_hex(row.at("hex").get<std::string>()), row.at("decoded")});
        }
        REQUIRE(read.size() == 78);
        return read;
    }();
    return vectors;
}

inline const GobVector& gob_vector(std::string_view name) {
    for (const auto& vector : gob_vectors()) {
        if (vector.name == name) return vector;
    }
    FAIL("there is no vector ", std::string(name));
    return gob_vectors().front();
}

/// Whole exchanges only: no primitives, and not the rows that stand for a part of one.
inline std::vector<GobVector> gob_messages(std::string_view direction, std::string_view connection = {}) {
    std::vector<GobVector> found;
    for (const auto& vector : gob_vectors()) {
        if (!vector.decoded.is_array() || vector.direction != direction) continue;
        if (connection.empty() || vector.connection() == connection) found.push_back(vector);
    }
    return found;
}

} // namespace lambox::test
