#pragma once

#include "emulator/options.hpp"
#include "lambox/base/log.hpp"
#include "lambox/engine/containment.hpp"
#include "lambox/io/resource_group.hpp"
#include "lambox/io/sandbox.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambox::emulator {

/// What this machine lets us do of what was asked for. Must outlive the engine that uses `chosen`.
class ContainmentFinder {
public:
    /// Tries everything out; about 5 ms. `folder` is ours alone, and exists. Errors: unsupported when `sandbox` was asked for by name
    /// and cannot be made.
    [[nodiscard]] static Result<std::unique_ptr<ContainmentFinder>> find(const ContainmentOptions& wishes,
                                                                         const std::filesystem::path& folder, const Logger& log);
    [[nodiscard]] engine::Containments chosen();
    /// Sentences about what is in force, and why something weaker than asked for.
    [[nodiscard]] const std::vector<std::string>& in_force() const { return in_force_; }
    /// Those among them that tell of a wish which cannot be fulfilled.
    [[nodiscard]] const std::vector<std::string>& missing() const { return missing_; }

private:
    explicit ContainmentFinder(const ContainmentOptions& wishes, const Logger& log) : wishes_(wishes), log_(log.channel("containment")) {}
    [[nodiscard]] Result<void> find_sandboxes(const std::filesystem::path& folder);
    void find_groups();
    void decide_memory();
    void decide_freezing();
    void decide_cpu();
    void tell(std::string sentence) { in_force_.push_back(std::move(sentence)); }
    void tell_missing(const std::string& sentence);
    /// Null, and a warning, when the machine has changed its mind.
    [[nodiscard]] std::unique_ptr<io::ResourceGroup> make_group(const io::GroupSpec& spec);

    ContainmentOptions wishes_;
    Logger log_;
    std::optional<io::Sandboxes> sandboxes_;
    std::optional<io::ResourceGroups> groups_;
    engine::Containments chosen_;
    std::vector<std::string> in_force_;
    std::vector<std::string> missing_;
};

} // namespace lambox::emulator
