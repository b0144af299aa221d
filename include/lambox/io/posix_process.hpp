#pragma once

#include "lambox/base/log.hpp"
#include "lambox/io/process.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>

namespace lambox::io {

/// Real processes. Makes this program the reaper of orphaned descendants (PR_SET_CHILD_SUBREAPER), so that a
/// handler's daemons come back to us and can be ended. One instance a program, used by the thread that runs the
/// executor: the kernel kills the children when that thread ends. A living process costs three descriptors, inside a
/// sandbox four.
class PosixSpawner final : public ProcessSpawner {
public:
    PosixSpawner(boost::asio::any_io_executor executor, Logger log);
    ~PosixSpawner() override;
    [[nodiscard]] Result<std::unique_ptr<Process>> spawn(const SpawnSpec& spec, ProcessListener& listener) override;
    [[nodiscard]] Result<std::unique_ptr<SpareProcess>> prepare(const SpareSpec& spec) override;
    void reap_orphans() override;
    /// Kills and reaps every descendant that no living Process accounts for; blocks until they have ended, two
    /// seconds at most. Returns how many were still running.
    std::size_t collect_strays();

private:
    struct Shared;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<Shared> shared_;
};

} // namespace lambox::io
