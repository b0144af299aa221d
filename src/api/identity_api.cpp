#include "lambox/api/identity_api.hpp"

#include "iam_detail.hpp"

#include "lambox/api/codec/error_cause.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace lambox::api {
namespace iam {

std::string parameter(const Call& call, std::string_view name) {
    const auto found = call.form.find(name);
    return found == call.form.end() ? std::string() : found->second;
}

std::string element(std::string_view name, std::string_view value) {
    std::string text = "<";
    text.append(name).append(">").append(xml_escape(value)).append("</").append(name).append(">");
    return text;
}

std::string tags_xml(const engine::IdentityTags& tags) {
    if (tags.empty()) return {};
    std::string text = "<Tags>";
    for (const auto& [key, value] : tags)
        text += "<member>" + element("Key", key) + element("Value", value) + "</member>";
    return text + "</Tags>";
}

boost::system::result<engine::IdentityTags, AwsError> with_new_tags(const Call& call, engine::IdentityTags current) {
    constexpr std::size_t key_chars_max = 128;
    constexpr std::size_t value_chars_max = 256;
    if (call.form.contains("Tags.member." + std::to_string(limits::tags_max + 1) + ".Key"))
        return validation_error("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less "
                                "than or equal to 50");
    for (const auto& [key, value] : codec::tags_in(call.form, "Tags")) {
        if (key.empty() || key.size() > key_chars_max || value.size() > value_chars_max)
            return validation_error("1 validation error detected: Value at 'tags' failed to satisfy constraint: a key has 1 to 128 "
                                    "characters, a value at most 256");
        current[key] = value;
    }
    if (current.size() > limits::tags_max)
        return AwsError{409, "LimitExceeded", "The number of tags has reached the maximum limit of " + std::to_string(limits::tags_max)};
    return current;
}

void remove_named_tags(const Call& call, engine::IdentityTags& tags) {
    for (std::size_t i = 1; i <= limits::tags_max; ++i)
        tags.erase(parameter(call, "TagKeys.member." + std::to_string(i)));
}

std::string unique_id(const Call& call, std::string_view prefix) {
    constexpr std::size_t digits = 17;
    std::string id(prefix);
    for (const char digit : call.ids.hex(digits))
        id += digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
    return id;
}

AwsError validation_error(std::string message) { return {400, "ValidationError", std::move(message)}; }
AwsError no_such_entity(std::string message) { return {404, "NoSuchEntity", std::move(message)}; }

bool is_policy_document(const std::string& text) {
    return text.size() <= limits::policy_document_bytes_max && text.find_first_not_of(" \t\r\n") != std::string::npos &&
           text[text.find_first_not_of(" \t\r\n")] == '{' && codec::is_json(text);
}

AwsError malformed_document() { return {400, "MalformedPolicyDocument", "This policy contains invalid Json"}; }

bool is_entity_name(std::string_view text, std::size_t most) {
    const auto allowed = [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || std::string_view("_+=,.@-").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), allowed);
}

