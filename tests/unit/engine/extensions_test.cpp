// Goal: an environment and its extensions begin, work and end together as on AWS. Method: the engine on manual time, with real files
// as extensions, processes that do what the test says, and calls to the environment's set of extensions as the API makes them.
#include "fakes/engine_fixture.hpp"
#include "fakes/fake_resource_group.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace lambox;
using namespace lambox::fakes;
using namespace std::chrono_literals;

namespace {

struct ExtensionFixture : EngineFixture {
    /// A function whose layer has these extensions; as programs they are of this machine.
    std::shared_ptr<const engine::FunctionRevision> with_extensions(const std::vector<std::string>& names) {
        auto made = std::make_shared<engine::FunctionRevision>(*function());
        const auto layers = made->code.task.parent_path() / ("layers-" + made->config.name);
        std::filesystem::create_directories(layers / "extensions" / "a-folder");
        for (const auto& name : names) {
            std::filesystem::create_symlink(made->code.task / "bootstrap", layers / "extensions" / name);
        }
        made->code.layers = layers;
        return made;
    }

    engine::ExtensionSet& set() { return endpoints.last->extensions(); }

    std::string enroll(const std::string& name, const std::vector<std::string>& events = {"INVOKE", "SHUTDOWN"}) {
        const auto result = set().enroll(name, events);
        turn();
        if (const auto* refusal = std::get_if<engine::ExtensionRefusal>(&result)) return refusal->error_type + ": " + refusal->message;
        return identifiers[name] = std::get<std::string>(result);
    }
    /// What it gets lies in `told` afterwards.
    void next(const std::string& name) {
        told.erase(name);
        endpoints.calls->spawn(take(set(), identifiers[name], name, kept));
        turn();
    }
    /// All register and wait, and the runtime asks for its first event.
    void initialise(const std::vector<std::string>& names) {
        for (const auto& name : names)
            enroll(name);
        for (const auto& name : names)
            next(name);
        ask_next();
    }
    FakeProcessState& process(std::size_t index) { return *std::next(spawner.processes.begin(), static_cast<std::ptrdiff_t>(index)); }

    std::map<std::string, std::string> identifiers;
    /// `INVOKE`, `SHUTDOWN reason`, or a refusal. Apart from the fixture, at whose end extensions are told something, too.
    std::shared_ptr<std::map<std::string, std::string>> kept = std::make_shared<std::map<std::string, std::string>>();
    std::map<std::string, std::string>& told = *kept;

private:
    static boost::asio::awaitable<void> take(engine::ExtensionSet& extensions, std::string identifier, std::string name,
                                             std::shared_ptr<std::map<std::string, std::string>> told) {
        auto result = co_await extensions.next(identifier);
        if (const auto* refusal = std::get_if<engine::ExtensionRefusal>(&result)) {
            (*told)[name] = refusal->error_type + ": " + refusal->message;
            co_return;
        }
        const auto& happened = std::get<engine::ExtensionEvent>(result);
        const auto* end = std::get_if<engine::ExtensionShutdown>(&happened);
        (*told)[name] = end == nullptr ? "INVOKE" : "SHUTDOWN " + std::string(model::to_string(end->reason));
    }
};

} // namespace

TEST_CASE_FIXTURE(ExtensionFixture, "the runtime is started when all have registered, and INIT ends when all wait") {
    const auto reply = invoke(with_extensions({"one", "two"}));
    REQUIRE(spawner.processes.size() == 2);
    CHECK(process(0).spec.arguments.back().ends_with("/extensions/one"));
    CHECK(process(0).variable("AWS_LAMBDA_RUNTIME_API") == "127.0.0.1:9001");
    CHECK(process(0).variable("LAMBDA_TASK_ROOT").empty());
    enroll("one");
    CHECK(spawner.processes.size() == 2);
    enroll("two");
    REQUIRE(spawner.processes.size() == 3);
    next("one");
    ask_next();
    CHECK_FALSE(event);
    next("two");
    REQUIRE(event);
    CHECK(told["one"] == "INVOKE");
    CHECK(told["two"] == "INVOKE");
    CHECK(log.text().find("EXTENSION\tName: two\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n") != std::string::npos);
    respond("1");
    ask_next();
    CHECK_FALSE(*reply);
    next("one");
    CHECK_FALSE(*reply);
    next("two");
    REQUIRE(*reply);
    CHECK(payload_of(reply) == "1");
}

