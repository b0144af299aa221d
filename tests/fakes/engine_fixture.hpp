#pragma once

#include "fakes/fake_process.hpp"
#include "fakes/manual_clock.hpp"
#include "fakes/memory_log_sink.hpp"
#include "fakes/sequential_ids.hpp"
#include "lambox/engine/supervisor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambox::fakes {

/// An endpoint without a socket: the test speaks to the session itself. What it asks for runs in a group that ends with the endpoint, as
/// connections do.
class FakeEndpoints final : public engine::RuntimeEndpointFactory {
public:
    explicit FakeEndpoints(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    [[nodiscard]] Result<std::unique_ptr<engine::RuntimeEndpoint>> open(engine::RuntimeSession& session) override {
        struct Endpoint final : engine::RuntimeEndpoint {
            explicit Endpoint(const boost::asio::any_io_executor& executor) : calls(executor, Logger()) {}
            [[nodiscard]] std::string address() const override { return "127.0.0.1:9001"; }
            void stop() override { calls.cancel(io::CancelKind::terminal); }
            boost::asio::awaitable<void> join() override { return calls.join(); }
            io::TaskGroup calls;
        };
        auto endpoint = std::make_unique<Endpoint>(executor_);
        last = &session;
        calls = &endpoint->calls;
        return std::unique_ptr<engine::RuntimeEndpoint>(std::move(endpoint));
    }

    [[nodiscard]] bool make_ready(std::size_t count) override {
        if (!makes_ready || ready >= count) return false;
        ++ready;
        return true;
    }
    boost::asio::awaitable<void> drop_ready() override {
        ready = 0;
        co_return;
    }

    bool makes_ready = false;
    std::size_t ready = 0; ///< listeners, if there were any

    // Of the environment started last.
    engine::RuntimeSession* last = nullptr;
    io::TaskGroup* calls = nullptr;

private:
    boost::asio::any_io_executor executor_;
};

/// A whole engine on manual time with processes that do what the test says. Its destructor stops the engine and proves that
/// nothing is left.
class EngineFixture {
public:
    EngineFixture() : EngineFixture(model::Era(std::chrono::year(2026) / 11 / 1)) {}
    explicit EngineFixture(model::Era era)
        : folder_(std::filesystem::temp_directory_path() / ("lambox-test-" + std::to_string(::getpid()))),
          services{io.get_executor(), clock, spawner, endpoints, ids, log, Logger(),
                   engine::EngineSettings{era, "us-east-1", "000000000000", {}, Seconds(600), folder_ / "scratch"}, {}},
          supervisor(services) {
        services.containments.memory_limit = engine::MemoryLimit::watched;
        std::filesystem::create_directories(folder_ / "task");
        // A real ELF header, so that the launch plan finds a program of this machine.
        std::filesystem::copy_file("/proc/self/exe", folder_ / "task" / "bootstrap", std::filesystem::copy_options::overwrite_existing);
    }
    ~EngineFixture() {
        supervisor.stop();
        end_processes();
        bool joined = false;
        boost::asio::co_spawn(io, supervisor.join(), [&joined](std::exception_ptr error) { joined = !error; });
        for (int i = 0; i < 20 && !joined; ++i) {
            end_processes();
            turn();
            if (!joined) clock.advance(limits::shutdown_with_external_extensions); // the time that extensions have to end
        }
        CHECK(joined);
        CHECK(spawner.held() == 0);
        CHECK(supervisor.environments() == 0);
        CHECK(clock.pending() == 0);
        std::error_code ignored;
        const auto scratch = folder_ / "scratch";
        CHECK((!std::filesystem::exists(scratch) || std::filesystem::is_empty(scratch)));
        std::filesystem::remove_all(folder_, ignored);
    }

