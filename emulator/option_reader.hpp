#pragma once

#include "emulator/option_table.hpp"
#include "emulator/options.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// From checked texts to typed actions.
namespace lambox::emulator {

using Values = std::map<OptionKey, std::vector<std::string>>;

/// Reads texts that `refusal` has let through.
class Reader {
public:
    explicit Reader(const Values& values) : values_(values) {}

    [[nodiscard]] std::optional<std::string> text(OptionKey key) const {
        const auto found = values_.find(key);
        if (found == values_.end()) return std::nullopt;
        return found->second.front();
    }
    [[nodiscard]] std::vector<std::string> texts(OptionKey key) const {
        const auto found = values_.find(key);
        return found == values_.end() ? std::vector<std::string>{} : found->second;
    }
    [[nodiscard]] std::optional<std::filesystem::path> path(OptionKey key) const {
        const auto value = text(key);
        return value ? std::optional<std::filesystem::path>(*value) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::int64_t> integer(OptionKey key) const {
        const auto value = text(key);
        return value ? parse_integer(*value) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::uint32_t> count(OptionKey key) const {
        const auto value = integer(key);
        return value ? std::optional<std::uint32_t>(static_cast<std::uint32_t>(*value)) : std::nullopt;
    }
    [[nodiscard]] bool on(OptionKey key) const {
        const auto value = text(key);
        return value && parse_toggle(*value).value_or(false);
    }
    [[nodiscard]] bool is(OptionKey key, std::string_view value) const { return text(key) == value; }
    [[nodiscard]] Output output() const { return on(OptionKey::json) ? Output::json : Output::text; }
    [[nodiscard]] std::optional<EventSource> event() const {
        if (is(OptionKey::event, "-")) return StandardInput{};
        const auto file = path(OptionKey::event);
        return file ? std::optional<EventSource>(*file) : std::nullopt;
    }

private:
    const Values& values_;
};

[[nodiscard]] CommonOptions common_options(const Reader& read);
[[nodiscard]] RieAction rie_action(const Reader& read);
/// The command line of the image, whose last argument names the handler unless an option or a variable did.
void take_command(RieAction& action, std::vector<std::string> command);
[[nodiscard]] HealthAction health_action(const Reader& read);

} // namespace lambox::emulator
