#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::model {

/// AWS's wording of what a request's member must satisfy (behaviour §7.2, §8).
[[nodiscard]] std::string must_not_be_null();
[[nodiscard]] std::string length_at_most(std::uint64_t bound);
[[nodiscard]] std::string length_at_least(std::uint64_t bound);
[[nodiscard]] std::string value_at_most(std::string_view bound);
[[nodiscard]] std::string value_at_least(std::string_view bound);
[[nodiscard]] std::string match_pattern(std::string_view pattern);
[[nodiscard]] std::string be_one_of(std::span<const std::string_view> values);

/// The broken constraints of one request, in the order in which they were found.
class Complaints {
public:
    /// `value` as it is shown; nothing = null.
    void add(std::optional<std::string_view> value, std::string_view member, std::string_view constraint);
    [[nodiscard]] bool empty() const { return texts_.empty(); }
    /// `2 validation errors detected: Value … at … failed to satisfy constraint: …; Value …`.
    [[nodiscard]] std::string message() const;

private:
    std::vector<std::string> texts_;
};

/// A member's name as those messages spell it: `MemorySize` → `memorySize`.
[[nodiscard]] std::string member_name(std::string_view name);

} // namespace lambox::model
