// Goal: a value reaches its one waiter in every order of setting, waiting, cancelling, destroying and deadlines, and
// nothing is touched after its end. Method: coroutines on an io_context turned by hand, a manual clock; the address
// sanitizer sees what a result cannot show.
#include "lambox/io/one_shot.hpp"

#include "fakes/manual_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

namespace asio = boost::asio;
using namespace lambox;
using namespace std::chrono_literals;
using io::OneShot;

namespace {

struct Bench {
    ~Bench() {
        // Nothing may be left to run, and no coroutine suspended.
        io.restart();
        io.poll();
        CHECK(started == ended);
        CHECK(clock.pending() == 0);
    }

    /// Runs `task` until it ends, recording how.
    void start(asio::awaitable<std::string> task) {
        ++started;
        auto done = [this](std::exception_ptr error, std::string value) {
            ++ended;
            try {
                if (error) std::rethrow_exception(error);
                outcome += value;
            } catch (const boost::system::system_error& e) {
                outcome += e.code() == asio::error::operation_aborted ? "aborted" : "other error";
            }
        };
        asio::co_spawn(io, std::move(task), asio::bind_cancellation_slot(signal.slot(), std::move(done)));
    }
    /// All that can run now.
    std::string turn() {
        io.restart();
        io.poll();
        return outcome;
    }

    /// Runs `action` as the program would, on the loop: there a cancel takes effect at once, outside it is posted.
    std::string inside(std::function<void()> action) {
        asio::post(io, std::move(action));
        return turn();
    }

    asio::io_context io;
    fakes::ManualClock clock;
    asio::cancellation_signal signal;
    std::string outcome;
    int started = 0;
    int ended = 0;
};

asio::awaitable<std::string> take(OneShot<std::string>& shot) { co_return co_await shot.wait(); }

asio::awaitable<std::string> take_until(OneShot<std::string>& shot, io::Clock& clock, Instant deadline) {
    const auto value = co_await shot.wait_until(clock, deadline);
    if (!value) co_return "late";
    co_return *value;
}

asio::awaitable<std::string> take_twice(OneShot<std::string>& shot, io::Clock& clock, Instant deadline) {
    std::string said;
    const auto early = co_await shot.wait_until(clock, deadline);
    said += early ? *early : "late,";
    if (!early) said += co_await shot.wait();
    co_return said;
}

} // namespace

TEST_CASE("a value set before the wait is there at once") {
    Bench bench;
    OneShot<std::string> shot;
    CHECK_FALSE(shot.ready());
    shot.set("first");
    shot.set("second");
    CHECK(shot.ready());
    bench.start(take(shot));
    CHECK(bench.turn() == "first");
    CHECK_FALSE(shot.ready());
    shot.set("third");
    CHECK_FALSE(shot.ready());
}

TEST_CASE("set_and_resume runs the waiter inside the call, and may lose its OneShot there") {
    Bench bench;
    auto shot = std::make_unique<OneShot<std::string>>();
    auto task = [](std::unique_ptr<OneShot<std::string>>& mine) -> asio::awaitable<std::string> {
        std::string value = co_await mine->wait();
        mine.reset();
        co_return value;
    };
    bench.start(task(shot));
    CHECK(bench.turn().empty());
    CHECK(bench.inside([&] {
        shot->set_and_resume("value");
        bench.outcome += shot ? "kept," : "gone,";
    }) == "valuegone,");
}

TEST_CASE("set_and_resume before the wait is a set, and nothing for who has been woken already") {
    Bench bench;
    OneShot<std::string> shot;
    shot.set_and_resume("first");
    shot.set_and_resume("second");
    CHECK(shot.ready());
    bench.start(take(shot));
    CHECK(bench.turn() == "first");

    OneShot<std::string> posted;
    bench.start(take(posted));
    CHECK(bench.turn() == "first");
    posted.set(",third");
    posted.set_and_resume(",fourth");
    CHECK(bench.turn() == "first,third");
}

TEST_CASE("a value set during the wait wakes the waiter, but not inside set") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take(shot));
    CHECK(bench.turn().empty());
    shot.set("value");
    shot.set("later");
    CHECK(bench.outcome.empty());
    CHECK(bench.turn() == "value");
}

TEST_CASE("values that can only be moved pass through") {
    asio::io_context io;
    OneShot<std::unique_ptr<int>> shot;
    int seen = 0;
    asio::co_spawn(io, shot.wait(), [&](std::exception_ptr, std::unique_ptr<int> value) { seen = *value; });
    io.poll();
    shot.set(std::make_unique<int>(7));
    io.restart();
    io.poll();
    CHECK(seen == 7);
}

