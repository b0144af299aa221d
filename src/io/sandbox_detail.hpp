#pragma once

// The parts of io/sandbox: the steps that make a root, and the child that takes them.

#include "posix_process_detail.hpp"

#include "lambox/io/sandbox.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lambox::io::sandboxes {

enum class StepKind {
    private_mounts, ///< nothing that is mounted from here on shows outside
    tmpfs,
    folder,
    file,   ///< empty, to mount one over
    link,   ///< `source` is its text
    expose, ///< bind `source` and all below it, read-only
    device, ///< bind `source` as it is
    seal,   ///< make the mount at `target` read-only
    proc,   ///< a /proc of this process namespace
    enter,  ///< make `target` the root
};

/// One step. Targets are paths of this machine below the folder that becomes the root.
struct Step {
    StepKind kind;
    std::string source;
    std::string target;
    std::string options; ///< of a tmpfs
};

/// How to build the root of a sandbox at `root`, an empty folder.
[[nodiscard]] std::vector<Step> plan_root(const SandboxSettings& settings, const SandboxSpec& spec, const std::string& root);

/// The namespaces that hold a finished root, and its /tmp.
struct Built {
    posix::Fd user_namespace;
    posix::Fd mount_namespace;
    posix::Fd ipc_namespace;
    posix::Fd temporary;
};
enum class Privilege { root, user_namespace };

/// Takes the steps in new namespaces. Errors: the code and the words of the failing step.
[[nodiscard]] Result<Built> build(const std::vector<Step>& steps, const SandboxUser& user, Privilege privilege);

} // namespace lambox::io::sandboxes
