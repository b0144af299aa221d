// Goal: callbacks run once, in time order, never inside the scheduling call, and not after their timer's end; both
// clocks keep that. Method: the manual clock by hand; the system clock with instants that are past or very near.
#include "lambox/io/clock.hpp"

#include "fakes/manual_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lambox;
using namespace std::chrono_literals;
using fakes::ManualClock;

TEST_CASE("manual time stands still until it is moved") {
    ManualClock clock;
    const Instant start = clock.now();
    const WallTime wall = clock.wall_now();
    CHECK(clock.now() == start);
    clock.advance(1500ms);
    CHECK(clock.now() - start == 1500ms);
    CHECK(clock.wall_now() - wall == 1500ms);
    clock.advance(600ns);
    clock.advance(600ns);
    CHECK(clock.wall_now() - wall == 1500ms + 1us);
    clock.set_wall(WallTime{});
    clock.advance(1s);
    CHECK(clock.wall_now() == WallTime{1s});
}

TEST_CASE("due callbacks run in the order of their times, then of their calls, and see their own time") {
    ManualClock clock;
    const Instant start = clock.now();
    std::vector<std::string> order;
    const auto note = [&](const char* name) {
        return [&order, &clock, start, name] { order.push_back(name + std::to_string((clock.now() - start) / 1ms)); };
    };
    const auto late = clock.call_at(start + 30ms, note("late"));
    const auto first = clock.call_at(start + 10ms, note("first"));
    const auto second = clock.call_at(start + 10ms, note("second"));
    const auto past = clock.call_at(start - 5ms, note("past"));
    CHECK(order.empty());
    clock.advance(0ms);
    CHECK(order == std::vector<std::string>{"past0"});
    clock.advance(29ms);
    CHECK(order == std::vector<std::string>{"past0", "first10", "second10"});
    CHECK(clock.pending() == 1);
    clock.advance(1ms);
    CHECK(order.back() == "late30");
    CHECK(clock.pending() == 0);
    clock.advance(1h);
    CHECK(order.size() == 4);
}

TEST_CASE("a callback may schedule another, and end its own or a later timer") {
    ManualClock clock;
    const Instant start = clock.now();
    int ran = 0;
    std::unique_ptr<io::Timer> own;
    std::unique_ptr<io::Timer> next;
    std::unique_ptr<io::Timer> doomed = clock.call_at(start + 3ms, [&] { ran += 100; });
    own = clock.call_at(start + 1ms, [&] {
        own.reset();
        doomed.reset();
        next = clock.call_at(start + 2ms, [&] { ++ran; });
        ++ran;
    });
    clock.advance(10ms);
    CHECK(ran == 2);
}

TEST_CASE("a destroyed timer does not fire") {
    ManualClock clock;
    bool fired = false;
    { const auto timer = clock.call_at(clock.now() + 1ms, [&] { fired = true; }); }
    clock.advance(1s);
    CHECK_FALSE(fired);
}

TEST_CASE("the system clock calls later, once, even for an instant that is past") {
    boost::asio::io_context io;
    io::SystemClock clock(io.get_executor());
    int calls = 0;
    const auto timer = clock.call_at(clock.now() - 1h, [&] { ++calls; });
    CHECK(calls == 0);
    io.run();
    CHECK(calls == 1);
}

TEST_CASE("the system clock keeps the order of instants") {
    boost::asio::io_context io;
    io::SystemClock clock(io.get_executor());
    const Instant start = clock.now();
    std::string order;
    const auto second = clock.call_at(start + 3ms, [&] { order += "2"; });
    const auto first = clock.call_at(start + 1ms, [&] { order += "1"; });
    io.run();
    CHECK(order == "12");
    CHECK(clock.now() >= start + 3ms);
}

TEST_CASE("a system timer destroyed when its handler is queued already does not fire") {
    boost::asio::io_context io;
    io::SystemClock clock(io.get_executor());
    const Instant past = clock.now() - 1ms;
    std::unique_ptr<io::Timer> one;
    std::unique_ptr<io::Timer> other;
    int calls = 0;
    // Both are due, so both handlers are queued in one turn; whichever runs first ends the other.
    one = clock.call_at(past, [&] {
        ++calls;
        other.reset();
    });
    other = clock.call_at(past, [&] {
        ++calls;
        one.reset();
    });
    io.run();
    CHECK(calls == 1);
}

TEST_CASE("a system timer may be destroyed from its own callback") {
    boost::asio::io_context io;
    io::SystemClock clock(io.get_executor());
    std::unique_ptr<io::Timer> timer;
    bool fired = false;
    timer = clock.call_at(clock.now(), [&] {
        timer.reset();
        fired = true;
    });
    io.run();
    CHECK(fired);
}

TEST_CASE("sleeping ends at its instant and not before") {
    boost::asio::io_context io;
    ManualClock clock;
    bool awake = false;
    boost::asio::co_spawn(io, io::sleep_until(clock, clock.now() + 10s), [&](std::exception_ptr error) { awake = !error; });
    io.poll();
    clock.advance(9'999ms);
    io.poll();
    CHECK_FALSE(awake);
    clock.advance(1ms);
    io.poll();
    CHECK(awake);
}

TEST_CASE("a cancelled sleep ends at once and leaves no timer") {
    boost::asio::io_context io;
    ManualClock clock;
    boost::asio::cancellation_signal signal;
    boost::system::error_code ended_with;
    auto ended = [&](std::exception_ptr error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const boost::system::system_error& e) {
            ended_with = e.code();
        }
    };
    auto bound = boost::asio::bind_cancellation_slot(signal.slot(), std::move(ended));
    boost::asio::co_spawn(io, io::sleep_until(clock, clock.now() + 10s), std::move(bound));
    io.poll();
    CHECK(clock.pending() == 1);
    signal.emit(boost::asio::cancellation_type::terminal);
    io.poll();
    CHECK(ended_with == boost::asio::error::operation_aborted);
    CHECK(clock.pending() == 0);
}

TEST_CASE("the system clock's deadlines share a timer: called off ones are not waited for, late ones come in turn") {
    boost::asio::io_context context;
    io::SystemClock clock(context.get_executor());
    std::string order;
    {
        auto never = clock.call_at(clock.now() + 1h, [&] { order += "never "; });
        auto early = clock.call_at(clock.now() + 30min, [&] { order += "early "; });
        never.reset();
    }
    context.run(); // has nothing to wait for
    CHECK(order.empty());

    context.restart();
    std::unique_ptr<io::Timer> added;
    std::unique_ptr<io::Timer> doomed;
    const auto third = clock.call_at(clock.now() + 2ms, [&] { order += "third "; });
    const auto second = clock.call_at(clock.now() - 1s, [&] { order += "second "; });
    std::unique_ptr<io::Timer> first = clock.call_at(clock.now() - 2s, [&] {
        first.reset();
        doomed.reset();
        added = clock.call_at(clock.now() - 3s, [&] { order += "added "; });
        order += "first ";
    });
    doomed = clock.call_at(clock.now() - 1500ms, [&] { order += "doomed "; });
    CHECK(order.empty());
    context.run();
    // What a callback adds is late from the begin on, but has to wait for the round that is under way.
    CHECK(order.starts_with("first "));
    CHECK(order.find("doomed") == std::string::npos);
    CHECK(order.find("added") != std::string::npos);
    CHECK(order.find("second") < order.find("third"));
    CHECK(order.size() == std::string("first second added third ").size());
}
