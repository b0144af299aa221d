// Goal: the tree keeps the rules of the house. Method: every rule over every file of the tree that this program was built
// from; each rule is itself tested beside this file.
#include "emulator/option_documents.hpp"
#include "emulator/option_table.hpp"
#include "lambox/api/control_api.hpp"
#include "style/rules.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

using namespace lambox;
using namespace lambox::style;

namespace {

namespace fs = std::filesystem;

const fs::path root = LAMBOX_SOURCE_TREE;

/// More than 400 lines, at most 600.
constexpr std::array<Exception, 0> longer_files{};

/// May read a clock.
constexpr std::array<Exception, 5> clock_readers{{
    {"emulator/commands/common.cpp", "the era of a command without one is today"},
    {"src/io/clock.cpp", "is the clock"},
    {"src/io/posix_process.cpp", "waits with poll(2) in a destructor, where no coroutine can"},
    {"src/io/posix_process_spare.cpp", "waits with poll(2) in a destructor, where no coroutine can"},
    {"src/io/posix_process_tree.cpp", "waits with poll(2) in a destructor, where no coroutine can"},
}};

/// Public headers without a body of their name.
constexpr std::array<Exception, 12> headers_alone{{
    {"include/lambox/base/limits.hpp", "constants"},
    {"include/lambox/engine/runtime_link.hpp", "a port"},
    {"include/lambox/engine/event_store.hpp", "a port"},
    {"include/lambox/engine/state_store.hpp", "a port"},
    {"include/lambox/io/one_shot.hpp", "a template"},
    {"include/lambox/io/thread_pool.hpp", "a template"},
    {"include/lambox/io/process.hpp", "ports"},
    {"include/lambox/lab/embedded.hpp", "its bodies are made by cmake/embed.cmake"},
    {"include/lambox/engine/embedded.hpp", "its bodies are made by cmake/embed.cmake"},
    {"include/lambox/io/embedded.hpp", "its bodies are made by cmake/embed.cmake"},
    {"include/lambox/base/embedded.hpp", "plain data"},
    {"include/lambox/model/invocation.hpp", "plain data"},
}};

/// Limits that nothing says yet.
constexpr std::array<Exception, 1> unused_limits{{
}};

using Files = std::vector<std::unique_ptr<SourceFile>>;

std::string from_root(const fs::path& path) { return path.lexically_relative(root).generic_string(); }

bool is_text(const fs::path& path) {
    const std::string name = path.filename().string();
    if (name == "CMakeLists.txt" || name == "Dockerfile") return true;
    const std::string suffix = path.extension().string();
    for (const auto* known : {".cpp", ".hpp", ".cmake", ".py", ".md", ".json", ".yaml", ".yml", ".sh", ".css", ".js"}) {
        if (suffix == known) return true;
    }
    return suffix.empty() && path.parent_path().filename() == "scripts";
}

/// Every text file of ours; what is built, downloaded or written by others stays out.
Files read_tree() {
    Files files;
    for (const auto* folder : {"src", "include", "emulator", "sample-handlers", "tests", "cmake", "scripts", "docker"}) {
        if (!fs::exists(root / folder)) continue;
        for (auto entry = fs::recursive_directory_iterator(root / folder); entry != fs::recursive_directory_iterator(); ++entry) {
            const std::string name = entry->path().filename().string();
            if (entry->is_directory() &&
                (name == "build" || name == "node_modules" || name.starts_with('.') || name == "corpus" || name == "data")) {
                entry.disable_recursion_pending();
                continue;
            }
            if (entry->is_regular_file() && is_text(entry->path())) {
                files.push_back(std::make_unique<SourceFile>(from_root(entry->path()), read_text(entry->path())));
            }
        }
    }
    for (const auto* name : {"README.md", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json"}) {
        if (fs::exists(root / name)) files.push_back(std::make_unique<SourceFile>(name, read_text(root / name)));
    }
    return files;
}

const Files& tree() {
    static const Files files = read_tree();
    return files;
}

const SourceFile* find_file(std::string_view path) {
    for (const auto& file : tree()) {
        if (file->path == path) return file.get();
    }
    return nullptr;
}

void report(const Findings& findings) {
    for (const Finding& finding : findings)
        ADD_FAIL_CHECK_AT(finding.path.c_str(), static_cast<int>(finding.line), finding.message);
}

template <class Check>
void over_cpp(Check check) {
    Findings findings;
    for (const auto& file : tree()) {
        if (file->is_cpp()) check(*file, findings);
    }
    report(findings);
}

/// Between README.md's marks of that name, when the environment asks for it; read anew, because there are several tables.
bool write_table(const std::string& name, const std::string& table) {
    if (std::getenv("LAMBOX_WRITE_OPTION_TABLE") == nullptr) return false;
    const auto path = root / "README.md";
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::string opening = "<!-- " + name + ":begin -->\n";
    const auto begin = text.find(opening) + opening.size();
    text.replace(begin, text.find("<!-- " + name + ":end -->") - begin, table);
    std::ofstream(path, std::ios::binary) << text;
    return true;
}

} // namespace

TEST_CASE("the tree was found") {
    CHECK(std::count_if(tree().begin(), tree().end(), [](const auto& file) { return file->is_cpp(); }) > 100);
    CHECK(find_file("src/CMakeLists.txt") != nullptr);
    CHECK(find_file("include/lambox/base/limits.hpp") != nullptr);
}

TEST_CASE("no tabs, no blanks at line ends, no carriage returns") {
    Findings findings;
    for (const auto& file : tree())
        check_blanks(*file, findings);
    report(findings);
}

TEST_CASE("lines are at most 140 characters") { over_cpp(check_line_lengths); }

TEST_CASE("files are short") {
    over_cpp([](const SourceFile& file, Findings& findings) { check_file_length(file, longer_files, findings); });
}

TEST_CASE("functions are at most 70 lines") { over_cpp(check_function_lengths); }

TEST_CASE("no promises without an issue") {
    Findings findings;
    for (const auto& file : tree())
        check_banned_words(*file, findings);
    report(findings);
}

TEST_CASE("files include their own floor and those below") { over_cpp(check_floors); }

TEST_CASE("libraries stay where they belong") { over_cpp(check_foreign_headers); }

TEST_CASE("headers are guarded") { over_cpp(check_pragma_once); }

TEST_CASE("switches over enums are complete") { over_cpp(check_switches); }

TEST_CASE("coroutines avoid what the compiler breaks") {
    over_cpp([](const SourceFile& file, Findings& findings) {
        if (!file.is_under("tests/style/")) check_coroutines(file, findings);
    });
}

TEST_CASE("clocks are read in few places") {
    over_cpp([](const SourceFile& file, Findings& findings) { check_clocks(file, clock_readers, findings); });
}

TEST_CASE("there is one macro") { over_cpp(check_macros); }

TEST_CASE("test files say their goal") { over_cpp(check_goal); }

TEST_CASE("README.md shows the program's options") {
    const std::string table = emulator::option_table_markdown();
    if (write_table("options", table)) return;
    const SourceFile* readme = find_file("README.md");
    REQUIRE(readme != nullptr);
    Findings findings;
    check_option_table(*readme, table, findings);
    report(findings);
}

TEST_CASE("README.md shows the operations of the API") {
    const std::string table = api::api_coverage_markdown();
    if (write_table("operations", table)) return;
    const SourceFile* readme = find_file("README.md");
    REQUIRE(readme != nullptr);
    const std::string opening = "<!-- operations:begin -->\n";
    const auto begin = readme->text.find(opening);
    const auto end = readme->text.find("<!-- operations:end -->");
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    const auto at = begin + opening.size();
    CHECK_MESSAGE(readme->text.substr(at, end - at) == table, "LAMBOX_WRITE_OPTION_TABLE=1 style writes the table");
}

TEST_CASE("the manual page and the completions are the program's") {
    const std::pair<const char*, std::string> documents[] = {{"share/lambox.1", emulator::man_page()},
                                                             {"share/completions/lambox.bash", emulator::bash_completion()},
                                                             {"share/completions/_lambox", emulator::zsh_completion()},
                                                             {"share/completions/lambox.fish", emulator::fish_completion()}};
    for (const auto& [name, text] : documents) {
        const auto path = root / name;
        if (std::getenv("LAMBOX_WRITE_OPTION_TABLE") != nullptr) std::ofstream(path, std::ios::binary) << text;
        std::ifstream file(path, std::ios::binary);
        const std::string there((std::istreambuf_iterator<char>(file)), {});
        CHECK_MESSAGE(there == text, name, ": LAMBOX_WRITE_OPTION_TABLE=1 style writes it");
    }
}

TEST_CASE("every source is built") {
    Findings findings;
    for (const auto& file : tree()) {
        if (!file->path.ends_with(".cpp")) continue;
        for (const std::string_view folder : {"src/", "emulator/", "tests/unit/", "tests/style/", "tests/fuzz/", "tests/integration/"}) {
            if (!file->is_under(folder)) continue;
            const SourceFile* lists = find_file(std::string(folder) + "CMakeLists.txt");
            REQUIRE_MESSAGE(lists != nullptr, folder);
            check_listed(*lists, std::string_view(file->path).substr(folder.size()), findings);
        }
    }
    report(findings);
}

TEST_CASE("public headers have bodies") {
    std::vector<std::string> paths;
    for (const auto& file : tree())
        paths.push_back(file->path);
    Findings findings;
    for (const std::string& path : paths) {
        if (path.starts_with("include/lambox/")) check_counterpart(path, paths, headers_alone, findings);
    }
    report(findings);
}

TEST_CASE("every limit is enforced somewhere") {
    const SourceFile* limits = find_file("include/lambox/base/limits.hpp");
    REQUIRE(limits != nullptr);
    const auto names = limit_names(*limits);
    CHECK(names.size() > 30);
    for (const std::string& name : names) {
        const bool used = std::any_of(tree().begin(), tree().end(), [&](const auto& file) {
            return file->is_cpp() && file.get() != limits && !file->is_under("tests/") && uses_limit(*file, name);
        });
        const bool excused =
            std::any_of(unused_limits.begin(), unused_limits.end(), [&](const Exception& entry) { return entry.path == name; });
        CHECK_MESSAGE(used != excused, name);
    }
}

TEST_CASE("reasons are for files that are there") {
    for (const Exception& entry : longer_files)
        CHECK_MESSAGE(find_file(entry.path) != nullptr, entry.path);
    for (const Exception& entry : clock_readers)
        CHECK_MESSAGE(find_file(entry.path) != nullptr, entry.path);
    for (const Exception& entry : headers_alone)
        CHECK_MESSAGE(find_file(entry.path) != nullptr, entry.path);
}
