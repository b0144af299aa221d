#pragma once

// Children that are made ahead of need.

#include "posix_process_start.hpp"

#include <memory>
#include <vector>

namespace lambox::io::posix {

/// A child that has done all that does not depend on its program, and waits to be told it: in our memory, though in groups and with
/// descriptors of its own, so that a start is an execve and no more.
class Spare final : public SpareProcess {
public:
    /// Errors: unsupported where the kernel has no clone3, and those of joining the groups.
    [[nodiscard]] static Result<std::unique_ptr<Spare>> make(const SpareSpec& spec, std::shared_ptr<Household> household);
    Spare(const Spare&) = delete;
    Spare& operator=(const Spare&) = delete;
    ~Spare() override;
    [[nodiscard]] bool waits() const override;
    /// Once, and only when it waits. Like `start_child`.
    [[nodiscard]] Result<StartedChild> start(const SpawnSpec& spec);

private:
    /// What the child uses as well.
    struct Memory {
        ChildPlan plan;
        StackMemory stack;
        std::vector<int> joined;
    };
    explicit Spare(std::shared_ptr<Household> household);
    void end();

    std::shared_ptr<Household> household_;
    std::unique_ptr<Memory> memory_;
    pid_t pid_ = -1;
    Fd pidfd_; ///< closed once the child is somebody else's
    Fd output_;
    Fd statm_;
};

} // namespace lambox::io::posix
