#include "logs_detail.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/model/log_filter.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

namespace lambox::api::logs {
namespace {

using engine::LogEvent;
using engine::LogPosition;

// An event's id is its position in digits; ids and positions have one order. AWS's ids have 56 digits too.
constexpr std::size_t timestamp_digits = 20;
constexpr std::size_t sequence_digits = 36;
constexpr std::size_t id_digits = timestamp_digits + sequence_digits;

// AWS: "PutLogEvents": no event may be older than 14 days or more than two hours in the future.
constexpr std::int64_t too_old_ms = 14LL * 24 * 3600 * 1000;
constexpr std::int64_t too_new_ms = 2LL * 3600 * 1000;

std::string padded(std::uint64_t value, std::size_t digits) {
    const std::string text = std::to_string(value);
    return std::string(digits - text.size(), '0') + text;
}

std::string id_of(const LogPosition& position) {
    return padded(static_cast<std::uint64_t>(std::max<std::int64_t>(position.timestamp, 0)), timestamp_digits) +
           padded(position.sequence, sequence_digits);
}

std::optional<LogPosition> position_of(std::string_view id) {
    if (id.size() != id_digits) return std::nullopt;
    LogPosition position;
    const auto number = [](std::string_view digits, auto& value) {
        const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return result.ec == std::errc{} && result.ptr == digits.data() + digits.size();
    };
    const bool read = number(id.substr(0, timestamp_digits), position.timestamp) && number(id.substr(timestamp_digits), position.sequence);
    return read ? std::optional(position) : std::nullopt;
}

/// `f/ID` goes on behind the event, `b/ID` before it.
struct Token {
    enum class Way { forward, backward };
    Way way;
    LogPosition at;
};

Result<std::optional<Token>> token_of(const Call& call) {
    const auto text = text_member(call, "nextToken");
    if (!text) return text.error();
    if (!*text) return std::optional<Token>{};
    const std::string_view value = **text;
    const auto position = value.size() > 2 ? position_of(value.substr(2)) : std::nullopt;
    if (!position || !(value.starts_with("f/") || value.starts_with("b/")))
        return make_error(Errc::invalid_argument, "The specified nextToken is invalid.");
    return std::optional(Token{value.starts_with("f/") ? Token::Way::forward : Token::Way::backward, *position});
}

std::string text_of(Token::Way way, const LogPosition& at) {
    switch (way) {
    case Token::Way::forward: return "f/" + id_of(at);
    case Token::Way::backward: break;
    }
    return "b/" + id_of(at);
}

/// How many events from the front of `events` fit one answer.
template <class Iterator>
std::size_t page_length(Iterator first, Iterator last, std::size_t limit) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (; first != last && count < limit; ++first, ++count) {
        bytes += (*first)->message.size() + limits::log_event_overhead_bytes;
        if (bytes > limits::log_page_bytes_max && count > 0) break;
    }
    return count;
}

using Events = std::vector<const LogEvent*>;

Events page_of(const Events& all, const std::optional<Token>& token, bool from_head, std::size_t limit) {
    const auto before = [](const LogEvent* event, const LogPosition& at) { return event->position < at; };
    const auto behind = [](const LogPosition& at, const LogEvent* event) { return at < event->position; };
    if (token && token->way == Token::Way::forward) {
        const auto first = std::upper_bound(all.begin(), all.end(), token->at, behind);
        return {first, first + static_cast<std::ptrdiff_t>(page_length(first, all.end(), limit))};
    }
    if (!token && from_head) return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(page_length(all.begin(), all.end(), limit))};
    auto last = all.end();
    if (token) last = std::lower_bound(all.begin(), all.end(), token->at, before);
    const auto length = page_length(std::make_reverse_iterator(last), all.rend(), limit);
    return {last - static_cast<std::ptrdiff_t>(length), last};
}

