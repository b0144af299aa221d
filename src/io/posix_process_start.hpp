#pragma once

// What the ways to start a child have in common, up to the clone.

#include "posix_process_child.hpp"
#include "posix_process_detail.hpp"

#include <optional>
#include <string>
#include <vector>

namespace lambox::io::posix {

struct Pipe {
    Fd reading; ///< does not block
    Fd writing; ///< above 2
};
[[nodiscard]] Result<Pipe> make_pipe();

/// The texts that an execve takes; they have to live until it is over.
class ProgramTexts {
public:
    explicit ProgramTexts(const SpawnSpec& spec);
    /// No text has a NUL in it.
    [[nodiscard]] bool fit() const;
    void put_into(ChildPlan& plan) const;

private:
    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::string directory_;
    std::vector<char*> argument_pointers_;
    std::vector<char*> environment_pointers_;
};

/// A group's files, opened here, because the child cannot report which one failed in other words than a number.
struct Joining {
    Fd directory; ///< open when the child is to be born there
    std::vector<std::string> paths;
    std::vector<Fd> files;
    std::vector<int> numbers;

    [[nodiscard]] std::optional<Error> open_file(const std::string& path);
    [[nodiscard]] std::optional<Error> open_all(const AttachPoint& point);
};

/// All but the program. What it names has to live until the child has taken it.
[[nodiscard]] Result<void> fill_in(ChildPlan& plan, const Household& household, const Pipe& pipe, const Joining& joining,
                                   std::uint64_t open_files_max);

/// Why the child gave up, in the words of ProcessSpawner::spawn.
[[nodiscard]] Error failure(const ChildPlan& plan, const Joining& joining);
[[nodiscard]] Error failure(const ChildPlan& plan);
/// Of the call that failed just now.
[[nodiscard]] Error failure(const char* what);

/// Waits for a child's end and reaps it.
void wait_for(const Fd& pidfd);

} // namespace lambox::io::posix