boost::system::result<std::string, AwsError> path_of(const Call& call) {
    constexpr std::size_t path_chars_max = 512;
    const std::string path = call.form.contains("Path") ? parameter(call, "Path") : "/";
    const bool plain = std::all_of(path.begin(), path.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (plain && path.starts_with('/') && path.ends_with('/') && path.size() <= path_chars_max) return path;
    return validation_error("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
                            "characters and/or / characters.");
}

boost::system::result<std::string, AwsError> description_of(const Call& call) {
    constexpr std::size_t description_chars_max = 1000;
    std::string description = parameter(call, "Description");
    if (description.size() <= description_chars_max) return description;
    return validation_error("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length "
                            "less than or equal to 1000");
}

boost::system::result<PageSize, AwsError> page_size(const Call& call) {
    constexpr std::size_t fallback = 100;
    constexpr std::size_t most = 1000;
    const std::string text = parameter(call, "MaxItems");
    std::size_t value = fallback;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = text.empty() || (read.ec == std::errc{} && read.ptr == text.data() + text.size());
    if (!whole || value < 1 || value > most)
        return validation_error("1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member must have value "
                                "between 1 and 1000");
    return PageSize{value};
}

namespace {

Outcome get_caller_identity(const Call& call) {
    return element("Arn", "arn:aws:iam::" + call.account_id + ":root") + element("UserId", call.account_id) +
           element("Account", call.account_id);
}

/// The account's id as access key: what is signed with it is again the account's.
std::string account_in(const std::string& role_arn, const std::string& fallback) {
    constexpr std::string_view prefix = "arn:aws:iam::";
    constexpr std::size_t account_digits = 12;
    if (!role_arn.starts_with(prefix)) return fallback;
    const std::string account = role_arn.substr(prefix.size(), role_arn.find(':', prefix.size()) - prefix.size());
    const bool digits = std::all_of(account.begin(), account.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits && account.size() == account_digits ? account : fallback;
}

Outcome assume_role(const Call& call) {
    constexpr std::size_t session_name_chars_max = 64;
    constexpr std::size_t secret_chars = 40;
    constexpr std::size_t token_chars = 128;
    const std::string arn = parameter(call, "RoleArn");
    const std::string session = parameter(call, "RoleSessionName");
    if (arn.size() < 20 || arn.find(":role/") == std::string::npos) return validation_error(arn.substr(0, 256) + " is invalid");
    if (!is_entity_name(session, session_name_chars_max) || session.size() < 2)
        return validation_error("1 validation error detected: Value '" + session.substr(0, 64) +
                                "' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                                "[\\w+=,.@-]*");
    std::int64_t seconds = 3600;
    const std::string duration = parameter(call, "DurationSeconds");
    std::from_chars(duration.data(), duration.data() + duration.size(), seconds);
    constexpr std::int64_t shortest = 900;
    constexpr std::int64_t longest = 43'200;
    if (seconds < shortest || seconds > longest)
        return validation_error("1 validation error detected: Value '" + std::to_string(seconds) +
                                "' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200");
    const std::string account = account_in(arn, call.account_id);
    const std::string role = arn.substr(arn.rfind('/') + 1);
    const std::string token = call.ids.hex(token_chars);
    const engine::LentKey key{account, call.ids.hex(secret_chars), call.now + Seconds(seconds)};
    call.store.lend(token, key);
    std::string text = "<Credentials>" + element("AccessKeyId", key.access_key) + element("SecretAccessKey", key.secret);
    text += element("SessionToken", token) + element("Expiration", format_iso8601_ms(key.expires));
    text += "</Credentials><AssumedRoleUser>" + element("AssumedRoleId", unique_id(call, "AROA") + ":" + session);
    text += element("Arn", "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + session) + "</AssumedRoleUser>";
    return text + element("PackedPolicySize", "0");
}

constexpr std::array<Operation, 2> sts_operations{{{"AssumeRole", assume_role}, {"GetCallerIdentity", get_caller_identity}}};

const Operation* find_iam_operation(std::string_view name) {
    const Operation* found = find_role_operation(name);
    return found == nullptr ? find_policy_operation(name) : found;
}

const Operation* find_sts_operation(std::string_view name) {
    const auto found =
        std::find_if(sts_operations.begin(), sts_operations.end(), [name](const Operation& one) { return one.name == name; });
    return found == sts_operations.end() ? nullptr : &*found;
}

/// One of the two services.
struct QueryService {
    std::string_view name;
    std::string_view xml_namespace;
    const Operation* (*find)(std::string_view);
};
constexpr QueryService iam_service{"IAM", "https://iam.amazonaws.com/doc/2010-05-08/", find_iam_operation};
constexpr QueryService sts_service{"STS", "https://sts.amazonaws.com/doc/2011-06-15/", find_sts_operation};

/// The form in the body, or of a GET in the query.
std::string_view form_text(const io::HttpRequest& request) {
    const auto question = request.target.find('?');
    if (request.method != "GET" || question == std::string::npos) return request.body;
    return std::string_view(request.target).substr(question + 1);
}

struct Means {
    engine::IdentityStore& store;
    io::Clock& clock;
    IdSource& ids;
};

io::HttpResponse answer(const QueryService& service, const io::HttpRequest& request, const RequestScope& scope, const Means& means) {
    const std::string request_id = means.ids.uuid();
    const auto refuse = [&request_id](const AwsError& error) { return aws_error_response(AwsProtocol::query, error, request_id); };
    const auto form = codec::parse_query_form(form_text(request));
    if (!form || request.body_state != io::BodyState::complete) {
        const AwsError error{400, "MalformedQueryString", "The request's body is not a form of AWS's Query protocol."};
        return refuse(error);
    }
    const auto named = form->find("Action");
    const std::string action = named == form->end() ? std::string() : named->second;
    const Operation* operation = service.find(action);
    if (operation == nullptr) {
        const AwsError error{400, "InvalidAction",
                             "lambox does not have the action '" + action.substr(0, 128) + "' of " + std::string(service.name) + "."};
        return refuse(error);
    }
    const auto account = means.store.account(scope.account);
    if (!account) {
        const AwsError error{409, "LimitExceeded", account.error().message};
        return refuse(error);
    }
    const Call call{means.store, **account, scope.account, *form, means.clock.wall_now(), means.ids};
    const auto result = operation->run(call);
    if (!result) return refuse(result.error());
    io::HttpResponse response;
    response.headers.add("Content-Type", "text/xml");
    response.headers.add("x-amzn-RequestId", request_id);
    response.body = "<" + action + "Response xmlns=\"" + std::string(service.xml_namespace) + "\">";
    if (!result->empty() || operation->result == ResultElement::always)
        response.body += "<" + action + "Result>" + *result + "</" + action + "Result>";
    response.body += "<ResponseMetadata>" + element("RequestId", request_id) + "</ResponseMetadata></" + action + "Response>\n";
    return response;
}

} // namespace
} // namespace iam

boost::asio::awaitable<io::HttpResponse> IdentityApi::iam(io::HttpRequest request, RequestScope scope) {
    const iam::Means means{store_, clock_, ids_};
    co_return iam::answer(iam::iam_service, request, scope, means);
}

boost::asio::awaitable<io::HttpResponse> IdentityApi::sts(io::HttpRequest request, RequestScope scope) {
    const iam::Means means{store_, clock_, ids_};
    co_return iam::answer(iam::sts_service, request, scope, means);
}

} // namespace lambox::api
