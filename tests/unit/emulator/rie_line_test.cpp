// Goal: the command line of AWS's runtime interface emulator is understood as its users write it. Method: tables of lines, addresses and
// levels; whole lines with a map for the environment.
#include "emulator/options.hpp"
#include "emulator/rie_line.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::emulator;

namespace {

using Words = std::vector<std::string>;

std::optional<RieLine> taken_apart(const Words& words) {
    std::vector<const char*> pointers;
    for (const auto& word : words)
        pointers.push_back(word.c_str());
    return rie_line(static_cast<int>(pointers.size()), pointers.data());
}

RieAction parsed(const Words& words, const std::map<std::string, std::string>& variables = {}) {
    std::vector<const char*> pointers;
    for (const auto& word : words)
        pointers.push_back(word.c_str());
    const auto action = parse_command_line(static_cast<int>(pointers.size()), pointers.data(), [&](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
    if (const auto* errors = std::get_if<UsageErrors>(&action)) {
        for (const auto& message : errors->messages)
            MESSAGE(message);
    }
    REQUIRE(std::holds_alternative<RieAction>(action));
    return std::get<RieAction>(action);
}

struct Row {
    Words line;
    Words options; ///< behind the program and `rie`
    Words command;
};

const std::vector<Row> table = {
    {{"aws-lambda-rie"}, {}, {}},
    {{"/usr/local/bin/aws-lambda-rie", "/bootstrap"}, {}, {"/bootstrap"}},
    {{"lambox", "rie", "python3", "-m", "awslambdaric", "app.handler"}, {}, {"python3", "-m", "awslambdaric", "app.handler"}},
    {{"lambox", "rie", "--log-level", "debug", "x"}, {"--log-level", "debug"}, {"x"}},
    {{"lambox", "rie", "--log-level=debug", "x"}, {"--log-level=debug"}, {"x"}},
    {{"lambox", "rie", "--rie-quirks", "x", "--queue"}, {"--rie-quirks"}, {"x", "--queue"}},
    {{"lambox", "rie", "--nonsense", "x"}, {"--nonsense"}, {"x"}},
    {{"lambox", "rie", "--", "--odd-program", "y"}, {}, {"--odd-program", "y"}},
    {{"lambox", "rie", "--queue", "--"}, {"--queue"}, {}},
    {{"lambox", "rie", "--timeout"}, {"--timeout"}, {}},
    {{"aws-lambda-rie", "rie"}, {}, {"rie"}},
    {{"aws-lambda-rie", "-"}, {}, {"-"}},
};

} // namespace

TEST_CASE("options end where the image's command begins") {
    for (const Row& row : table) {
        const auto line = taken_apart(row.line);
        REQUIRE(line.has_value());
        Words options{row.line.front(), "rie"};
        options.insert(options.end(), row.options.begin(), row.options.end());
        CHECK(line->options == options);
        CHECK(line->command == row.command);
    }
    for (const Words& other : {Words{}, Words{"lambox"}, Words{"lambox", "serve"}, Words{"lambox", "serve", "rie"}})
        CHECK_FALSE(taken_apart(other).has_value());
}

TEST_CASE("addresses are written as Go writes them") {
    const std::map<std::string, std::pair<std::string, int>> good{{"0.0.0.0:8080", {"0.0.0.0", 8080}},
                                                                  {":9000", {"0.0.0.0", 9000}},
                                                                  {"localhost:1", {"127.0.0.1", 1}},
                                                                  {"[::]:80", {"::", 80}},
                                                                  {"[::1]:0", {"::1", 0}},
                                                                  {"10.1.2.3:65535", {"10.1.2.3", 65535}}};
    for (const auto& [text, expected] : good) {
        CAPTURE(text);
        const auto address = parse_address(text);
        REQUIRE(address.has_value());
        CHECK(address->host == expected.first);
        CHECK(address->port == expected.second);
    }
    for (const auto* bad :
         {"", "8080", "host", "example.org:80", "::1:80", "[::1:80", "[1.2.3.4]:80", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1"})
        CHECK_MESSAGE(!parse_address(bad).has_value(), bad);
}

TEST_CASE("levels of AWS's tool have one of ours") {
    const std::map<std::string, std::string> levels{{"trace", "debug"}, {"DEBUG", "debug"}, {"Info", "info"},   {"warning", "warn"},
                                                    {"warn", "warn"},   {"fatal", "error"}, {"panic", "error"}, {"off", "off"}};
    for (const auto& [theirs, ours] : levels)
        CHECK(emulator_log_level(theirs) == ours);
    CHECK_FALSE(emulator_log_level("loud").has_value());
    CHECK_FALSE(emulator_log_level("").has_value());
}

TEST_CASE("defaults are Lambda's, with quirks those of AWS's tool") {
    const auto plain = parsed({"lambox", "rie"});
    CHECK(plain.listen.host == "0.0.0.0");
    CHECK(plain.listen.port == 8080);
    CHECK(plain.memory.count == 128);
    CHECK(plain.timeout == Seconds{3});
    CHECK(plain.function_name == "test_function");
    CHECK(plain.function_version == "$LATEST");
    CHECK(plain.handler.empty());
    CHECK(plain.environments_max == 10);
    CHECK(plain.overflow == model::Overflow::throttle);
    CHECK(plain.common.containment.isolation == Isolation::process);
    CHECK(plain.common.containment.freeze == Switch::on);
    CHECK(plain.common.log_level == LogLevel::info);
    const auto quirks = parsed({"lambox", "rie", "--rie-quirks"});
    CHECK(quirks.memory.count == 3'008);
    CHECK(quirks.timeout == Seconds{300});
    CHECK(quirks.environments_max == 1);
    CHECK(quirks.overflow == model::Overflow::queue);
    CHECK(quirks.common.containment.memory_limit == Switch::off);
    CHECK(quirks.common.containment.freeze == Switch::off);
}

TEST_CASE("a flag beats our variable, which beats AWS's") {
    const std::map<std::string, std::string> variables{
        {"AWS_LAMBDA_FUNCTION_TIMEOUT", "10"}, {"LAMBOX_TIMEOUT", "20"}, {"LOG_LEVEL", "trace"},
        {"AWS_LAMBDA_FUNCTION_HANDLER", "a"},  {"_HANDLER", "b"},        {"AWS_DEFAULT_REGION", "eu-west-1"}};
    CHECK(parsed({"lambox", "rie", "--timeout", "30"}, variables).timeout == Seconds{30});
    const auto action = parsed({"lambox", "rie"}, variables);
    CHECK(action.timeout == Seconds{20});
    CHECK(action.handler == "a");
    CHECK(action.common.log_level == LogLevel::debug);
    CHECK(action.common.region == "eu-west-1");
    CHECK(parsed({"lambox", "rie", "program", "c"}, variables).handler == "c");
    CHECK(parsed({"lambox", "rie", "program"}, {{"LOG_LEVEL", "chatty"}}).common.log_level == LogLevel::info);
}
