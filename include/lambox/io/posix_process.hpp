#pragma once

#include "lambox/base/log.hpp"
#include "lambox/io/process.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <set>

namespace lambox::io {

/// Real processes. Makes this program the reaper of orphaned descendants (PR_SET_CHILD_SUBREAPER), so that a
/// handler's daemons come back to us and can be ended. One instance a program.
class PosixSpawner final : public ProcessSpawner {
public:
    PosixSpawner(boost::asio::any_io_executor executor, Logger log);
    ~PosixSpawner() override;
    [[nodiscard]] Result<std::unique_ptr<Process>> spawn(const SpawnSpec& spec, ProcessListener& listener) override;
    /// Kills and reaps every descendant that no living Process accounts for. Returns how many there were.
    std::size_t collect_strays();

private:
    struct Shared;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<Shared> shared_;
};

} // namespace lambox::io