TEST_CASE("destroying it wakes the waiter with operation_aborted") {
    Bench bench;
    auto shot = std::make_unique<OneShot<std::string>>();
    bench.start(take(*shot));
    bench.turn();
    shot.reset();
    CHECK(bench.outcome.empty());
    CHECK(bench.turn() == "aborted");
}

TEST_CASE("destroying it before the waiter's first step aborts the wait") {
    Bench bench;
    auto shot = std::make_unique<OneShot<std::string>>();
    bench.start(shot->wait());
    shot.reset();
    CHECK(bench.turn() == "aborted");
}

TEST_CASE("a value set just before its destruction still arrives") {
    Bench bench;
    auto shot = std::make_unique<OneShot<std::string>>();
    bench.start(take(*shot));
    bench.turn();
    shot->set("value");
    shot.reset();
    CHECK(bench.turn() == "value");
}

TEST_CASE("cancelling ends the wait and spares a value that comes later") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take(shot));
    bench.turn();
    const auto cancel_then_set = [&] {
        bench.signal.emit(asio::cancellation_type::terminal);
        CHECK(bench.outcome.empty());
        shot.set("value");
    };
    CHECK(bench.inside(cancel_then_set) == "aborted");
    CHECK(shot.ready());
    bench.start(take(shot));
    CHECK(bench.turn() == "abortedvalue");
}

TEST_CASE("a value set before the cancelling wins") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take(shot));
    bench.turn();
    const auto set_then_cancel = [&] {
        shot.set("value");
        bench.signal.emit(asio::cancellation_type::terminal);
    };
    CHECK(bench.inside(set_then_cancel) == "value");
}

TEST_CASE("cancelling after set and destruction touches nothing that is gone") {
    Bench bench;
    auto shot = std::make_unique<OneShot<std::string>>();
    bench.start(take(*shot));
    bench.turn();
    const auto set_destroy_cancel = [&] {
        shot->set("value");
        shot.reset();
        bench.signal.emit(asio::cancellation_type::terminal);
    };
    CHECK(bench.inside(set_destroy_cancel) == "value");
}

TEST_CASE("cancelling before the first step aborts the wait") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take(shot));
    bench.signal.emit(asio::cancellation_type::terminal);
    CHECK(bench.turn() == "aborted");
}

TEST_CASE("a total cancel does not reach a coroutine that did not ask for it") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take(shot));
    bench.turn();
    bench.signal.emit(asio::cancellation_type::total);
    CHECK(bench.turn().empty());
    shot.set("value");
    CHECK(bench.turn() == "value");
}

TEST_CASE("a deadline ends the wait with nothing, exactly when it comes") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take_until(shot, bench.clock, bench.clock.now() + 3s));
    bench.turn();
    bench.clock.advance(2'999ms);
    CHECK(bench.turn().empty());
    bench.clock.advance(1ms);
    CHECK(bench.turn() == "late");
}

TEST_CASE("a value before the deadline ends the wait and its timer") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take_until(shot, bench.clock, bench.clock.now() + 3s));
    bench.turn();
    shot.set("value");
    CHECK(bench.turn() == "value");
    CHECK(bench.clock.pending() == 0);
}

TEST_CASE("a value that was there already makes the deadline irrelevant") {
    Bench bench;
    OneShot<std::string> shot;
    shot.set("value");
    bench.start(take_until(shot, bench.clock, bench.clock.now() - 1s));
    CHECK(bench.turn() == "value");
}

TEST_CASE("a value set between the deadline and the waiter's next step still counts") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take_until(shot, bench.clock, bench.clock.now() + 3s));
    bench.turn();
    bench.clock.advance(3s);
    shot.set("value");
    CHECK(bench.turn() == "value");
}

TEST_CASE("after a missed deadline the value can be waited for again") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take_twice(shot, bench.clock, bench.clock.now() + 3s));
    bench.turn();
    bench.clock.advance(3s);
    CHECK(bench.turn().empty());
    shot.set("value");
    CHECK(bench.turn() == "late,value");
}

TEST_CASE("a deadline that passes after destruction touches nothing that is gone") {
    Bench bench;
    auto shot = std::make_unique<OneShot<std::string>>();
    bench.start(take_until(*shot, bench.clock, bench.clock.now() + 3s));
    bench.turn();
    shot.reset();
    bench.clock.advance(3s);
    CHECK(bench.turn() == "aborted");
}

TEST_CASE("cancelling a wait with a deadline ends its timer") {
    Bench bench;
    OneShot<std::string> shot;
    bench.start(take_until(shot, bench.clock, bench.clock.now() + 3s));
    bench.turn();
    bench.signal.emit(asio::cancellation_type::terminal);
    CHECK(bench.turn() == "aborted");
    CHECK(bench.clock.pending() == 0);
}
