#pragma once

#include "lambox/io/process.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambox::fakes {

class FakeSpawner;

/// A process that does only what the test says. It lives in its spawner; what the code under test owns is a handle.
struct FakeProcessState {
    io::SpawnSpec spec;
    io::ProcessListener* listener = nullptr; ///< null once the handle has gone
    std::string waiting_output;
    std::uint64_t peak_bytes = 0;
    std::uint64_t resident_bytes = 0;
    int terminates = 0;
    int kills = 0;
    bool exited = false;
    bool in_spare = false; ///< started in a child that was made ahead

    void print(std::string_view text) {
        if (listener != nullptr) listener->on_output(text);
    }
    void exit(io::ExitStatus status) {
        if (exited || listener == nullptr) return;
        exited = true;
        listener->on_exit(status);
    }
    [[nodiscard]] std::string variable(std::string_view name) const {
        for (const auto& [key, value] : spec.environment) {
            if (key == name) return value;
        }
        return {};
    }
};

class FakeProcess final : public io::Process {
public:
    explicit FakeProcess(FakeProcessState& state) : state_(state) {}
    ~FakeProcess() override { state_.listener = nullptr; }
    void terminate() override { ++state_.terminates; }
    void kill() override { ++state_.kills; }
    void drain_output() override {
        std::string text;
        text.swap(state_.waiting_output);
        if (!text.empty()) state_.print(text);
    }
    [[nodiscard]] std::uint64_t peak_memory_bytes() override { return state_.peak_bytes; }
    [[nodiscard]] std::uint64_t program_peak_memory_bytes() override { return state_.peak_bytes; }
    [[nodiscard]] std::uint64_t resident_memory_bytes() override { return state_.resident_bytes; }

private:
    FakeProcessState& state_;
};

/// A child made ahead of need, as far as its maker can see.
class FakeSpare final : public io::SpareProcess {
public:
    explicit FakeSpare(FakeSpawner& spawner);
    FakeSpare(const FakeSpare&) = delete;
    FakeSpare& operator=(const FakeSpare&) = delete;
    ~FakeSpare() override;
    [[nodiscard]] bool waits() const override { return waiting; }
    bool waiting = true;

private:
    FakeSpawner& spawner_;
};

class FakeSpawner final : public io::ProcessSpawner {
public:
    [[nodiscard]] Result<std::unique_ptr<io::Process>> spawn(const io::SpawnSpec& spec, io::ProcessListener& listener) override {
        if (refusal) return *refusal;
        auto& state = processes.emplace_back();
        state.spec = spec;
        state.in_spare = spec.spare && spec.spare->waits();
        state.spec.spare.reset();
        state.listener = &listener;
        return std::unique_ptr<io::Process>(std::make_unique<FakeProcess>(state));
    }
    [[nodiscard]] Result<std::unique_ptr<io::SpareProcess>> prepare(const io::SpareSpec&) override {
        if (!makes_spares) return make_error(Errc::unsupported, "no spare processes here");
        return std::unique_ptr<io::SpareProcess>(std::make_unique<FakeSpare>(*this));
    }
    void reap_orphans() override {}
    /// The youngest.
    [[nodiscard]] FakeProcessState& last() { return processes.back(); }
    /// Processes whose owner still holds them.
    [[nodiscard]] std::size_t held() const {
        std::size_t count = 0;
        for (const auto& process : processes) count += process.listener != nullptr ? 1 : 0;
        return count;
    }

    std::list<FakeProcessState> processes;
    std::optional<Error> refusal;
    bool makes_spares = false;
    std::list<FakeSpare*> spares; ///< that there are now, the oldest first
};

inline FakeSpare::FakeSpare(FakeSpawner& spawner) : spawner_(spawner) { spawner_.spares.push_back(this); }
inline FakeSpare::~FakeSpare() { spawner_.spares.remove(this); }

} // namespace lambox::fakes
