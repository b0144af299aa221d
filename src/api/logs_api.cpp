#include "lambox/api/logs_api.hpp"

#include "logs_detail.hpp"

#include "lambox/api/aws_error.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace lambox::api {
namespace logs {
namespace {

std::string arn_of(const engine::LogGroupKey& key) { return "arn:aws:logs:" + key.region + ":" + key.account + ":log-group:" + key.name; }

/// The text behind `:log-group:` of an ARN, without the `:*` at its end; another text as it is.
std::string name_in(const std::string& identifier) {
    constexpr std::string_view mark = ":log-group:";
    const auto at = identifier.find(mark);
    if (!identifier.starts_with("arn:") || at == std::string::npos) return identifier;
    std::string name = identifier.substr(at + mark.size());
    if (name.ends_with(":*")) name.resize(name.size() - 2);
    return name;
}

Result<engine::LogGroupKey> group_by(const Call& call, const char* member) {
    const auto name = required_name(call, member);
    if (!name) return name.error();
    return engine::LogGroupKey{call.scope.account, call.scope.region, name_in(*name)};
}

Result<engine::LogTags> tags_of(const Call& call) {
    engine::LogTags tags;
    if (!call.input.contains("tags") || call.input["tags"].is_null()) return tags;
    if (!call.input["tags"].is_object()) return make_error(Errc::malformed, "tags is not a map");
    for (const auto& [name, value] : call.input["tags"].items()) {
        if (!value.is_string()) return make_error(Errc::malformed, "a tag's value is not text");
        tags[name] = value.get<std::string>();
    }
    if (tags.size() > limits::tags_max) return make_error(Errc::invalid_argument, "There are more than 50 tags");
    return tags;
}

Answer empty_answer() { return Answer{Json::object()}; }

/// A page of a list in order of name, `from` being the last name of the page before.
template <class Item, class NameOf, class Write>
Result<Answer> page(const Call& call, const char* member, const std::vector<Item>& items, NameOf name_of, Write write) {
    const auto limit = limit_of(call, limits::log_describe_max, limits::log_describe_max);
    if (!limit) return limit.error();
    const auto token = text_member(call, "nextToken");
    if (!token) return token.error();
    auto first = items.begin();
    if (*token) {
        first = std::find_if(items.begin(), items.end(), [&](const Item& item) { return name_of(item) == **token; });
        if (first == items.end()) return make_error(Errc::invalid_argument, "The specified nextToken is invalid.");
        ++first;
    }
    Json output;
    output[member] = Json::array();
    std::size_t count = 0;
    for (; first != items.end() && count < *limit; ++first, ++count)
        output[member].push_back(write(*first));
    if (first != items.end()) output["nextToken"] = name_of(*std::prev(first));
    return Answer{std::move(output)};
}

Result<Answer> create_log_group(const Call& call) {
    const auto key = group_by(call, "logGroupName");
    if (!key) return key.error();
    auto tags = tags_of(call);
    if (!tags) return tags.error();
    if (const auto made = call.store.create_group(*key, std::move(*tags)); !made) return made.error();
    return empty_answer();
}

Result<Answer> delete_log_group(const Call& call) {
    const auto key = group_by(call, "logGroupName");
    if (!key) return key.error();
    if (const auto gone = call.store.delete_group(*key); !gone) return gone.error();
    return empty_answer();
}

Result<Answer> create_log_stream(const Call& call) {
    const auto key = group_by(call, "logGroupName");
    if (!key) return key.error();
    const auto stream = required_name(call, "logStreamName");
    if (!stream) return stream.error();
    if (const auto made = call.store.create_stream(*key, *stream); !made) return made.error();
    return empty_answer();
}

Result<Answer> delete_log_stream(const Call& call) {
    const auto key = group_by(call, "logGroupName");
    if (!key) return key.error();
    const auto stream = required_name(call, "logStreamName");
    if (!stream) return stream.error();
    if (const auto gone = call.store.delete_stream(*key, *stream); !gone) return gone.error();
    return empty_answer();
}

Json written(const engine::LogGroupInfo& group) {
    const std::string arn = arn_of(group.key);
    Json json{{"logGroupName", group.key.name}, {"creationTime", group.created}};
    if (group.retention_days) json["retentionInDays"] = *group.retention_days;
    json["metricFilterCount"] = 0;
    json["arn"] = arn + ":*";
    json["storedBytes"] = group.stored_bytes;
    json["logGroupClass"] = "STANDARD";
    json["logGroupArn"] = arn;
    return json;
}

Result<Answer> describe_log_groups(const Call& call) {
    const auto prefix = text_member(call, "logGroupNamePrefix");
    if (!prefix) return prefix.error();
    const auto pattern = text_member(call, "logGroupNamePattern");
    if (!pattern) return pattern.error();
    auto groups = call.store.groups(call.scope.account, call.scope.region);
    std::erase_if(groups, [&](const engine::LogGroupInfo& group) {
        return !group.key.name.starts_with(prefix->value_or("")) || group.key.name.find(pattern->value_or("")) == std::string::npos;
    });
    return page(
        call, "logGroups", groups, [](const auto& group) { return group.key.name; }, written);
}

Result<Answer> describe_log_streams(const Call& call) {
    const auto key = group_of(call);
    if (!key) return key.error();
    const auto prefix = text_member(call, "logStreamNamePrefix");
    if (!prefix) return prefix.error();
    const auto order = text_member(call, "orderBy");
    if (!order) return order.error();
    const bool by_time = *order == "LastEventTime";
    if (by_time && *prefix) return make_error(Errc::invalid_argument, "Cannot order by LastEventTime with a logStreamNamePrefix.");
    auto streams = call.store.streams(*key);
    if (!streams) return streams.error();
    std::erase_if(*streams, [&](const engine::LogStreamInfo& stream) { return !stream.name.starts_with(prefix->value_or("")); });
    if (by_time) {
        std::stable_sort(streams->begin(), streams->end(),
                         [](const auto& left, const auto& right) { return left.last_event < right.last_event; });
    }
    if (call.input.contains("descending") && call.input["descending"] == true) std::reverse(streams->begin(), streams->end());
    const std::string arn = arn_of(*key);
    const auto write = [&arn](const engine::LogStreamInfo& stream) {
        Json json{{"logStreamName", stream.name}, {"creationTime", stream.created}};
        if (stream.first_event) json["firstEventTimestamp"] = *stream.first_event;
        if (stream.last_event) json["lastEventTimestamp"] = *stream.last_event;
        if (stream.last_ingested) json["lastIngestionTime"] = *stream.last_ingested;
        json["arn"] = arn + ":log-stream:" + stream.name;
        json["storedBytes"] = 0; // as AWS since 2019
        return json;
    };
    return page(
        call, "logStreams", *streams, [](const auto& stream) { return stream.name; }, write);
}

Result<Answer> put_retention_policy(const Call& call) {
    constexpr std::array<std::int64_t, 23> allowed{1,   3,   5,   7,    14,   30,   60,   90,   120,  150,  180, 365,
                                                   400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, 0};
    const auto key = group_by(call, "logGroupName");
    if (!key) return key.error();
    const auto days = integer_member(call, "retentionInDays");
    if (!days) return days.error();
    if (!*days || **days == 0 || std::find(allowed.begin(), allowed.end(), **days) == allowed.end())
        return make_error(Errc::invalid_argument,
                          "Invalid value for retentionInDays; allowed are 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, "
                          "365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653");
    if (const auto set = call.store.set_retention(*key, static_cast<int>(**days)); !set) return set.error();
    return empty_answer();
}

Result<Answer> delete_retention_policy(const Call& call) {
    const auto key = group_by(call, "logGroupName");
    if (!key) return key.error();
    if (const auto set = call.store.set_retention(*key, std::nullopt); !set) return set.error();
    return empty_answer();
}

Result<Answer> list_tags(const Call& call, const char* member) {
    const auto key = group_by(call, member);
    if (!key) return key.error();
    const auto group = call.store.group(*key);
    if (!group) return group.error();
    Json output;
    output["tags"] = group->tags;
    return Answer{std::move(output)};
}

Result<Answer> add_tags(const Call& call, const char* member) {
    const auto key = group_by(call, member);
    if (!key) return key.error();
    const auto tags = tags_of(call);
    if (!tags) return tags.error();
    const auto changed = call.store.change_tags(*key, [&tags](engine::LogTags& there) {
        for (const auto& [name, value] : *tags) {
            if (there.size() < limits::tags_max || there.contains(name)) there[name] = value;
        }
    });
    if (!changed) return changed.error();
    return empty_answer();
}

Result<Answer> remove_tags(const Call& call, const char* member, const char* list) {
    const auto key = group_by(call, member);
    if (!key) return key.error();
    const Json names = call.input.value(list, Json::array());
    if (!names.is_array()) return make_error(Errc::malformed, std::string(list) + " is not a list");
    const auto changed = call.store.change_tags(*key, [&names](engine::LogTags& there) {
        for (const Json& name : names) {
            if (name.is_string()) there.erase(name.get<std::string>());
        }
    });
    if (!changed) return changed.error();
    return empty_answer();
}

struct Operation {
    std::string_view name;
    Result<Answer> (*run)(const Call&);
};

constexpr std::array<Operation, 17> operations{{
    {"CreateLogGroup", create_log_group},
    {"CreateLogStream", create_log_stream},
    {"DeleteLogGroup", delete_log_group},
    {"DeleteLogStream", delete_log_stream},
    {"DeleteRetentionPolicy", delete_retention_policy},
    {"DescribeLogGroups", describe_log_groups},
    {"DescribeLogStreams", describe_log_streams},
    {"FilterLogEvents", filter_log_events},
    {"GetLogEvents", get_log_events},
    {"ListTagsForResource", [](const Call& call) { return list_tags(call, "resourceArn"); }},
    {"ListTagsLogGroup", [](const Call& call) { return list_tags(call, "logGroupName"); }},
    {"PutLogEvents", put_log_events},
    {"PutRetentionPolicy", put_retention_policy},
    {"TagLogGroup", [](const Call& call) { return add_tags(call, "logGroupName"); }},
    {"TagResource", [](const Call& call) { return add_tags(call, "resourceArn"); }},
    {"UntagLogGroup", [](const Call& call) { return remove_tags(call, "logGroupName", "tags"); }},
    {"UntagResource", [](const Call& call) { return remove_tags(call, "resourceArn", "tagKeys"); }},
}};

AwsError error_of(const Error& error) {
    switch (error.code) {
    case Errc::not_found: return {400, "ResourceNotFoundException", error.message};
    case Errc::conflict: return {400, "ResourceAlreadyExistsException", error.message};
    case Errc::throttled: return {400, "LimitExceededException", error.message};
    case Errc::malformed: return {400, "SerializationException", error.message};
    case Errc::invalid_argument:
    case Errc::unsupported: return {400, "InvalidParameterException", error.message};
    case Errc::constraint_broken:
    case Errc::wrong_json_type:
    case Errc::precondition_failed:
    case Errc::not_provisioned:
    case Errc::no_zip:
    case Errc::over_storage:
    case Errc::entity_too_large:
    case Errc::not_implemented:
    case Errc::over_policy_size: // of Lambda's API alone
    case Errc::invalid_request_body:
    case Errc::too_large:
    case Errc::permission_denied:
    case Errc::truncated:
    case Errc::closed:
    case Errc::timed_out:
    case Errc::shutting_down:
    case Errc::io: break;
    }
    return {500, "ServiceUnavailableException", error.message};
}

} // namespace

Result<std::optional<std::string>> text_member(const Call& call, const char* name) {
    const auto found = call.input.find(name);
    if (found == call.input.end() || found->is_null()) return std::optional<std::string>{};
    if (!found->is_string()) return make_error(Errc::malformed, std::string(name) + " is not text");
    return std::optional(found->get<std::string>());
}

Result<std::optional<std::int64_t>> integer_member(const Call& call, const char* name) {
    const auto found = call.input.find(name);
    if (found == call.input.end() || found->is_null()) return std::optional<std::int64_t>{};
    if (!found->is_number_integer()) return make_error(Errc::malformed, std::string(name) + " is not a whole number");
    return std::optional(found->get<std::int64_t>());
}

Result<std::string> required_name(const Call& call, const char* name) {
    const auto text = text_member(call, name);
    if (!text) return text.error();
    const std::string where =
        std::string("1 validation error detected: Value at '") + name + "' failed to satisfy constraint: Member must ";
    if (!*text) return make_error(Errc::invalid_argument, where + "not be null");
    if ((*text)->empty()) return make_error(Errc::invalid_argument, where + "have length greater than or equal to 1");
    if ((*text)->size() > 4 * limits::log_name_chars_max)
        return make_error(Errc::invalid_argument, where + "have length less than or equal to 512");
    return **text;
}

Result<engine::LogGroupKey> group_of(const Call& call) {
    const bool by_identifier = !call.input.contains("logGroupName") && call.input.contains("logGroupIdentifier");
    return group_by(call, by_identifier ? "logGroupIdentifier" : "logGroupName");
}

Result<std::size_t> limit_of(const Call& call, std::size_t fallback, std::size_t most) {
    const auto limit = integer_member(call, "limit");
    if (!limit) return limit.error();
    if (!*limit) return fallback;
    if (**limit < 1 || **limit > static_cast<std::int64_t>(most))
        return make_error(Errc::invalid_argument, "1 validation error detected: Value '" + std::to_string(**limit) +
                                                      "' at 'limit' failed to satisfy constraint: Member must have value between 1 and " +
                                                      std::to_string(most));
    return static_cast<std::size_t>(**limit);
}

} // namespace logs

