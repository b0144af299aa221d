#pragma once

#include "lambox/engine/extension_set.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/launch_plan.hpp"
#include "lambox/engine/log_sink.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/line_splitter.hpp"
#include "lambox/io/process.hpp"
#include "lambox/model/report.hpp"
#include "lambox/model/runtime_environment.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lambox::engine {

struct EngineServices;
struct Workspace;

class ExtensionHostListener {
public:
    virtual ~ExtensionHostListener() = default;
    /// An external extension has ended of its own accord.
    virtual void on_extension_ended(io::ExitStatus status) = 0;
    /// An extension's process has gone in a shutdown.
    virtual void on_extension_gone() = 0;
};

/// The processes of one generation's external extensions, and the end of a generation that has extensions, in the order and the time of
/// behaviour §2.5: SIGTERM to the runtime, SIGKILL after its part of the budget, SHUTDOWN to those who asked for it, SIGKILL at its end.
class ExtensionHost {
public:
    /// All outlive the host.
    ExtensionHost(EngineServices& services, const FunctionRevision& function, Workspace& workspace, ExtensionSet& set,
                  ExtensionHostListener& listener);
    ~ExtensionHost();
    ExtensionHost(const ExtensionHost&) = delete;
    ExtensionHost& operator=(const ExtensionHost&) = delete;

    enum class Found { none, some };
    /// Reads which extensions the function's layers have.
    [[nodiscard]] Found find();
    /// Starts them all, one after the other without waiting. Nothing, or AWS's text of why one could not be started; no further one is
    /// started then. `variables` are the runtime's.
    [[nodiscard]] std::optional<std::string> launch(const model::EnvironmentVariables& variables);
    /// Whether a process of an extension runs.
    [[nodiscard]] bool running() const;

    /// Begins the end; once. `runtime` is null when its process does not run; else it lives until `runtime_ended` is called.
    void shut_down(model::ShutdownReason reason, io::Process* runtime);
    void runtime_ended();

    /// Writes what became of each extension in INIT.
    void report_init();
    void drain_output();
    /// Sums over the extensions' process trees, in bytes.
    [[nodiscard]] std::uint64_t peak_memory_bytes();
    [[nodiscard]] std::uint64_t resident_memory_bytes();

private:
    class External;
    enum class Phase { running, runtime_ending, extensions_ending };
    [[nodiscard]] std::optional<std::string> start(const ExtensionFile& file, const model::EnvironmentVariables& variables);
    void end_extensions();
    void on_exit(External& external, io::ExitStatus status);

    EngineServices& services_;
    const FunctionRevision& function_;
    Workspace& workspace_;
    ExtensionSet& set_;
    ExtensionHostListener& listener_;
    std::vector<ExtensionFile> files_;
    std::list<External> externals_;
    Phase phase_ = Phase::running;
    io::Process* runtime_ = nullptr;
    Instant deadline_{};
    std::optional<ExtensionShutdown> event_;
    std::unique_ptr<io::Timer> timer_;
};

} // namespace lambox::engine
