// Goal: the option table is consistent with itself and with limits.hpp, and its values are checked as it says.
// Method: rules over every row; tables of values for each kind of constraint.
#include "emulator/option_table.hpp"
#include "lambox/base/limits.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <set>
#include <string>

using namespace lambox;
using namespace lambox::emulator;

namespace {

std::string variable_of(std::string_view flag) {
    std::string name = "LAMBOX_";
    for (const char character : flag.substr(2))
        name += character == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
    return name;
}

/// Empty when `value` is let through.
std::string refused(std::string_view flag, Command command, std::string_view value) {
    const OptionRow* row = find_option(flag, command);
    REQUIRE(row != nullptr);
    return refusal(row->constraint, row->type, value).value_or("");
}

} // namespace

TEST_CASE("a command knows each flag once") {
    for (const CommandRow& command : command_table()) {
        std::set<std::string_view> flags;
        std::set<std::string_view> variables;
        for (const OptionRow& row : option_table()) {
            if (!row.commands.contains(command.command)) continue;
            CHECK_MESSAGE(flags.insert(row.flag).second, row.flag);
            if (!row.environment.empty()) CHECK_MESSAGE(variables.insert(row.environment).second, row.environment);
        }
    }
}

TEST_CASE("every option that is given once has a variable of its name") {
    for (const OptionRow& row : option_table()) {
        CAPTURE(row.flag);
        CHECK(row.flag.starts_with("--"));
        CHECK_FALSE(row.help.empty());
        if (row.occurrence == Occurrence::repeatable)
            CHECK(row.environment.empty());
        else if (row.key == OptionKey::json_out)
            CHECK(row.environment == "LAMBOX_COMPARE_JSON");
        else
            CHECK(row.environment == variable_of(row.flag));
        CHECK((row.type == OptionType::toggle) == row.value_name.empty());
    }
}

TEST_CASE("every default is allowed, and absence is explained where there is none") {
    for (const OptionRow& row : option_table()) {
        for (const CommandRow& command : command_table()) {
            if (!row.commands.contains(command.command)) continue;
            CAPTURE(row.flag);
            const auto value = fallback(row, command.command);
            if (value)
                CHECK_FALSE(refusal(row.constraint, row.type, *value).has_value());
            else
                CHECK_FALSE(row.fallback_note.empty());
        }
    }
}

TEST_CASE("whole numbers are held to their range") {
    CHECK(refused("--port", Command::serve, "0").empty());
    CHECK(refused("--port", Command::serve, "65535").empty());
    CHECK(refused("--port", Command::serve, "65536") == "`65536` is out of range; allowed: 0 to 65535");
    CHECK(refused("--port", Command::serve, "-1") == "`-1` is out of range; allowed: 0 to 65535");
    for (const auto* bad : {"http", "80x", " 80", "8e3", "99999999999999999999", "0x50"}) {
        CHECK_MESSAGE(refused("--port", Command::serve, bad).ends_with(" is not a whole number; allowed: 0 to 65535"), bad);
    }
    CHECK(refused("--port", Command::serve, "") == "`` is empty; allowed: 0 to 65535");
    CHECK(refused("--memory-size", Command::run, "127") == "`127` is out of range; allowed: 128 to 10240");
    CHECK(refused("--timeout", Command::run, "901") == "`901` is out of range; allowed: 1 to 900");
    CHECK(refused("--requests", Command::compare, "1000000").empty());
    CHECK(refused("--requests", Command::compare, "0") == "`0` is out of range; allowed: 1 to 1000000");
}

TEST_CASE("shares are numbers from zero to one") {
    for (const auto* good : {"0", "1", "0.01", "1e-3", ".5"})
        CHECK_MESSAGE(refused("--cold-share", Command::compare, good).empty(), good);
    for (const auto* bad : {"1.01", "-0.1", "1%", "nan", "inf", "one"})
        CHECK_FALSE_MESSAGE(refused("--cold-share", Command::compare, bad).empty(), bad);
}

TEST_CASE("choices are exact, and a near miss is answered") {
    CHECK(refused("--profile", Command::run, "faithful").empty());
    CHECK(refused("--profile", Command::run, "faithfull") ==
          "`faithfull` is not one of the choices; allowed: fast, faithful; did you mean `faithful`?");
    CHECK(refused("--log-level", Command::serve, "loud") == "`loud` is not one of the choices; allowed: debug, info, warn, error, off");
}

