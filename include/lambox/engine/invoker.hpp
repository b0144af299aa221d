#pragma once

#include "lambox/engine/cold_start.hpp"
#include "lambox/engine/environment_pool.hpp"
#include "lambox/io/task_group.hpp"
#include "lambox/model/invocation.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace lambox::engine {

/// How much of an invocation its caller waits for.
enum class WaitFor {
    answer, ///< as AWS: the response, before the runtime asks for the next event (behaviour §4.5)
    report, ///< until it can be billed; for LogType=Tail and for measuring
};

struct InvokeReply {
    model::Outcome outcome;
    std::string executed_version;
    std::string log_tail;                            ///< with WaitFor::report
    std::optional<model::InvocationFigures> figures; ///< with WaitFor::report, unless throttled or abandoned
    std::string emulator;                            ///< what the figures were measured under; empty = native
};

/// One invocation from request to Outcome; settles billing and report. The invocation belongs to the task group, so it runs to its
/// end, and is billed, when its caller goes away.
class Invoker {
public:
    Invoker(EngineServices& services, io::TaskGroup& tasks);

    boost::asio::awaitable<InvokeReply> invoke(EnvironmentPool& pool, model::Invocation invocation, WaitFor wait_for);

private:
    struct Pending;
    struct Run;
    boost::asio::awaitable<void> run(EnvironmentPool& pool, std::shared_ptr<Pending> pending);
    boost::asio::awaitable<void> run_in(EnvironmentPool& pool, EnvironmentPool::Slot& slot, std::shared_ptr<Pending> pending);
    boost::asio::awaitable<void> run_assigned(EnvironmentPool& pool, EnvironmentPool::Slot& slot, std::shared_ptr<Pending> pending,
                                              ColdStart start, model::StartKind kind);
    void settle_failed_start(EnvironmentPool& pool, EnvironmentPool::Slot& slot, Pending& pending, const ColdStart& start);
    [[nodiscard]] model::InvocationReport bill(const EnvironmentPool& pool, const model::Invocation& invocation, Microseconds duration,
                                               const ColdStart& start) const;

    EngineServices& services_;
    io::TaskGroup& tasks_;
    Logger log_;
};

} // namespace lambox::engine
