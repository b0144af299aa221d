#pragma once

#include "lambox/base/log.hpp"
#include "lambox/io/one_shot.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <list>

namespace lambox::io {

enum class CancelKind {
    total,    ///< finish what is begun, take no more
    terminal, ///< stop now
};

/// Owns child coroutines. Its owner must join it before destroying it; a group that still has children asserts.
/// An exception that leaves a child is logged and ends that child alone.
class TaskGroup {
public:
    TaskGroup(boost::asio::any_io_executor executor, Logger log);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();

    /// Called on the executor's thread, this runs the child up to its first suspension.
    void spawn(boost::asio::awaitable<void> task);
    /// Asks every child there is to end; children spawned later are not touched. Asio delivers `total` only to
    /// coroutines that enabled it (`this_coro::reset_cancellation_state`); the others go on to their end.
    void cancel(CancelKind kind);
    /// Returns when the group is empty, those spawned meanwhile included. One joiner at a time; one that is cancelled
    /// may be followed by another.
    boost::asio::awaitable<void> join();
    [[nodiscard]] std::size_t size() const { return children_.size(); }
    [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }

private:
    boost::asio::any_io_executor executor_;
    Logger log_;
    std::list<boost::asio::cancellation_signal> children_;
    OneShot<bool>* joiner_ = nullptr;
};

} // namespace lambox::io