TEST_CASE("hosts are addresses") {
    for (const auto* good : {"127.0.0.1", "0.0.0.0", "::1", "::", "localhost"})
        CHECK_MESSAGE(refused("--host", Command::serve, good).empty(), good);
    for (const auto* bad : {"example.org", "127.0.0", "127.0.0.1:80", "[::1]", " "})
        CHECK_FALSE_MESSAGE(refused("--host", Command::serve, bad).empty(), bad);
}

TEST_CASE("endpoints are plain HTTP addresses without a path") {
    struct Good {
        const char* url;
        const char* host;
        int port;
    };
    for (const auto& [url, host, port] : {Good{"http://127.0.0.1:4566", "127.0.0.1", 4566}, Good{"http://lambox", "lambox", 80},
                                          Good{"http://a.b-c_d:1/", "a.b-c_d", 1}, Good{"http://[::1]:65535", "::1", 65'535}}) {
        const auto endpoint = parse_endpoint(url);
        REQUIRE_MESSAGE(endpoint.has_value(), url);
        CHECK(endpoint->host == host);
        CHECK(endpoint->port == port);
    }
    for (const auto* bad : {"", "http://", "https://a", "127.0.0.1:4566", "http://a:0", "http://a:65536", "http://a:", "http://a:x",
                            "http://a/b", "http://[::1", "http://[::1]x", "http://[g]", "http://a b", "http://a@b", "http:///"}) {
        CHECK_FALSE_MESSAGE(parse_endpoint(bad).has_value(), bad);
    }
}

TEST_CASE("switches are read from variables in the usual words") {
    for (const auto* yes : {"1", "true", "yes", "on"})
        CHECK(parse_toggle(yes) == true);
    for (const auto* no : {"0", "false", "no", "off"})
        CHECK(parse_toggle(no) == false);
    for (const auto* neither : {"", "2", "TRUE", "y"})
        CHECK_FALSE(parse_toggle(neither).has_value());
}

TEST_CASE("pairs have a name, qualifiers a shape, handlers no blanks, contexts are JSON of a bounded size") {
    CHECK(refused("--env", Command::run, "A=").empty());
    CHECK(refused("--env", Command::run, "A=b=c").empty());
    CHECK_FALSE(refused("--env", Command::run, "=b").empty());
    CHECK_FALSE(refused("--env", Command::run, "A").empty());
    for (const auto* good : {"$LATEST", "1", "live-2", "a_b"})
        CHECK(refused("--qualifier", Command::invoke, good).empty());
    for (const auto* bad : {"$latest", "a b", "a:b"})
        CHECK_FALSE(refused("--qualifier", Command::invoke, bad).empty());
    CHECK(refused("--qualifier", Command::invoke, std::string(128, 'q')).empty());
    CHECK_FALSE(refused("--qualifier", Command::invoke, std::string(129, 'q')).empty());
    CHECK(refused("--handler", Command::run, "index.handler").empty());
    CHECK_FALSE(refused("--handler", Command::run, "index handler").empty());
    CHECK(refused("--client-context", Command::invoke, R"({"custom":{}})").empty());
    CHECK_FALSE(refused("--client-context", Command::invoke, "{").empty());
    const std::string longest = '"' + std::string(client_context_text_bytes_max - 2, 'c') + '"';
    CHECK(refused("--client-context", Command::invoke, longest).empty());
    CHECK_FALSE(refused("--client-context", Command::invoke, longest + " ").empty());
}

TEST_CASE("a zero byte is refused everywhere") {
    using namespace std::string_view_literals;
    for (const OptionRow& row : option_table())
        CHECK(refusal(row.constraint, row.type, "a\0b"sv).has_value());
}

TEST_CASE("the README's table has a line for every row, and no cell ends early") {
    const std::string table = option_table_markdown();
    std::size_t lines = 0;
    std::size_t start = 0;
    while (start < table.size()) {
        const auto end = table.find('\n', start);
        REQUIRE(end != std::string::npos);
        const std::string line = table.substr(start, end - start);
        std::size_t bars = 0;
        for (std::size_t i = 0; i < line.size(); ++i)
            bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
        CHECK_MESSAGE(bars == 8, line);
        ++lines;
        start = end + 1;
    }
    CHECK(lines == option_table().size() + 2);
    CHECK(table.find("| `--port NUMBER` | `LAMBOX_PORT`, else `GATEWAY_LISTEN` | serve | whole number | `4566` | 0 to 65535 | Port to "
                     "listen on; 0 lets the kernel choose |\n") != std::string::npos);
    CHECK(table.find("`--event FILE\\|-`") != std::string::npos);
    CHECK(table.find("| `fast`; compare: `faithful` |") != std::string::npos);
    CHECK(table.find("| `warn`; serve: `info` |") != std::string::npos);
}
