// Goal: the loop does everything that is ready before it may sleep, sleeps when looking has been in vain, and ends with its work.
// Method: BusyPoll as a table of looks; the loop on a real io_context with posts and timers, nothing of which is timed.
#include "lambox/io/event_loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using namespace lambox;

namespace {

/// How many waits sleep after another look in vain.
std::uint32_t rests_after_vain_look(io::BusyPoll& poll) {
    poll.in_vain();
    std::uint32_t rests = 0;
    while (!poll.begins())
        ++rests;
    return rests;
}

} // namespace

TEST_CASE("looks in vain become rare, and one find makes them usual again") {
    io::BusyPoll poll;
    CHECK(poll.begins());
    for (const std::uint32_t expected : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 64U})
        CHECK(rests_after_vain_look(poll) == expected);
    poll.found();
    CHECK(poll.begins());
    CHECK(rests_after_vain_look(poll) == 1);
}

TEST_CASE("everything ready is done before the loop may sleep") {
    asio::io_context context;
    const io::SystemClock clock(context.get_executor());
    std::string done;
    asio::steady_timer timer(context, std::chrono::milliseconds{1});
    timer.async_wait([&](boost::system::error_code) { done += "timer "; });
    asio::post(context, [&] {
        done += "first ";
        asio::post(context, [&] { done += "second "; });
    });
    io::EventLoopHooks hooks;
    hooks.before_wait = [&] {
        if (done.find("wait") == std::string::npos) done += "wait ";
    };
    io::BusyPoll poll;
    SUBCASE("asleep at once") {
        hooks.busy_poll = [] { return nullptr; };
    }
    SUBCASE("looking first") {
        hooks.busy_poll = [&poll] { return &poll; };
    }
    io::run_event_loop(context, clock, hooks);
    CHECK(done == "first second wait timer ");
}

TEST_CASE("a loop that never looks goes on as well, and tells before each wait") {
    asio::io_context context;
    const io::SystemClock clock(context.get_executor());
    int done = 0;
    int told = 0;
    asio::post(context, [&] { asio::post(context, [&] { ++done; }); });
    io::EventLoopHooks hooks;
    hooks.before_wait = [&] { ++told; };
    io::run_event_loop(context, clock, hooks);
    CHECK(done == 1);
    CHECK(told >= 1);
}

TEST_CASE("a loop without work ends, and one that is stopped ends with work left") {
    asio::io_context context;
    const io::SystemClock clock(context.get_executor());
    io::run_event_loop(context, clock, {});
    CHECK(context.stopped());

    context.restart();
    asio::steady_timer never(context, std::chrono::hours{1});
    never.async_wait([](boost::system::error_code) {});
    asio::post(context, [&] { context.stop(); });
    bool waited = false;
    io::EventLoopHooks hooks;
    hooks.before_wait = [&] { waited = true; };
    hooks.busy_poll = [] { return nullptr; };
    io::run_event_loop(context, clock, hooks);
    CHECK_FALSE(waited);
}

TEST_CASE("what a handler throws comes out of the loop") {
    asio::io_context context;
    const io::SystemClock clock(context.get_executor());
    asio::post(context, [] { throw std::runtime_error("from a handler"); });
    CHECK_THROWS_WITH(io::run_event_loop(context, clock, {}), "from a handler");
}
