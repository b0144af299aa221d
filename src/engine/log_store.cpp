#include "lambox/engine/log_store.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <utility>

namespace lambox::engine {
namespace {

constexpr std::string_view no_group = "The specified log group does not exist.";
constexpr std::string_view no_stream = "The specified log stream does not exist.";

/// As AWS counts it.
std::size_t size_of(const LogEvent& event) { return event.message.size() + limits::log_event_overhead_bytes; }

/// What it takes of our memory: with short lines twice as much.
std::size_t held_by(const LogEvent& event) {
    constexpr std::size_t allocation_overhead = 16; // the allocator's header, and rounding
    const bool inside = event.message.capacity() <= std::string().capacity();
    return sizeof(LogEvent) + (inside ? 0 : event.message.capacity() + allocation_overhead);
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, its piece number `index`.
std::string piece(std::string_view arn, int index) {
    for (; index > 0; --index)
        arn.remove_prefix(std::min(arn.find(':'), arn.size() - 1) + 1);
    return std::string(arn.substr(0, arn.find(':')));
}

LogGroupKey key_of(const LogOrigin& origin) {
    constexpr int region = 3;
    constexpr int account = 4;
    LogGroupKey key;
    if (!origin.function_arn.empty()) {
        key.region = piece(origin.function_arn, region);
        key.account = piece(origin.function_arn, account);
    }
    key.name = origin.log_group.empty() ? "/aws/lambda/" + std::string(origin.function_name) : std::string(origin.log_group);
    return key;
}

} // namespace

LogStore::LogStore(io::Clock& clock) : clock_(clock) {}

std::int64_t LogStore::now() const { return std::chrono::floor<Milliseconds>(clock_.wall_now().time_since_epoch()).count(); }

LogStore::Target LogStore::target_of(const LogOrigin& origin) {
    Target target;
    const auto known = by_arn_.find(origin.function_arn);
    if (known != by_arn_.end() && (origin.log_group.empty() || origin.log_group == known->second->info.key.name)) {
        target.group = known->second;
    } else {
        LogGroupKey key = key_of(origin);
        auto found = groups_.find(key);
        if (found == groups_.end()) {
            if (groups_.size() >= limits::log_groups_max) return target;
            found = groups_.emplace(key, Group{}).first;
            found->second.info.key = key;
            found->second.info.created = now();
        }
        target.group = &found->second;
        if (known == by_arn_.end() && by_arn_.size() < limits::log_groups_max) by_arn_.emplace(origin.function_arn, target.group);
    }
    target.stream = &stream_of(*target.group, origin.log_stream, now());
    return target;
}

LogStreamInfo& LogStore::stream_of(Group& group, std::string_view name, std::int64_t created) {
    if (const auto found = group.streams.find(name); found != group.streams.end()) return found->second;
    if (group.streams.size() >= limits::log_streams_per_group_max) drop_oldest_streams(group);
    LogStreamInfo info;
    info.name = name;
    info.created = created;
    return group.streams.emplace(std::string(name), std::move(info)).first->second;
}

void LogStore::write(const LogOrigin& origin, std::string_view text) {
    const Target target = target_of(origin);
    if (target.group == nullptr) return;
    const std::int64_t at = now();
    while (!text.empty()) {
        const auto newline = text.find('\n');
        const auto line = text.substr(0, newline == std::string_view::npos ? text.size() : newline + 1);
        append(*target.group, *target.stream, at, at, line);
        text.remove_prefix(line.size());
    }
    make_room(*target.group);
}

void LogStore::append(Group& group, LogStreamInfo& stream, std::int64_t timestamp, std::int64_t at, std::string_view message) {
    LogEvent& event = group.events.emplace_back();
    event.position = LogPosition{timestamp, ++sequence_};
    event.ingested = at;
    event.message = message;
    event.stream = stream.name;
    stream.first_event = std::min(stream.first_event.value_or(timestamp), timestamp);
    stream.last_event = std::max(stream.last_event.value_or(timestamp), timestamp);
    stream.last_ingested = at;
    group.info.stored_bytes += size_of(event);
    group.held_bytes += held_by(event);
    bytes_ += held_by(event);
}

void LogStore::uncount(Group& group, const LogEvent& event) {
    group.info.stored_bytes -= size_of(event);
    group.held_bytes -= held_by(event);
    bytes_ -= held_by(event);
}

void LogStore::drop_oldest(Group& group) {
    uncount(group, group.events.front());
    group.events.pop_front();
}

void LogStore::make_room(Group& group) {
    while (group.held_bytes > limits::log_group_bytes_max)
        drop_oldest(group);
    while (bytes_ > limits::log_bytes_max) {
        const auto smaller = [](const auto& left, const auto& right) { return left.second.held_bytes < right.second.held_bytes; };
        Group& largest = std::max_element(groups_.begin(), groups_.end(), smaller)->second;
        // A good part at once, so that the search for the largest is rare.
        const std::size_t wanted = largest.held_bytes / 4 * 3;
        while (!largest.events.empty() && largest.held_bytes > wanted)
            drop_oldest(largest);
    }
}

void LogStore::drop_oldest_streams(Group& group) {
    // A good part at once: each time all events of the group are looked at, and every cold start may make a stream.
    std::vector<const LogStreamInfo*> streams;
    streams.reserve(group.streams.size());
    for (const auto& [name, info] : group.streams)
        streams.push_back(&info);
    const auto end = streams.begin() + static_cast<std::ptrdiff_t>(streams.size() / 10 + 1);
    std::nth_element(streams.begin(), end, streams.end(),
                     [](const auto* left, const auto* right) { return left->created < right->created; });
    std::set<std::string, std::less<>> oldest;
    std::for_each(streams.begin(), end, [&oldest](const auto* info) { oldest.insert(info->name); });
    erase_streams(group, oldest);
}

void LogStore::erase_streams(Group& group, const std::set<std::string, std::less<>>& names) {
    std::deque<LogEvent> kept;
    for (LogEvent& event : group.events) {
        if (names.contains(event.stream))
            uncount(group, event);
        else
            kept.push_back(std::move(event));
    }
    group.events = std::move(kept);
    for (const auto& name : names)
        group.streams.erase(name);
}

Result<LogStore::Group*> LogStore::find(const LogGroupKey& key) {
    const auto found = groups_.find(key);
    if (found == groups_.end()) return make_error(Errc::not_found, std::string(no_group));
    return &found->second;
}

Result<const LogStore::Group*> LogStore::find(const LogGroupKey& key) const {
    const auto found = groups_.find(key);
    if (found == groups_.end()) return make_error(Errc::not_found, std::string(no_group));
    return &found->second;
}

Result<void> LogStore::create_group(const LogGroupKey& key, LogTags tags) {
    if (groups_.contains(key)) return make_error(Errc::conflict, "The specified log group already exists");
    if (groups_.size() >= limits::log_groups_max) return make_error(Errc::throttled, "Resource limit exceeded.");
    Group& group = groups_[key];
    group.info.key = key;
    group.info.created = now();
    group.info.tags = std::move(tags);
    return {};
}

Result<void> LogStore::delete_group(const LogGroupKey& key) {
    const auto found = groups_.find(key);
    if (found == groups_.end()) return make_error(Errc::not_found, std::string(no_group));
    bytes_ -= found->second.held_bytes;
    std::erase_if(by_arn_, [&found](const auto& entry) { return entry.second == &found->second; });
    groups_.erase(found);
    return {};
}

Result<void> LogStore::create_stream(const LogGroupKey& key, const std::string& stream) {
    const auto group = find(key);
    if (!group) return group.error();
    if ((*group)->streams.contains(stream)) return make_error(Errc::conflict, "The specified log stream already exists");
    if ((*group)->streams.size() >= limits::log_streams_per_group_max) return make_error(Errc::throttled, "Resource limit exceeded.");
    static_cast<void>(stream_of(**group, stream, now()));
    return {};
}

Result<void> LogStore::delete_stream(const LogGroupKey& key, const std::string& stream) {
    const auto group = find(key);
    if (!group) return group.error();
    if (!(*group)->streams.contains(stream)) return make_error(Errc::not_found, std::string(no_stream));
    erase_streams(**group, {stream});
    return {};
}

Result<void> LogStore::put(const LogGroupKey& key, const std::string& stream, std::span<const LogMessage> messages) {
    const auto group = find(key);
    if (!group) return group.error();
    const auto found = (*group)->streams.find(stream);
    if (found == (*group)->streams.end()) return make_error(Errc::not_found, std::string(no_stream));
    const std::int64_t at = now();
    for (const LogMessage& message : messages)
        append(**group, found->second, message.timestamp, at, message.message);
    make_room(**group);
    return {};
}

Result<void> LogStore::set_retention(const LogGroupKey& key, std::optional<int> days) {
    const auto group = find(key);
    if (!group) return group.error();
    (*group)->info.retention_days = days;
    return {};
}

Result<void> LogStore::change_tags(const LogGroupKey& key, const std::function<void(LogTags&)>& change) {
    const auto group = find(key);
    if (!group) return group.error();
    change((*group)->info.tags);
    return {};
}

std::vector<LogGroupInfo> LogStore::groups(std::string_view account, std::string_view region) const {
    std::vector<LogGroupInfo> list;
    LogGroupKey first;
    first.account = account;
    first.region = region;
    for (auto at = groups_.lower_bound(first); at != groups_.end(); ++at) {
        if (at->first.account != account || at->first.region != region) break;
        list.push_back(at->second.info);
    }
    return list;
}

Result<LogGroupInfo> LogStore::group(const LogGroupKey& key) const {
    const auto group = find(key);
    if (!group) return group.error();
    return (*group)->info;
}

Result<std::vector<LogStreamInfo>> LogStore::streams(const LogGroupKey& key) const {
    const auto group = find(key);
    if (!group) return group.error();
    std::vector<LogStreamInfo> list;
    for (const auto& [name, info] : (*group)->streams)
        list.push_back(info);
    return list;
}

Result<std::vector<const LogEvent*>> LogStore::events(const LogGroupKey& key, const std::function<bool(const LogEvent&)>& wanted) const {
    const auto group = find(key);
    if (!group) return group.error();
    std::vector<const LogEvent*> list;
    for (const LogEvent& event : (*group)->events) {
        if (wanted(event)) list.push_back(&event);
    }
    std::sort(list.begin(), list.end(), [](const LogEvent* left, const LogEvent* right) { return left->position < right->position; });
    return list;
}

void LogStore::clear() {
    by_arn_.clear();
    groups_.clear();
    bytes_ = 0;
}

} // namespace lambox::engine
