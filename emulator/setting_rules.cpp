#include "emulator/setting_rules.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/model/era.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace lambox::emulator {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_lower(char character) { return character >= 'a' && character <= 'z'; }

constexpr std::size_t region_chars_max = 32;

} // namespace

bool is_region(std::string_view text) {
    if (text.size() > region_chars_max) return false;
    std::size_t words = 0;
    while (true) {
        const std::size_t dash = text.find('-');
        const std::string_view part = text.substr(0, dash);
        if (dash == std::string_view::npos) {
            const bool number = !part.empty() && part.size() <= 2 && std::all_of(part.begin(), part.end(), is_digit);
            return number && words >= 2;
        }
        const bool first_is_country = words > 0 || part.size() == 2;
        if (part.empty() || !first_is_country || !std::all_of(part.begin(), part.end(), is_lower)) return false;
        ++words;
        text.remove_prefix(dash + 1);
    }
}

bool is_account(std::string_view text) { return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit); }

bool is_era(std::string_view text) { return model::Era::parse(text).has_value(); }

std::string function_name(const std::string& path) {
    const std::filesystem::path file = std::filesystem::path(path).lexically_normal();
    // "build/" has an empty file name; its folder is what was meant.
    std::string name = (file.has_filename() ? file : file.parent_path()).stem().string();
    name.resize(std::min(name.size(), limits::function_name_chars_max));
    for (char& character : name) {
        const bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
        const bool digit = character >= '0' && character <= '9';
        if (!letter && !digit && character != '_') character = '-';
    }
    return name.find_first_not_of('-') == std::string::npos ? "function" : name;
}

} // namespace lambox::emulator