    std::shared_ptr<const engine::FunctionRevision> function(std::optional<std::uint32_t> reserved = std::nullopt) {
        auto revision = std::make_shared<engine::FunctionRevision>();
        revision->config.name = "f" + std::to_string(++functions_);
        revision->config.runtime = model::find_runtime("provided.al2023");
        revision->config.architecture = engine::host_architecture();
        revision->config.reserved_concurrency = reserved;
        revision->code.task = folder_ / "task";
        revision->arn = FunctionArn("arn:aws:lambda:us-east-1:000000000000:function:" + revision->config.name);
        return revision;
    }

    /// Everything that can run now.
    void turn() {
        io.restart();
        io.poll();
    }
    void advance(std::chrono::nanoseconds duration) {
        clock.advance(duration);
        turn();
    }

    using Reply = std::shared_ptr<std::optional<engine::InvokeReply>>;
    Reply invoke(const std::shared_ptr<const engine::FunctionRevision>& function, const std::string& payload = "{}",
                 engine::WaitFor wait_for = engine::WaitFor::report) {
        auto reply = std::make_shared<std::optional<engine::InvokeReply>>();
        model::Invocation invocation;
        invocation.request_id = RequestId(ids.uuid());
        invocation.payload = payload;
        invocation.invoked_arn = function->arn;
        auto done = [reply](std::exception_ptr error, Result<engine::InvokeReply> result) {
            if (!error && result) *reply = std::move(*result);
        };
        boost::asio::co_spawn(io, supervisor.invoke(function, std::move(invocation), wait_for), done);
        turn();
        return reply;
    }

    /// The runtime of the youngest environment asks for the next event; what it gets lies in `event` afterwards.
    void ask_next() {
        event.reset();
        endpoints.calls->spawn(take_next(*endpoints.last));
        turn();
    }
    engine::RuntimeCallResult respond(const std::string& body) {
        const std::string id = event_id();
        auto result = endpoints.last->respond(delivery(id, body));
        turn();
        return result;
    }
    engine::RuntimeCallResult fail(const std::string& body, std::string_view error_type) {
        const std::string id = event_id();
        auto failure = delivery(id, body);
        failure.error_type = error_type;
        auto result = endpoints.last->fail(std::move(failure));
        turn();
        return result;
    }

    /// Lets every process that was killed end.
    void end_processes() {
        for (auto& process : spawner.processes) {
            if (process.kills > 0) process.exit(io::Signaled{9});
        }
        turn();
    }

    boost::asio::io_context io{1};
    ManualClock clock;
    FakeSpawner spawner;
    FakeEndpoints endpoints{io.get_executor()};
    SequentialIds ids;
    MemoryLogSink log;

private:
    std::filesystem::path folder_;
    int functions_ = 0;

    boost::asio::awaitable<void> take_next(engine::RuntimeSession& session) {
        auto result = co_await session.next();
        if (auto* handed = std::get_if<engine::HandedInvocation>(&result)) event = std::move(*handed);
    }
    [[nodiscard]] std::string event_id() const { return event ? event->invocation->request_id.str() : ""; }
    [[nodiscard]] static engine::RuntimeDelivery delivery(const std::string& id, const std::string& body) {
        engine::RuntimeDelivery made;
        made.request_id = id;
        made.body = body;
        return made;
    }

public:
    engine::EngineServices services;
    engine::Supervisor supervisor;
    std::optional<engine::HandedInvocation> event;
};

/// What a caller got, of a reply that may still be missing.
inline const model::FunctionError* error_of(const EngineFixture::Reply& reply) {
    return *reply ? std::get_if<model::FunctionError>(&(*reply)->outcome) : nullptr;
}

inline std::string payload_of(const EngineFixture::Reply& reply) {
    if (!*reply) return "nothing yet";
    if (const auto* success = std::get_if<model::Success>(&(*reply)->outcome)) return success->payload;
    if (const auto* error = error_of(reply)) return "error " + error->payload;
    return "neither";
}

inline const model::InvocationReport& report_of(const EngineFixture::Reply& reply) { return (*reply)->figures->report; }

} // namespace lambox::fakes