boost::asio::awaitable<io::HttpResponse> LogsApi::handle(io::HttpRequest request, RequestScope scope) {
    const std::string request_id = ids_.uuid();
    std::string_view name = request.headers.find("X-Amz-Target").value_or(std::string_view{});
    if (const auto dot = name.find('.'); dot != std::string_view::npos) name.remove_prefix(dot + 1);
    const auto operation =
        std::find_if(logs::operations.begin(), logs::operations.end(), [name](const auto& one) { return one.name == name; });
    if (operation == logs::operations.end()) {
        const AwsError error{400, "UnknownOperationException",
                             "lambox does not have the operation '" + std::string(name.substr(0, 128)) + "' of CloudWatch Logs."};
        co_return aws_error_response(AwsProtocol::json, error, request_id);
    }
    const auto input = logs::Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
    if (!input.is_object() || request.body_state != io::BodyState::complete) {
        const AwsError error{400, "SerializationException", "The request's body is not a JSON object."};
        co_return aws_error_response(AwsProtocol::json, error, request_id);
    }
    const auto now = std::chrono::floor<Milliseconds>(clock_.wall_now().time_since_epoch()).count();
    const logs::Call call{store_, scope, input, now};
    const auto output = operation->run(call);
    if (!output) co_return aws_error_response(AwsProtocol::json, logs::error_of(output.error()), request_id);
    io::HttpResponse response;
    response.headers.add("Content-Type", "application/x-amz-json-1.1");
    response.headers.add("x-amzn-RequestId", request_id);
    // AWS's operations without an output answer with no body at all.
    if (!output->json.empty()) response.body = output->json.dump(-1, ' ', false, logs::Json::error_handler_t::replace);
    co_return response;
}

} // namespace lambox::api
