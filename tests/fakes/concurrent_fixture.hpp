#pragma once

#include "fakes/engine_fixture.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lambox::fakes {

/// An engine with functions on Managed Instances, whose workers the test plays.
struct ConcurrentFixture : EngineFixture {
    std::shared_ptr<const engine::FunctionRevision> managed(std::uint32_t concurrency, std::optional<std::uint32_t> reserved = {}) {
        auto made = std::make_shared<engine::FunctionRevision>(*function(reserved));
        made->config.managed_instances = model::ManagedInstances{"", concurrency, std::nullopt, concurrency};
        made->config.logging.format = "JSON";
        return made;
    }
    /// A worker of the youngest environment asks for an event; what it gets lies in `got`.
    void next(const std::string& worker) { next_in(worker, *endpoints.last, *endpoints.calls); }
    void next_in(const std::string& worker, engine::RuntimeSession& session, io::TaskGroup& calls) {
        got.erase(worker);
        calls.spawn(take(session, worker, kept));
        turn();
    }
    /// `accepted`, or the number of the refusal.
    std::string answer(const std::string& request_id, const std::string& body, const std::string& invocation_id = {}) {
        return word(endpoints.last->respond(delivery(request_id, body, invocation_id)));
    }
    std::string fail(const std::string& request_id, const std::string& body) {
        return word(endpoints.last->fail(delivery(request_id, body, {})));
    }
    std::string answer_of(const std::string& worker, const std::string& body) { return answer(got[worker], body); }
    [[nodiscard]] std::size_t events(std::string_view type) const {
        std::size_t count = 0;
        const std::string wanted = "\"type\":\"" + std::string(type) + "\"";
        for (auto at = log.text().find(wanted); at != std::string::npos; at = log.text().find(wanted, at + 1))
            ++count;
        return count;
    }
    /// A warm environment with all of its workers waiting.
    void warm_up(const std::shared_ptr<const engine::FunctionRevision>& function, int workers) {
        const auto reply = invoke(function);
        for (int i = 0; i < workers; ++i)
            next("w" + std::to_string(i));
        REQUIRE(answer_of("w0", "0") == "accepted");
        next("w0");
        REQUIRE(payload_of(reply) == "0");
    }

    /// Request ids by worker. Apart from the fixture, at whose end calls are cut off.
    std::shared_ptr<std::map<std::string, std::string>> kept = std::make_shared<std::map<std::string, std::string>>();
    std::map<std::string, std::string>& got = *kept;

private:
    static boost::asio::awaitable<void> take(engine::RuntimeSession& session, std::string worker,
                                             std::shared_ptr<std::map<std::string, std::string>> got) {
        auto result = co_await session.next();
        if (const auto* handed = std::get_if<engine::HandedInvocation>(&result))
            (*got)[worker] = handed->invocation->request_id.str();
        else
            (*got)[worker] = word(std::get<engine::RuntimeCallRefused>(result));
    }
    static engine::RuntimeDelivery delivery(const std::string& id, const std::string& body, const std::string& invocation_id) {
        engine::RuntimeDelivery made;
        made.request_id = id;
        made.invocation_id = invocation_id;
        made.body = body;
        return made;
    }
    static std::string word(const engine::RuntimeCallResult& result) {
        const auto* refused = std::get_if<engine::RuntimeCallRefused>(&result);
        if (refused == nullptr) return "accepted";
        switch (refused->refusal) {
        case engine::RuntimeRefusal::invalid_request_id: return "unknown";
        case engine::RuntimeRefusal::invoke_timeout: return "late";
        case engine::RuntimeRefusal::internal: return "internal";
        case engine::RuntimeRefusal::invalid_response_mode: return "mode";
        case engine::RuntimeRefusal::invalid_invocation_id:
        case engine::RuntimeRefusal::truncated:
        case engine::RuntimeRefusal::too_large:
        case engine::RuntimeRefusal::invalid_transition: return "another";
        }
        return "?";
    }
};

} // namespace lambox::fakes
