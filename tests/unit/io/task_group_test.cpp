// Goal: a group owns its coroutines: cancels reach them, join waits for the last, a failing one hurts nobody else.
// Method: coroutines that wait for OneShots, turned by hand; the address sanitizer watches lifetimes.
#include "lambox/io/task_group.hpp"

#include "fakes/manual_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using namespace lambox;
using namespace std::chrono_literals;
using io::CancelKind;
using io::OneShot;
using io::TaskGroup;

namespace {

struct Bench {
    ~Bench() {
        turn();
        CHECK(group.size() == 0);
    }
    void turn() {
        io.restart();
        io.poll();
    }
    asio::io_context io;
    std::string said;
    TaskGroup group{io.get_executor(), Logger()};
};

asio::awaitable<void> say(std::string& said, std::string text) {
    said += text;
    co_return;
}

asio::awaitable<void> say_after(std::string& said, OneShot<bool>& gate, std::string text) {
    try {
        co_await gate.wait();
        said += text;
    } catch (const boost::system::system_error&) {
        said += "aborted " + text;
        throw;
    }
}

asio::awaitable<void> take_total_cancels(std::string& said, OneShot<bool>& gate) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_await say_after(said, gate, "total;");
}

template <class Exception>
asio::awaitable<void> fail(Exception exception) {
    throw exception;
    co_return;
}

asio::awaitable<void> spawn_more(TaskGroup& group, std::string& said, int count) {
    said += std::to_string(count);
    if (count > 0) group.spawn(spawn_more(group, said, count - 1));
    co_return;
}

asio::awaitable<void> join_and_say(TaskGroup& group, std::string& said) {
    co_await group.join();
    said += "joined;";
}

void run_join(Bench& bench) {
    asio::co_spawn(bench.io, join_and_say(bench.group, bench.said), [](std::exception_ptr error) { CHECK_FALSE(error); });
}

} // namespace

TEST_CASE("a child spawned from outside the loop starts on the loop") {
    Bench bench;
    bench.group.spawn(say(bench.said, "ran"));
    CHECK(bench.said.empty());
    CHECK(bench.group.size() == 1);
    bench.turn();
    CHECK(bench.said == "ran");
    CHECK(bench.group.size() == 0);
}

TEST_CASE("a child spawned on the loop runs up to its first suspension inside spawn, and ends outside of it") {
    Bench bench;
    OneShot<bool> gate;
    asio::post(bench.io, [&] {
        bench.group.spawn(say(bench.said, "ran;"));
        CHECK(bench.said == "ran;");
        CHECK(bench.group.size() == 1);
        bench.group.spawn(say_after(bench.said, gate, "late;"));
        CHECK(bench.said == "ran;");
    });
    bench.turn();
    gate.set(true);
    bench.turn();
    CHECK(bench.said == "ran;late;");
}

TEST_CASE("a cancel that is queued outside the loop does not reach a child that ended before it") {
    Bench bench;
    OneShot<bool> gate;
    bench.group.spawn(say_after(bench.said, gate, "child;"));
    bench.turn();
    gate.set(true);
    bench.group.cancel(CancelKind::terminal);
    bench.turn();
    CHECK(bench.said == "child;");
}

TEST_CASE("joining an empty group returns at once") {
    Bench bench;
    run_join(bench);
    bench.turn();
    CHECK(bench.said == "joined;");
}

TEST_CASE("join waits for the last child") {
    Bench bench;
    OneShot<bool> first;
    OneShot<bool> second;
    bench.group.spawn(say_after(bench.said, first, "first;"));
    bench.group.spawn(say_after(bench.said, second, "second;"));
    run_join(bench);
    bench.turn();
    second.set(true);
    bench.turn();
    CHECK(bench.said == "second;");
    first.set(true);
    bench.turn();
    CHECK(bench.said == "second;first;joined;");
}

TEST_CASE("join covers children that children spawn") {
    Bench bench;
    bench.group.spawn(spawn_more(bench.group, bench.said, 4));
    run_join(bench);
    bench.turn();
    CHECK(bench.said == "43210joined;");
}

TEST_CASE("join covers a child spawned after the last one ended and before the joiner woke") {
    Bench bench;
    OneShot<bool> gate;
    OneShot<bool> late;
    bench.group.spawn(say_after(bench.said, gate, "first;"));
    run_join(bench);
    bench.turn();
    gate.set(true);
    while (bench.group.size() > 0) bench.io.poll_one();
    bench.group.spawn(say_after(bench.said, late, "late;"));
    bench.turn();
    CHECK(bench.said == "first;");
    late.set(true);
    bench.turn();
    CHECK(bench.said == "first;late;joined;");
}

