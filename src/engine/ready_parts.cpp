#include "lambox/engine/ready_parts.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/engine/environment.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace lambox::engine {
namespace {

/// Somebody may have ended its process or removed its folder.
bool fit(const ReadyGroup& ready) {
    if (ready.spare) return ready.spare->waits(); // a group with a member cannot be removed
    return ready.group && ready.group->current_memory_bytes().has_value();
}

} // namespace

ReadyParts::ReadyParts(EngineServices& services, io::TaskGroup& tasks) : services_(services), tasks_(tasks) {}

ReadyParts::~ReadyParts() = default; // a program that ends before it has served has none

std::optional<ReadyGroup> ReadyParts::take_group(std::optional<std::uint64_t> memory_bytes) {
    while (!groups_.empty()) {
        ReadyGroup& front = groups_.front();
        if (!memory_bytes && front.memory_bytes) return std::nullopt; // a limit cannot be taken off again
        ReadyGroup ready = std::move(front);
        groups_.pop_front();
        if (!fit(ready)) continue;
        const bool differs = memory_bytes && memory_bytes != ready.memory_bytes;
        if (differs && !ready.group->set_memory_limit(*memory_bytes)) continue;
        ready.memory_bytes = memory_bytes;
        return ready;
    }
    return std::nullopt;
}

std::filesystem::path ReadyParts::take_folder(const std::string& unique) {
    if (folders_.empty()) return folder_named(unique);
    auto folder = std::move(folders_.front());
    folders_.pop_front();
    return folder;
}

std::filesystem::path ReadyParts::folder_named(const std::string& unique) const { return services_.settings.scratch / ("tmp-" + unique); }

void ReadyParts::note_start(std::optional<std::uint64_t> memory_bytes) {
    memory_bytes_ = memory_bytes;
    last_start_ = services_.clock.now();
    started_ = true;
    arm(last_start_ + limits::ready_pause);
}

void ReadyParts::arm(Instant at) {
    if (makes_ == Makes::nothing) return;
    timer_ = services_.clock.call_at(at, [this] { make_one(); });
}

void ReadyParts::make_one() {
    timer_.reset();
    if (make_missing()) arm(services_.clock.now());
}

bool ReadyParts::make_missing() {
    const Containments& containments = services_.containments;
    if (services_.endpoints.make_ready(limits::ready_parts_max)) return true;
    if (!containments.make_sandbox && folders_.size() < limits::ready_parts_max) {
        auto folder = folder_named(services_.ids.hex(32));
        std::error_code error;
        if (std::filesystem::create_directories(folder, error)) {
            folders_.push_back(std::move(folder));
            return true;
        }
    }
    return groups_.size() < limits::ready_parts_max && make_group();
}

bool ReadyParts::make_group() {
    const Containments& containments = services_.containments;
    ReadyGroup ready{nullptr, memory_bytes_, nullptr};
    if (containments.make_group) {
        io::GroupSpec spec;
        spec.pids_max = limits::processes_max;
        spec.memory_bytes = memory_bytes_;
        ready.group = containments.make_group(spec);
        if (!ready.group) return false;
        (void)ready.group->peak_memory_bytes(); // its file is opened with the first look, and stays open
    }
    if (!containments.make_sandbox && makes_ == Makes::all) {
        io::SpareSpec place;
        if (ready.group) place.attach = ready.group->attach_point();
        auto spare = services_.spawner.prepare(place);
        if (!spare) {
            services_.log.channel("engine").debug("no process can be kept ready: " + spare.error().message);
            makes_ = Makes::no_spares;
        } else {
            ready.spare = std::move(*spare);
        }
    }
    if (!ready.group && !ready.spare) return false;
    groups_.push_back(std::move(ready));
    return true;
}

void ReadyParts::expire(Instant now) {
    if (!started_ || timer_ || now - last_start_ < limits::ready_keep) return;
    started_ = false;
    clear();
}

void ReadyParts::clear() {
    timer_.reset();
    for (auto& ready : groups_)
        ready.spare.reset(); // before its group, which would have to end it
    groups_.clear();
    for (const auto& folder : std::exchange(folders_, {})) {
        std::error_code ignored; // it goes with the scratch folder that it lies in
        std::filesystem::remove_all(folder, ignored);
    }
    tasks_.spawn(services_.endpoints.drop_ready());
}

void ReadyParts::close() {
    if (std::exchange(makes_, Makes::nothing) != Makes::nothing) clear();
}

} // namespace lambox::engine
