#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/units.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/process.hpp"
#include "lambox/io/resource_group.hpp"
#include "lambox/io/task_group.hpp"

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace lambox::engine {

struct EngineServices;

/// A resource group for an environment to come, and who waits in it.
struct ReadyGroup {
    std::unique_ptr<io::ResourceGroup> group;  ///< null where environments have none
    std::optional<std::uint64_t> memory_bytes; ///< its limit
    std::shared_ptr<io::SpareProcess> spare;   ///< null in sandboxes, whose file system a function decides on
};

/// What a cold start needs and no function decides, made while nobody waits: groups with a spare process in each, scratch folders, and
/// listeners of the Runtime API. There is none before the first cold start; after one they are made when the next has not come for a
/// moment, and go when none comes for long (limits::ready_*). Whoever finds none makes his own.
class ReadyParts {
public:
    /// Both outlive it; listeners end in `tasks`.
    ReadyParts(EngineServices& services, io::TaskGroup& tasks);
    ReadyParts(const ReadyParts&) = delete;
    ReadyParts& operator=(const ReadyParts&) = delete;
    ~ReadyParts();

    /// A group with that limit, whose spare process, if it has one, still waits; nothing when there is none that can be had.
    [[nodiscard]] std::optional<ReadyGroup> take_group(std::optional<std::uint64_t> memory_bytes);
    /// An empty folder of its own; or the name, with `unique` in it, of one to be made.
    [[nodiscard]] std::filesystem::path take_folder(const std::string& unique);

    /// A cold start is under way: what it has taken is to be made again, for one like it.
    void note_start(std::optional<std::uint64_t> memory_bytes);
    /// Lets go of all when the last cold start was long ago.
    void expire(Instant now);
    /// Lets go of all, for now.
    void clear();
    /// And makes no more. Before `tasks` is joined.
    void close();

private:
    void arm(Instant at);
    /// One part at a time, since the loop stands still meanwhile.
    void make_one();
    /// False when there is nothing to be made.
    [[nodiscard]] bool make_missing();
    [[nodiscard]] bool make_group();
    [[nodiscard]] std::filesystem::path folder_named(const std::string& unique) const;

    EngineServices& services_;
    io::TaskGroup& tasks_;
    std::list<ReadyGroup> groups_;
    std::list<std::filesystem::path> folders_;
    std::optional<std::uint64_t> memory_bytes_; ///< of the last cold start
    Instant last_start_{};
    bool started_ = false; ///< somebody, since all was let go of
    std::unique_ptr<io::Timer> timer_;
    enum class Makes { all, no_spares, nothing };
    Makes makes_ = Makes::all;
};

} // namespace lambox::engine
