#pragma once

#include "lambox/io/resource_group.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lambox::fakes {

/// What a test sees and sets of all groups together.
struct FakeGroupState {
    std::string calls; ///< `F` freeze, `T` thaw, `K` kill, in order
    std::chrono::microseconds cpu{0};
    bool freezing_fails = false;
    std::vector<std::uint64_t> memory_limits;
    std::vector<std::optional<std::uint32_t>> cpu_quotas;
    std::uint64_t oom_kills = 0;
    std::uint64_t peak_bytes = 0;
    int living = 0;
};

/// A group that only writes down what is asked of it.
class FakeResourceGroup final : public io::ResourceGroup {
public:
    explicit FakeResourceGroup(std::shared_ptr<FakeGroupState> state) : state_(std::move(state)) { ++state_->living; }
    ~FakeResourceGroup() override { --state_->living; }
    [[nodiscard]] io::AttachPoint attach_point() override { return {}; }
    [[nodiscard]] Result<void> add(pid_t) override { return {}; }
    [[nodiscard]] Result<void> set_memory_limit(std::uint64_t bytes) override {
        state_->memory_limits.push_back(bytes);
        return {};
    }
    [[nodiscard]] Result<void> set_cpu_quota(std::optional<std::uint32_t> millionths) override {
        state_->cpu_quotas.push_back(millionths);
        return {};
    }
    [[nodiscard]] Result<void> freeze() override {
        if (state_->freezing_fails) return make_error(Errc::io, "no freezer");
        state_->calls += 'F';
        return {};
    }
    [[nodiscard]] Result<void> thaw() override {
        state_->calls += 'T';
        return {};
    }
    [[nodiscard]] Result<bool> frozen() override { return state_->calls.ends_with('F'); }
    [[nodiscard]] Result<void> kill() override {
        state_->calls += 'K';
        return {};
    }
    [[nodiscard]] Result<std::uint64_t> peak_memory_bytes() override { return state_->peak_bytes; }
    [[nodiscard]] Result<void> reset_peak() override { return {}; }
    [[nodiscard]] Result<std::uint64_t> current_memory_bytes() override { return std::uint64_t{0}; }
    [[nodiscard]] Result<std::uint64_t> oom_kills() override { return state_->oom_kills; }
    [[nodiscard]] Result<std::chrono::microseconds> cpu_usage() override { return state_->cpu; }
    [[nodiscard]] std::vector<pid_t> members() override { return {}; }

private:
    std::shared_ptr<FakeGroupState> state_; ///< outlives the test that looks at it
};

} // namespace lambox::fakes
