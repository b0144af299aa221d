#include "style/rules.hpp"

#include <algorithm>
#include <array>

namespace lambox::style {
namespace {

struct Floor {
    std::string_view name;
    int height;
};

/// Neighbours on one height are blind to one another.
constexpr std::array<Floor, 8> floors{
    {{"base", 0}, {"model", 1}, {"wire", 1}, {"io", 1}, {"engine", 2}, {"api", 3}, {"lab", 3}, {"emulator", 4}}};

const Floor* find_floor(std::string_view name) {
    const auto found = std::find_if(floors.begin(), floors.end(), [name](const Floor& floor) { return floor.name == name; });
    return found == floors.end() ? nullptr : &*found;
}

std::string_view first_folder(std::string_view path) {
    const auto slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

/// `src/model/era.cpp` and `include/lambox/model/era.hpp` stand on `model`.
const Floor* floor_of_file(std::string_view path) {
    for (const std::string_view root : {"src/", "include/lambox/"}) {
        if (path.starts_with(root)) return find_floor(first_folder(path.substr(root.size())));
    }
    return path.starts_with("emulator/") ? find_floor("emulator") : nullptr;
}

struct Include {
    std::size_t line;
    std::string_view target;
    bool quoted;
};

std::vector<Include> includes_of(const SourceFile& file) {
    std::vector<Include> includes;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        // The blanked copy tells whether the line is code, the text what it names.
        if (!file.code_lines[i].starts_with("#include")) continue;
        const std::string_view line = file.lines[i];
        const auto open = line.find_first_of("<\"");
        if (open == std::string_view::npos) continue;
        const auto close = line.find(line[open] == '<' ? '>' : '"', open + 1);
        if (close != std::string_view::npos) includes.push_back({i + 1, line.substr(open + 1, close - open - 1), line[open] == '"'});
    }
    return includes;
}

std::string_view without_root(std::string_view target) {
    constexpr std::string_view root = "lambox/";
    return target.starts_with(root) ? target.substr(root.size()) : target;
}

bool is_test_header(std::string_view target) {
    const std::string_view folder = first_folder(target);
    for (const std::string_view name : {"tests", "unit", "fakes", "style", "integration", "fuzz", "probe_child", "doctest"}) {
        if (folder == name) return true;
    }
    return false;
}

std::string_view library_of(std::string_view target) {
    if (target.starts_with("boost/asio")) return "Asio";
    if (target.starts_with("boost/beast")) return "Beast";
    if (target.starts_with("nlohmann/")) return "JSON";
    if (target.starts_with("spdlog/")) return "spdlog";
    return "";
}

/// Why the library may not be included on that floor or in that kind of file; empty when it may.
std::string ban(const SourceFile& file, std::string_view floor, std::string_view library) {
    const bool pure = floor == "model" || floor == "wire";
    if (pure && !library.empty()) return "is pure: no " + std::string(library);
    if (floor == "engine" && (library == "Beast" || library == "JSON")) return "knows no " + std::string(library);
    if (floor == "base" && (library == "Asio" || library == "Beast" || library == "JSON")) return "knows no " + std::string(library);
    const bool public_header = file.path.ends_with(".hpp") && !file.is_under("src/");
    if (public_header && (library == "Beast" || library == "JSON")) return std::string(library) + " belongs into .cpp files";
    return "";
}

} // namespace

void check_floors(const SourceFile& file, Findings& findings) {
    const bool sample = file.is_under("sample-handlers/");
    const bool test = file.is_under("tests/");
    const Floor* own = floor_of_file(file.path);
    if (!test && !sample && own == nullptr) findings.push_back({file.path, 0, "stands on no floor"});
    for (const auto& [line, target, quoted] : includes_of(file)) {
        if (!test && is_test_header(target)) findings.push_back({file.path, line, "nothing includes tests"});
        const bool ours = target.starts_with("lambox/") || find_floor(first_folder(target)) != nullptr;
        if (sample && ours) findings.push_back({file.path, line, "sample handlers include nothing of lambox"});
        if (own == nullptr || !quoted) continue;
        // A header beside the file is named without a folder.
        const Floor* other = first_folder(target).empty() ? own : find_floor(first_folder(without_root(target)));
        if (other == nullptr)
            findings.push_back({file.path, line, "names no floor: " + std::string(target)});
        else if (other != own && other->height >= own->height) {
            findings.push_back({file.path, line, std::string(own->name) + " may not include " + std::string(other->name)});
        }
    }
}

void check_foreign_headers(const SourceFile& file, Findings& findings) {
    const Floor* own = floor_of_file(file.path);
    if (own == nullptr) return;
    for (const auto& [line, target, quoted] : includes_of(file)) {
        if (quoted) continue;
        const std::string why = ban(file, own->name, library_of(target));
        if (!why.empty()) findings.push_back({file.path, line, std::string(own->name) + ": " + why});
    }
}

} // namespace lambox::style