/// At an end AWS gives the token back that it was given.
std::pair<std::string, std::string> tokens_around(const Events& page, const std::optional<Token>& given) {
    if (!page.empty()) {
        return {text_of(Token::Way::forward, page.back()->position), text_of(Token::Way::backward, page.front()->position)};
    }
    LogPosition before = given ? given->at : LogPosition{};
    LogPosition behind = before;
    if (given && given->way == Token::Way::forward) ++behind.sequence;
    if (given && given->way == Token::Way::backward && before.sequence > 0) --before.sequence;
    return {text_of(Token::Way::forward, before), text_of(Token::Way::backward, behind)};
}

struct TimeRange {
    std::optional<std::int64_t> start;
    std::optional<std::int64_t> end;
};

Result<TimeRange> range_of(const Call& call) {
    const auto start = integer_member(call, "startTime");
    if (!start) return start.error();
    const auto end = integer_member(call, "endTime");
    if (!end) return end.error();
    return TimeRange{*start, *end};
}

Result<std::vector<std::string>> stream_names(const Call& call) {
    std::vector<std::string> names;
    if (!call.input.contains("logStreamNames") || call.input["logStreamNames"].is_null()) return names;
    const Json& list = call.input["logStreamNames"];
    if (!list.is_array()) return make_error(Errc::malformed, "logStreamNames is not a list");
    for (const Json& name : list) {
        if (!name.is_string()) return make_error(Errc::malformed, "logStreamNames holds what is not text");
        names.push_back(name.get<std::string>());
    }
    return names;
}

} // namespace

Result<Answer> get_log_events(const Call& call) {
    const auto key = group_of(call);
    if (!key) return key.error();
    const auto stream = required_name(call, "logStreamName");
    if (!stream) return stream.error();
    const auto range = range_of(call);
    if (!range) return range.error();
    const auto limit = limit_of(call, limits::log_page_events_max, limits::log_page_events_max);
    if (!limit) return limit.error();
    const auto token = token_of(call);
    if (!token) return token.error();
    const auto streams = call.store.streams(*key);
    if (!streams) return streams.error();
    if (std::none_of(streams->begin(), streams->end(), [&](const auto& one) { return one.name == *stream; }))
        return make_error(Errc::not_found, "The specified log stream does not exist.");

    const auto events = call.store.events(*key, [&](const LogEvent& event) {
        return event.stream == *stream && (!range->start || event.position.timestamp >= *range->start) &&
               (!range->end || event.position.timestamp < *range->end);
    });
    if (!events) return events.error();
    const bool from_head = call.input.contains("startFromHead") && call.input["startFromHead"] == true;
    const Events page = page_of(*events, *token, from_head, *limit);
    Json output;
    output["events"] = Json::array();
    for (const LogEvent* event : page) {
        output["events"].push_back(
            {{"timestamp", event->position.timestamp}, {"message", event->message}, {"ingestionTime", event->ingested}});
    }
    const auto [forward, backward] = tokens_around(page, *token);
    output["nextForwardToken"] = forward;
    output["nextBackwardToken"] = backward;
    return Answer{std::move(output)};
}

