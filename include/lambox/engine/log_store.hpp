#pragma once

#include "lambox/base/error.hpp"
#include "lambox/engine/log_sink.hpp"
#include "lambox/io/clock.hpp"

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::engine {

/// Where an event stands among all of its group: by time, then by arrival.
struct LogPosition {
    std::int64_t timestamp = 0; ///< milliseconds since 1970
    std::uint64_t sequence = 0;
    auto operator<=>(const LogPosition&) const = default;
};

struct LogEvent {
    LogPosition position;
    std::int64_t ingested = 0; ///< milliseconds since 1970
    std::string message;
    std::string_view stream; ///< into the group; valid until the store changes
};

struct LogStreamInfo {
    std::string name;
    std::int64_t created = 0;
    std::optional<std::int64_t> first_event;
    std::optional<std::int64_t> last_event;
    std::optional<std::int64_t> last_ingested;
};

using LogTags = std::map<std::string, std::string>;

/// Names a group: account and region keep groups apart.
struct LogGroupKey {
    std::string account;
    std::string region;
    std::string name;
    auto operator<=>(const LogGroupKey&) const = default;
};

struct LogGroupInfo {
    LogGroupKey key;
    std::int64_t created = 0;
    std::optional<int> retention_days;
    std::size_t stored_bytes = 0;
    LogTags tags;
};

struct LogMessage {
    std::int64_t timestamp;
    std::string message;
};

/// Log groups in memory, which is bounded by `limits`: the oldest events go first, of a group that is full, and of the largest group when
/// all together are. As a LogSink it takes a function's output, a line an event. Errors of the operations: not_found, conflict, throttled
/// (no room for another group or stream), with AWS's message.
class LogStore final : public LogSink {
public:
    explicit LogStore(io::Clock& clock);

    void write(const LogOrigin& origin, std::string_view text) override;

    [[nodiscard]] Result<void> create_group(const LogGroupKey& key, LogTags tags);
    [[nodiscard]] Result<void> delete_group(const LogGroupKey& key);
    [[nodiscard]] Result<void> create_stream(const LogGroupKey& key, const std::string& stream);
    [[nodiscard]] Result<void> delete_stream(const LogGroupKey& key, const std::string& stream);
    [[nodiscard]] Result<void> put(const LogGroupKey& key, const std::string& stream, std::span<const LogMessage> messages);
    [[nodiscard]] Result<void> set_retention(const LogGroupKey& key, std::optional<int> days);
    /// Lets `change` work on the tags.
    [[nodiscard]] Result<void> change_tags(const LogGroupKey& key, const std::function<void(LogTags&)>& change);

    /// By name.
    [[nodiscard]] std::vector<LogGroupInfo> groups(std::string_view account, std::string_view region) const;
    [[nodiscard]] Result<LogGroupInfo> group(const LogGroupKey& key) const;
    /// By name.
    [[nodiscard]] Result<std::vector<LogStreamInfo>> streams(const LogGroupKey& key) const;
    /// Those that `wanted` picks, in order of position. Valid until the store changes.
    [[nodiscard]] Result<std::vector<const LogEvent*>> events(const LogGroupKey& key,
                                                              const std::function<bool(const LogEvent&)>& wanted) const;

    void clear();
    [[nodiscard]] std::size_t group_count() const { return groups_.size(); }
    /// Of memory that all events take.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    struct Group {
        LogGroupInfo info;
        std::map<std::string, LogStreamInfo, std::less<>> streams;
        std::deque<LogEvent> events; ///< in order of arrival
        std::size_t held_bytes = 0;  ///< of memory
    };
    struct Target {
        Group* group = nullptr;
        LogStreamInfo* stream = nullptr;
    };
    using Groups = std::map<LogGroupKey, Group>;

    [[nodiscard]] Target target_of(const LogOrigin& origin);
    [[nodiscard]] Result<Group*> find(const LogGroupKey& key);
    [[nodiscard]] Result<const Group*> find(const LogGroupKey& key) const;
    [[nodiscard]] LogStreamInfo& stream_of(Group& group, std::string_view name, std::int64_t now);
    void append(Group& group, LogStreamInfo& stream, std::int64_t timestamp, std::int64_t now, std::string_view message);
    void uncount(Group& group, const LogEvent& event);
    void drop_oldest(Group& group);
    void make_room(Group& group);
    void drop_oldest_streams(Group& group);
    void erase_streams(Group& group, const std::set<std::string, std::less<>>& names);
    [[nodiscard]] std::int64_t now() const;

    io::Clock& clock_;
    Groups groups_;
    std::map<std::string, Group*, std::less<>> by_arn_; ///< of functions with the group of their name
    std::uint64_t sequence_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace lambox::engine
