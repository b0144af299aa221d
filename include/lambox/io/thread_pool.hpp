#pragma once

#include "lambox/io/one_shot.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace lambox::io {

/// The only place where work blocks: one thread beside the loop, so that jobs run one after the other, in the order in which they came.
/// Whoever waits for a job has to have been joined before it is destroyed, as with everything that a coroutine waits for.
class ThreadPool {
public:
    explicit ThreadPool(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    ~ThreadPool() {
        thread_.stop();
        thread_.join();
    }

    /// Runs `work` on the thread and brings its value back to the loop. `work` owns what it reads and shares nothing with the loop that
    /// either side writes. What it throws is thrown here. Cancelling does not stop it; its value is then dropped.
    template <class Work>
    boost::asio::awaitable<std::invoke_result_t<Work&>> run(Work work) {
        using Value = std::invoke_result_t<Work&>;
        const auto done = std::make_shared<OneShot<Ended<Value>>>();
        boost::asio::post(thread_, job<Value>(loop_, done, std::move(work)));
        auto ended = co_await done->wait();
        if (ended.failure) std::rethrow_exception(ended.failure);
        co_return std::move(*ended.value);
    }

private:
    template <class Value>
    struct Ended {
        std::optional<Value> value;
        std::exception_ptr failure;
    };

    template <class Value, class Work>
    static auto job(boost::asio::any_io_executor loop, std::shared_ptr<OneShot<Ended<Value>>> done, Work work) {
        // The guard keeps the loop running while the value is on its way.
        auto guard = boost::asio::make_work_guard(loop);
        return [guard = std::move(guard), done = std::move(done), work = std::move(work)]() mutable {
            Ended<Value> ended;
            try {
                ended.value.emplace(work());
            } catch (...) {
                ended.failure = std::current_exception();
            }
            const auto back = guard.get_executor();
            // Moved, so that the last reference to `done` is let go of on the loop.
            boost::asio::post(back, [done = std::move(done), ended = std::move(ended)]() mutable { done->set(std::move(ended)); });
        };
    }

    boost::asio::any_io_executor loop_;
    boost::asio::thread_pool thread_{1};
};

} // namespace lambox::io