TEST_CASE("a group can be joined again") {
    Bench bench;
    for (int round = 0; round < 2; ++round) {
        bench.group.spawn(say(bench.said, "ran;"));
        run_join(bench);
        bench.turn();
    }
    CHECK(bench.said == "ran;joined;ran;joined;");
}

TEST_CASE("a cancelled join may be followed by another") {
    Bench bench;
    OneShot<bool> gate;
    bench.group.spawn(say_after(bench.said, gate, "child;"));
    asio::cancellation_signal signal;
    bool aborted = false;
    auto ended = [&](std::exception_ptr error) { aborted = error != nullptr; };
    asio::co_spawn(bench.io, join_and_say(bench.group, bench.said), asio::bind_cancellation_slot(signal.slot(), std::move(ended)));
    bench.turn();
    signal.emit(asio::cancellation_type::terminal);
    bench.turn();
    CHECK(aborted);
    run_join(bench);
    bench.turn();
    gate.set(true);
    bench.turn();
    CHECK(bench.said == "child;joined;");
}

TEST_CASE("an exception ends its child alone") {
    Bench bench;
    OneShot<bool> gate;
    bench.group.spawn(say_after(bench.said, gate, "other;"));
    bench.group.spawn(fail(std::runtime_error("broken")));
    bench.group.spawn(fail(boost::system::system_error(asio::error::operation_aborted)));
    bench.group.spawn(fail(boost::system::system_error(asio::error::eof)));
    bench.group.spawn(fail(42));
    CHECK_NOTHROW(bench.turn());
    CHECK(bench.group.size() == 1);
    gate.set(true);
    bench.turn();
    CHECK(bench.said == "other;");
}

TEST_CASE("a terminal cancel stops every child there is, and none that comes later") {
    Bench bench;
    OneShot<bool> gates[3];
    bench.group.spawn(say_after(bench.said, gates[0], "a;"));
    bench.group.spawn(take_total_cancels(bench.said, gates[1]));
    bench.turn();
    bench.group.cancel(CancelKind::terminal);
    bench.group.spawn(say_after(bench.said, gates[2], "later;"));
    CHECK(bench.said.empty());
    bench.turn();
    CHECK(bench.said == "aborted a;aborted total;");
    CHECK(bench.group.size() == 1);
    gates[2].set(true);
}

TEST_CASE("a total cancel stops only children that take it") {
    Bench bench;
    OneShot<bool> gates[2];
    bench.group.spawn(say_after(bench.said, gates[0], "stubborn;"));
    bench.group.spawn(take_total_cancels(bench.said, gates[1]));
    bench.turn();
    bench.group.cancel(CancelKind::total);
    bench.turn();
    CHECK(bench.said == "aborted total;");
    CHECK(bench.group.size() == 1);
    gates[0].set(true);
}

TEST_CASE("a child cancelled before its first step ends") {
    Bench bench;
    OneShot<bool> gate;
    bench.group.spawn(say_after(bench.said, gate, "child;"));
    bench.group.cancel(CancelKind::terminal);
    bench.turn();
    CHECK(bench.group.size() == 0);
}

TEST_CASE("cancelling twice, and after children have ended, is harmless") {
    Bench bench;
    OneShot<bool> gate;
    bench.group.spawn(say(bench.said, "short;"));
    bench.group.spawn(say_after(bench.said, gate, "long;"));
    bench.turn();
    bench.group.cancel(CancelKind::total);
    bench.group.cancel(CancelKind::terminal);
    bench.group.cancel(CancelKind::terminal);
    bench.turn();
    bench.group.cancel(CancelKind::terminal);
    CHECK(bench.said == "short;aborted long;");
}

TEST_CASE("children that sleep are cancelled out of their sleep") {
    Bench bench;
    fakes::ManualClock clock;
    bench.group.spawn(io::sleep_until(clock, clock.now() + 1h));
    bench.group.spawn(io::sleep_until(clock, clock.now() + 2h));
    bench.turn();
    CHECK(clock.pending() == 2);
    bench.group.cancel(CancelKind::terminal);
    run_join(bench);
    bench.turn();
    CHECK(clock.pending() == 0);
    CHECK(bench.said == "joined;");
}

TEST_CASE("thousands of children come and go") {
    Bench bench;
    OneShot<bool> gate;
    for (int i = 0; i < 5'000; ++i) bench.group.spawn(say(bench.said, "."));
    bench.group.spawn(say_after(bench.said, gate, "end"));
    bench.turn();
    CHECK(bench.said == std::string(5'000, '.'));
    CHECK(bench.group.size() == 1);
    gate.set(true);
}