TEST_CASE_FIXTURE(ExtensionFixture, "the captured bill of an extension that works on after the response") {
    auto revision = std::make_shared<engine::FunctionRevision>(*with_extensions({"slow"}));
    revision->config.timeout = Seconds(30);
    const auto reply = invoke(revision);
    advance(525'530us);
    initialise({"slow"});
    REQUIRE(event);
    advance(2ms);
    respond("1");
    ask_next();
    advance(3'016'065us);
    CHECK_FALSE(*reply);
    next("slow");
    REQUIRE(*reply);
    CHECK(report_of(reply).duration == 3'018'065us);
    CHECK(report_of(reply).init == Microseconds(525'530));
    CHECK(report_of(reply).billed == 3'544ms);
    CHECK(report_of(reply).status == model::InvocationStatus::success);
}

TEST_CASE_FIXTURE(ExtensionFixture, "the caller has its answer while the extension is at work") {
    const auto reply = invoke(with_extensions({"slow"}), "{}", engine::WaitFor::answer);
    initialise({"slow"});
    respond("\"early\"");
    CHECK(payload_of(reply) == "\"early\"");
    ask_next();
    next("slow");
}

TEST_CASE_FIXTURE(ExtensionFixture,
                  "an overrun after the response: the answer stays, the report is a timeout of exactly the timeout, the next waits") {
    const auto slow = with_extensions({"slow"});
    const auto reply = invoke(slow);
    initialise({"slow"});
    respond("1");
    ask_next();
    advance(3s);
    REQUIRE(*reply);
    CHECK(payload_of(reply) == "1");
    CHECK(report_of(reply).status == model::InvocationStatus::timeout);
    CHECK(report_of(reply).duration == 3s);
    CHECK(process(1).terminates == 1);
    CHECK(process(1).kills == 0);
    const auto after = invoke(slow);
    CHECK(spawner.processes.size() == 2); // waits for the reset
    process(1).exit(io::Signaled{15});
    turn();
    next("slow"); // it was at work, so it is told when it asks
    CHECK(told["slow"] == "SHUTDOWN timeout");
    process(0).exit(io::Exited{0});
    turn();
    CHECK(spawner.processes.size() == 3);
    initialise({"slow"});
    respond("2");
    ask_next();
    next("slow");
    CHECK(payload_of(after) == "2");
}

TEST_CASE_FIXTURE(ExtensionFixture,
                  "a shutdown: SIGTERM, SIGKILL after 600 ms, SHUTDOWN, SIGKILL at 2 s; who did not ask for it is killed") {
    const auto function = with_extensions({"asked", "not"});
    const auto reply = invoke(function);
    enroll("asked");
    enroll("not", {"INVOKE"});
    next("asked");
    next("not");
    ask_next();
    respond("1");
    ask_next();
    next("asked");
    next("not");
    REQUIRE(*reply);
    advance(600s); // keep-alive
    auto& runtime = process(2);
    CHECK(runtime.terminates == 1);
    CHECK(runtime.kills == 0);
    CHECK_FALSE(told.contains("asked"));
    advance(599ms);
    CHECK(runtime.kills == 0);
    advance(1ms);
    CHECK(runtime.kills == 1);
    runtime.exit(io::Signaled{9});
    turn();
    CHECK(told["asked"] == "SHUTDOWN spindown");
    CHECK_FALSE(told.contains("not"));
    CHECK(process(0).kills == 0);
    CHECK(process(1).kills == 1);
    process(1).exit(io::Signaled{9});
    advance(1'399ms);
    CHECK(process(0).kills == 0);
    advance(1ms);
    CHECK(process(0).kills == 1);
    process(0).exit(io::Signaled{9});
    turn();
    CHECK(supervisor.environments() == 0);
}

TEST_CASE_FIXTURE(ExtensionFixture, "an internal extension is waited for, and gives the runtime 150 ms at the end") {
    const auto reply = invoke(function());
    CHECK(enroll("inside", {"INVOKE", "SHUTDOWN"}) ==
          "Extension.InvalidEventType: SHUTDOWN: ShutdownEventNotSupportedForInternalExtension");
    CHECK(enroll("inside", {"DANCE"}) == "Extension.InvalidEventType: DANCE: ErrorInvalidEventType");
    CHECK(enroll("") == "Extension.InvalidExtensionName: Empty extension name");
    enroll("inside", {"INVOKE"});
    CHECK(enroll("inside", {}) == "Extension.InvalidExtensionState: Extension with this name already registered");
    ask_next();
    CHECK(enroll("late", {}) == "Extension.RegistrationClosed: Extension registration closed already");
    CHECK_FALSE(event);
    next("inside");
    REQUIRE(event);
    respond("1");
    ask_next();
    CHECK_FALSE(*reply);
    next("inside");
    REQUIRE(*reply);
    advance(600s);
    CHECK(spawner.last().terminates == 1);
    advance(149ms);
    CHECK(spawner.last().kills == 0);
    advance(1ms);
    CHECK(spawner.last().kills == 1);
    end_processes();
}

TEST_CASE_FIXTURE(ExtensionFixture, "ten extensions may register, the eleventh may not") {
    const auto reply = invoke(function());
    for (int i = 0; i < 10; ++i)
        CHECK(is_uuid(enroll("inside-" + std::to_string(i), {})));
    CHECK(enroll("inside-10", {}) == "Extension.TooManyExtensions: Extension limit (10) reached");
    CHECK_FALSE(*reply);
}

TEST_CASE_FIXTURE(ExtensionFixture, "identifiers are checked before anything else") {
    const auto reply = invoke(with_extensions({"agent"}));
    const auto complaint = [](const auto& refusal) { return refusal.error_type + ": " + refusal.message; };
    const auto told_of = [&](std::string_view header) { return complaint(std::get<engine::ExtensionRefusal>(set().identify(header))); };
    CHECK(told_of("") == "Extension.MissingExtensionIdentifier: Missing Lambda-Extension-Identifier header");
    CHECK(told_of("agent") == "Extension.InvalidExtensionIdentifier: Invalid Lambda-Extension-Identifier");
    const std::string nobody = "AAAAAAAA-0000-4000-8000-000000000000";
    CHECK(told_of(nobody) == "Extension.UnknownExtensionIdentifier: Unknown extension aaaaaaaa-0000-4000-8000-000000000000");
    CHECK(complaint(*set().report(engine::ExtensionError::init, nobody, "A.B")) ==
          "Extension.UnknownExtensionIdentifier: Unknown Lambda-Extension-Identifier");
    const std::string identifier = enroll("agent");
    CHECK(std::get<std::string>(set().identify(identifier)) == "agent");
    CHECK(complaint(*set().report(engine::ExtensionError::exit, identifier, "")) ==
          "Extension.MissingHeader: Lambda-Extension-Function-Error-Type not found");
    CHECK(enroll("agent").starts_with("Extension.InvalidExtensionState: State transition from Registered to Registered failed for "
                                      "extension agent. Error: "));
    identifiers["agent"] = identifier;
    next("agent");
    identifiers["second"] = identifier;
    next("second");
    CHECK(told["second"] == "Extension.InvalidExtensionState: State transition from Ready to Ready failed for extension " + identifier +
                                ". Error: State transition is not allowed");
    CHECK_FALSE(*reply);
}

TEST_CASE_FIXTURE(ExtensionFixture, "an extension that ends in INIT fails it, and the invocation with it") {
    const auto reply = invoke(with_extensions({"agent"}));
    spawner.last().exit(io::Exited{3});
    turn();
    CHECK(log.text().find("Phase: init\tStatus: error\tError Type: Extension.Crash") != std::string::npos);
    REQUIRE(spawner.processes.size() == 2); // INIT again, on the invocation's time
    enroll("agent");
    CHECK_FALSE(set().report(engine::ExtensionError::init, identifiers["agent"], "Agent.NoConfig"));
    process(1).exit(io::Exited{0});
    turn();
    process(2).exit(io::Signaled{15});
    turn();
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->error_type == "Extension.InitError"); // the first fatal error wins
    CHECK(error_of(reply)->payload.find("Error: exit code 0\"") != std::string::npos);
}

TEST_CASE_FIXTURE(ExtensionFixture, "an extension that dies at work fails the invocation, unless that is answered already") {
    const auto function = with_extensions({"agent"});
    const auto unanswered = invoke(function);
    initialise({"agent"});
    process(0).exit(io::Signaled{11});
    turn();
    REQUIRE(error_of(unanswered));
    CHECK(error_of(unanswered)->error_type == "Extension.Crash");
    CHECK(error_of(unanswered)->payload.find("Error: signal: segmentation fault\"") != std::string::npos);
    CHECK(report_of(unanswered).status == model::InvocationStatus::error);
    CHECK(process(1).terminates == 1);
    process(1).exit(io::Exited{0});
    turn();
    const auto answered = invoke(function);
    initialise({"agent"});
    respond("1");
    process(2).exit(io::Exited{1});
    turn();
    CHECK(payload_of(answered) == "1");
    CHECK(report_of(answered).error_type == "Extension.Crash");
    process(3).exit(io::Exited{0});
    turn();
}

TEST_CASE_FIXTURE(ExtensionFixture, "INIT that waits for an extension times out, and the extensions are told") {
    const auto reply = invoke(with_extensions({"never", "quick"}));
    enroll("quick");
    next("quick");
    advance(10s);
    CHECK(told["quick"] == "SHUTDOWN timeout");
    CHECK(process(0).kills == 1); // not registered for anything
    process(0).exit(io::Signaled{9});
    process(1).exit(io::Exited{0});
    turn();
    CHECK(log.text().find("Phase: init\tStatus: timeout") != std::string::npos);
    CHECK(spawner.processes.size() == 4);
    CHECK_FALSE(*reply);
}

TEST_CASE_FIXTURE(ExtensionFixture, "the runtime's death ends the extensions with reason failure") {
    const auto reply = invoke(with_extensions({"agent"}));
    initialise({"agent"});
    next("agent");
    process(1).exit(io::Exited{2});
    turn();
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->error_type == "Runtime.ExitError");
    CHECK(told["agent"] == "SHUTDOWN failure");
    process(0).exit(io::Exited{0});
    turn();
}

TEST_CASE_FIXTURE(ExtensionFixture, "what an extension prints is the function's log, marked as an extension's") {
    const auto reply = invoke(with_extensions({"agent"}));
    spawner.last().print("hello from ");
    CHECK(log.text().find("hello") == std::string::npos);
    spawner.last().print("an extension\n");
    CHECK(log.text().find("hello from an extension\n") != std::string::npos);
    CHECK_FALSE(*reply);
}

TEST_CASE_FIXTURE(ExtensionFixture, "a frozen environment is thawed when one of its extensions has died, so that the others can end") {
    const auto groups = std::make_shared<FakeGroupState>();
    services.containments.freezes = true;
    services.containments.make_group = [groups](const io::GroupSpec&) { return std::make_unique<FakeResourceGroup>(groups); };
    const auto reply = invoke(with_extensions({"one", "two"}));
    initialise({"one", "two"});
    respond("1");
    ask_next();
    next("one");
    next("two");
    REQUIRE(*reply);
    advance(200ms);
    CHECK(groups->calls == "F");
    process(0).exit(io::Signaled{9});
    turn();
    CHECK(groups->calls == "FT"); // nothing is killed yet
    CHECK(process(2).terminates == 1);
    process(2).exit(io::Exited{0});
    turn();
    CHECK(told["two"] == "SHUTDOWN failure");
    process(1).exit(io::Exited{0});
    turn();
    CHECK(groups->calls == "FTK");
}
