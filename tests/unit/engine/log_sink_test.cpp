// Goal: a descriptor gets every line once, in order, with its prefix; batches are bounded, and a dead descriptor harms nobody.
// Method: a pipe, read without waiting, so that what has not been written is seen to be missing.
#include "lambox/engine/log_sink.hpp"

#include "lambox/base/limits.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

using namespace lambox;
using engine::DescriptorLogSink;
using engine::LogPrefix;

namespace {

class Pipe {
public:
    Pipe() {
        REQUIRE(::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        REQUIRE(::fcntl(ends_[1], F_SETPIPE_SZ, 1 << 20) >= 0);
    }
    ~Pipe() {
        close_reader();
        ::close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    [[nodiscard]] int writer() const { return ends_[1]; }
    void close_reader() {
        if (ends_[0] >= 0) ::close(ends_[0]);
        ends_[0] = -1;
    }
    /// What has come so far.
    [[nodiscard]] std::string read() const {
        std::string text(1 << 20, '\0');
        const auto count = ::read(ends_[0], text.data(), text.size());
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

engine::LogOrigin origin() {
    engine::LogOrigin made;
    made.environment_id = "hello#1";
    return made;
}

} // namespace

TEST_CASE("lines are gathered for a pipe until they are flushed, each behind its environment") {
    Pipe pipe;
    DescriptorLogSink sink(pipe.writer(), LogPrefix::environment);
    sink.write(origin(), "one\ntwo\n");
    sink.write(origin(), "a piece");
    CHECK(pipe.read().empty());
    sink.flush();
    CHECK(pipe.read() == "hello#1 | one\nhello#1 | two\nhello#1 | a piece");
    sink.flush();
    CHECK(pipe.read().empty());
}

TEST_CASE("a full batch is written at once, and the last one with the end of the sink") {
    Pipe pipe;
    const std::string line(limits::log_batch_bytes_max / 2, 'x');
    {
        DescriptorLogSink sink(pipe.writer(), LogPrefix::none);
        sink.write(origin(), line);
        CHECK(pipe.read().empty());
        sink.write(origin(), line);
        CHECK(pipe.read() == line + line);
        sink.write(origin(), "end\n");
        CHECK(pipe.read().empty());
    }
    CHECK(pipe.read() == "end\n");
}

TEST_CASE("a descriptor that nobody reads loses the text, and the sink goes on") {
    std::signal(SIGPIPE, SIG_IGN);
    Pipe dead;
    dead.close_reader();
    DescriptorLogSink sink(dead.writer(), LogPrefix::none);
    sink.write(origin(), "lost\n");
    sink.flush();

    Pipe pipe;
    DescriptorLogSink other(pipe.writer(), LogPrefix::none);
    engine::TeeLogSink both(sink, other);
    both.write(origin(), "kept\n");
    both.flush();
    CHECK(pipe.read() == "kept\n");
}
