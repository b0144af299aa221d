// Goal: one walk finds every broken constraint, at every depth, and nothing else. Method: small shapes against values, whole messages.

#include "api/codec/shape.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::api::codec;
using Json = nlohmann::json;

namespace {

/// doctest cannot print a Result.
template <class R>
bool good(const R& result) {
    return result.has_value();
}

constexpr std::string_view colours[] = {"red", "blue"};

Shape sample() {
    const auto inner = structure({required("Arn", text({0, 4})), optional("Path", text())});
    return structure({
        required("Name", text({1, 5}, pattern("[a-z0-9-_]+"))),
        optional("Size", integer({2, 9})),
        optional("Weight", number({0, 1})),
        optional("Colour", one_of(colours)),
        optional("On", boolean()),
        optional("Tags", map(text({1, 2}), text({0, 3}))),
        optional("Colours", list(one_of(colours), {1, 2})),
        optional("Mounts", list(inner)),
        optional("Deep", structure({optional("Size", integer({1, {}}))})),
        optional("Ends", map(one_of(colours), list(text({1, {}}), {1, 2}))),
    });
}

std::string complaint(Json input) {
    const auto checked = check_input(sample(), input);
    if (checked) return "";
    return checked.error().message;
}

Errc code_of(Json input) {
    const auto checked = check_input(sample(), input);
    REQUIRE(!checked);
    return checked.error().code;
}

Json with(const char* name, Json value) {
    Json input{{"Name", "ok"}};
    input[name] = std::move(value);
    return input;
}

} // namespace

TEST_CASE("what satisfies everything passes, and loses what is null or unknown") {
    Json input{{"Name", "a-_9"}, {"Size", nullptr}, {"Other", 1}, {"Deep", {{"Size", 1}, {"Unknown", {}}}}, {"Colours", {"red"}}};
    REQUIRE(good(check_input(sample(), input)));
    CHECK(input == Json{{"Name", "a-_9"}, {"Deep", {{"Size", 1}}}, {"Colours", {"red"}}});
}

TEST_CASE("each constraint has its complaint") {
    struct Row {
        const char* name;
        Json value;
        std::string expected;
    };
    const std::string failed = " failed to satisfy constraint: ";
    const std::vector<Row> table{
        {"Name", "", "Value '' at 'name'" + failed + "Member must have length greater than or equal to 1"},
        {"Name", "toolong", "Value 'toolong' at 'name'" + failed + "Member must have length less than or equal to 5"},
        {"Name", "A", "Value 'A' at 'name'" + failed + "Member must satisfy regular expression pattern: [a-z0-9-_]+"},
        {"Name", "a\nb", "Member must satisfy regular expression pattern"},
        {"Size", 10, "Value '10' at 'size'" + failed + "Member must have value less than or equal to 9"},
        {"Size", 1, "Value '1' at 'size'" + failed + "Member must have value greater than or equal to 2"},
        {"Size", 18446744073709551615ULL, "less than or equal to 9"},
        {"Weight", 1.5, "Value '1.5' at 'weight'" + failed + "Member must have value less than or equal to 1"},
        {"Colour", "pink", "Value 'pink' at 'colour'" + failed + "Member must satisfy enum value set: [red, blue]"},
        {"Deep", {{"Size", 0}}, "Value '0' at 'deep.size'" + failed},
        {"Colours", Json::array(), "Value '[]' at 'colours'" + failed + "Member must have length greater than or equal to 1"},
        {"Colours",
         {"red", "pink"},
         "Value '[red, pink]' at 'colours'" + failed +
             "Member must satisfy constraint: [Member must satisfy enum value set: [red, blue], Member must not be null]"},
        {"Colours", Json::array({nullptr}), "Member must satisfy constraint: ["},
        {"Tags",
         {{"abc", "x"}},
         "Value '{abc=x}' at 'tags'" + failed +
             "Map keys must satisfy constraint: [Member must have length less than or equal to 2, Member must have length greater than or "
             "equal to 1, Member must not be null]"},
        {"Tags", {{"a", "xxxx"}}, "Map value must satisfy constraint: [Member must have length less than or equal to 3"},
        {"Mounts", Json::array({Json::object()}), "Value null at 'mounts.1.member.arn'" + failed + "Member must not be null"},
        {"Mounts", Json::array({{{"Arn", "x"}}, {{"Arn", "12345"}}}), "Value '12345' at 'mounts.2.member.arn'"},
        {"Ends", {{"red", Json::array()}}, "Value '[]' at 'ends.red'"},
        {"Ends", {{"red", {""}}}, "Value '[]' at 'ends.red'"},
    };
    for (const auto& row : table) {
        const std::string message = complaint(with(row.name, row.value));
        CAPTURE(message);
        CAPTURE(row.expected);
        const bool empty_name = row.value == ""; // breaks the pattern as well
        CHECK(message.find(empty_name ? "2 validation errors detected: " : "1 validation error detected: ") == 0);
        CHECK(message.find(row.expected) != std::string::npos);
    }
    CHECK(complaint(Json::object()) ==
          "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null");
}

TEST_CASE("several complaints come at once") {
    const std::string message = complaint({{"Name", "ABCDEFG"}, {"Size", 1}, {"Colour", "x"}});
    CHECK(message.find("4 validation errors detected: ") == 0);
}

TEST_CASE("length counts characters, not bytes") { CHECK(complaint(with("Tags", {{"äö", "äöü"}})) == ""); }

TEST_CASE("a wrong JSON type is another error, and comes before any constraint") {
    const std::vector<std::pair<Json, std::string>> table{
        {with("Size", "5"), "STRING_VALUE can not be converted to an Integer"},
        {with("Size", 1.5), "DECIMAL_VALUE can not be converted to an Integer"},
        {with("On", 1), "NUMBER_VALUE can not be converted to a Boolean"},
        {with("Name", true), "TRUE_VALUE can not be converted to a String"},
        {with("Name", Json::array()), "Start of list found where not expected."},
        {with("Colours", Json::object()), "Start of structure or map found where not expected."},
        {with("Deep", "x"), "Unexpected value type in payload"},
        {Json{{"Name", "TOO LONG AND WRONG"}, {"Size", "x"}}, "STRING_VALUE can not be converted to an Integer"},
    };
    for (const auto& [input, expected] : table) {
        CHECK(code_of(input) == Errc::wrong_json_type);
        CHECK(complaint(input) == expected);
    }
}

TEST_CASE("a pattern that needs too much backtracking refuses the value instead of hanging") {
    const auto shape = structure({required("X", text({}, pattern("(a+)+b")))});
    Json input{{"X", std::string(200, 'a') + "c"}};
    CHECK(!check_input(shape, input));
}