Result<Answer> filter_log_events(const Call& call) {
    const auto key = group_of(call);
    if (!key) return key.error();
    const auto range = range_of(call);
    if (!range) return range.error();
    const auto limit = limit_of(call, limits::log_page_events_max, limits::log_page_events_max);
    if (!limit) return limit.error();
    const auto names = stream_names(call);
    if (!names) return names.error();
    const auto prefix = text_member(call, "logStreamNamePrefix");
    if (!prefix) return prefix.error();
    if (*prefix && !names->empty())
        return make_error(Errc::invalid_argument, "logStreamNames and logStreamNamePrefix cannot be given together");
    const auto pattern = text_member(call, "filterPattern");
    if (!pattern) return pattern.error();
    if (pattern->value_or("").size() > limits::log_pattern_chars_max)
        return make_error(Errc::invalid_argument, "Invalid filter pattern: longer than 1024 characters");
    const auto filter = model::LogFilter::parse(pattern->value_or(""));
    if (!filter) return filter.error();
    const auto token = token_of(call);
    if (!token) return token.error();

    const std::set<std::string_view> wanted_streams(names->begin(), names->end());
    const auto events = call.store.events(*key, [&](const LogEvent& event) {
        if (range->start && event.position.timestamp < *range->start) return false;
        if (range->end && event.position.timestamp > *range->end) return false;
        if (*token && event.position <= (*token)->at) return false;
        if (!wanted_streams.empty() && !wanted_streams.contains(event.stream)) return false;
        if (*prefix && !event.stream.starts_with(**prefix)) return false;
        return filter->fits(event.message);
    });
    if (!events) return events.error();
    const std::size_t length = page_length(events->begin(), events->end(), *limit);
    Json output;
    output["events"] = Json::array();
    for (std::size_t i = 0; i < length; ++i) {
        const LogEvent& event = *(*events)[i];
        output["events"].push_back({{"logStreamName", event.stream},
                                    {"timestamp", event.position.timestamp},
                                    {"message", event.message},
                                    {"ingestionTime", event.ingested},
                                    {"eventId", id_of(event.position)}});
    }
    output["searchedLogStreams"] = Json::array();
    if (length < events->size()) output["nextToken"] = text_of(Token::Way::forward, (*events)[length - 1]->position);
    return Answer{std::move(output)};
}

Result<Answer> put_log_events(const Call& call) {
    const auto key = group_of(call);
    if (!key) return key.error();
    const auto stream = required_name(call, "logStreamName");
    if (!stream) return stream.error();
    if (!call.input.contains("logEvents") || !call.input["logEvents"].is_array() || call.input["logEvents"].empty())
        return make_error(Errc::invalid_argument, "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member "
                                                  "must have length greater than or equal to 1");
    const Json& list = call.input["logEvents"];
    if (list.size() > limits::log_put_events_max)
        return make_error(Errc::invalid_argument, "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member "
                                                  "must have length less than or equal to 10000");
    std::vector<engine::LogMessage> messages;
    std::size_t bytes = 0;
    std::size_t too_old = 0; // how many at the front
    std::optional<std::size_t> too_new;
    std::int64_t last = 0;
    for (const Json& entry : list) {
        if (!entry.is_object() || !entry.contains("timestamp") || !entry["timestamp"].is_number_integer() || !entry.contains("message") ||
            !entry["message"].is_string())
            return make_error(Errc::malformed, "an event of logEvents lacks its timestamp or message");
        engine::LogMessage message{entry["timestamp"].get<std::int64_t>(), entry["message"].get<std::string>()};
        bytes += message.message.size() + limits::log_event_overhead_bytes;
        if (message.timestamp < last)
            return make_error(Errc::invalid_argument, "Log events in a single PutLogEvents request must be in chronological order.");
        last = message.timestamp;
        if (message.timestamp < call.now - too_old_ms) {
            ++too_old;
        } else if (message.timestamp > call.now + too_new_ms) {
            if (!too_new) too_new = too_old + messages.size();
        } else {
            messages.push_back(std::move(message));
        }
    }
    if (bytes > limits::log_put_bytes_max)
        return make_error(Errc::invalid_argument, "Upload too large: " + std::to_string(bytes) + " bytes");
    const auto put = call.store.put(*key, *stream, messages);
    if (!put) return put.error();
    Json output = Json::object();
    output["nextSequenceToken"] = padded(static_cast<std::uint64_t>(call.now), id_digits);
    if (too_old > 0) output["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] = too_old;
    if (too_new) output["rejectedLogEventsInfo"]["tooNewLogEventStartIndex"] = *too_new;
    return Answer{std::move(output)};
}

} // namespace lambox::api::logs
