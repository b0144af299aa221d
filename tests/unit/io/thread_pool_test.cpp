// Goal: blocking work runs beside the loop, in order, and its end comes back to the loop. Method: a real thread and a real loop.
#include "lambox/io/thread_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace lambox;

namespace {

struct Seen {
    std::vector<int> order; ///< written by the pool's thread alone, read when it has ended
    std::vector<std::string> back;
    std::thread::id loop = std::this_thread::get_id();
    std::thread::id worker;
};

boost::asio::awaitable<void> use(io::ThreadPool& pool, Seen& seen, int number) {
    auto job = [&seen, number] {
        seen.order.push_back(number);
        seen.worker = std::this_thread::get_id();
        if (number == 2) throw std::runtime_error("broken");
        return std::to_string(number);
    };
    std::string said;
    try {
        said = co_await pool.run(std::move(job));
    } catch (const std::runtime_error& error) {
        said = error.what();
    }
    CHECK(std::this_thread::get_id() == seen.loop);
    seen.back.push_back(std::move(said));
}

} // namespace

TEST_CASE("jobs run on another thread one after the other, and values and exceptions come back to the loop") {
    boost::asio::io_context loop;
    Seen seen;
    {
        io::ThreadPool pool(loop.get_executor());
        for (int number = 1; number <= 3; ++number)
            boost::asio::co_spawn(loop, use(pool, seen, number), [](std::exception_ptr failure) { CHECK(!failure); });
        loop.run(); // ends by itself, and not before the last value is back
    }
    CHECK(seen.order == std::vector<int>{1, 2, 3});
    CHECK(seen.back == std::vector<std::string>{"1", "broken", "3"});
    CHECK(seen.worker != seen.loop);
}
