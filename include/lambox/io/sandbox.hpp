#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/log.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambox::io {

/// A folder or a file of this machine as it is seen inside: read-only, its set-user-id bits and devices without effect.
struct SandboxMount {
    std::string source;
    std::string target; ///< absolute path inside; made when it is missing there
};

struct SandboxSpec {
    std::vector<SandboxMount> mounts;  ///< in order: a later one may lie inside an earlier one's target where that has such a file
    std::uint64_t temporary_bytes = 0; ///< size of /tmp
    /// A folder of this machine whose top-level entries are seen instead of the system's, such as an unpacked image; empty = the system's.
    /// What `mounts` go to has to exist there already, but for top-level folders. /dev, /proc, /sys and /tmp are not taken from it.
    std::string image;
};

/// Who processes inside are.
struct SandboxUser {
    uid_t user = 0;
    gid_t group = 0;
    std::string name;
};

struct SandboxSettings {
    std::filesystem::path folder; ///< exists and is ours alone; what is needed to make sandboxes is kept there
    SandboxUser user;
    /// Folders and files of this machine to be seen inside at their own paths beside the system's; what is missing is left out.
    std::vector<std::string> visible;
    std::vector<std::string> own_names; ///< host names that lead to 127.0.0.1 inside, beside what /etc/hosts has
};

namespace posix {
struct SandboxInit;
}

/// What the spawner needs to start a process inside. Descriptors belong to the Sandbox.
struct SandboxDoor {
    int user_namespace = -1; ///< -1: no namespace of its own; the child changes to `user` instead
    int mount_namespace = -1;
    int ipc_namespace = -1;
    int init_program = -1; ///< what runs as process 1 of every generation
    SandboxUser user;
    // Kept up to date by the spawner.
    bool has_proc = false;                  ///< a former generation has mounted its /proc
    std::weak_ptr<posix::SandboxInit> init; ///< process 1 of the present generation
};

/// Port: a file system of its own for processes that come and go. Inside are the system's programs and libraries, what SandboxSpec
/// mounts, /dev with the harmless devices, the generation's own /proc and a /tmp; all but /tmp is read-only, and nothing else of
/// this machine's files can be reached. A process that is started inside while none runs there brings a process namespace along; those that
/// are started while it runs join that. It ends with the last of them, and with it all that they have left. It shares the machine's
/// network. /tmp lasts as long as the object.
class Sandbox {
public:
    virtual ~Sandbox() = default;
    /// For SpawnSpec::sandbox; valid while the object lives.
    [[nodiscard]] virtual SandboxDoor& door() = 0;
    /// What /tmp holds now.
    [[nodiscard]] virtual std::uint64_t temporary_bytes_used() const = 0;
};

/// Whether every sandbox shows this file or folder of the machine's at its own place.
[[nodiscard]] bool shown_in_sandboxes(const std::string& path);

/// Makes sandboxes. Works as root with CAP_SYS_ADMIN, else in user namespaces, where the kernel allows an ordinary user to make them (then
/// the user inside is the one outside under another number). Needs Linux 5.12 (mount_setattr).
class Sandboxes {
public:
    /// Makes one and starts a program in it. Errors: unsupported, with the reason in one sentence.
    [[nodiscard]] static Result<Sandboxes> probe(SandboxSettings settings);
    Sandboxes(Sandboxes&&) noexcept;
    Sandboxes& operator=(Sandboxes&&) noexcept;
    ~Sandboxes();

    /// About a millisecond, during which the calling thread waits. Errors: not_found, permission_denied, io; the message names the path.
    [[nodiscard]] Result<std::unique_ptr<Sandbox>> make(const SandboxSpec& spec) const;
    /// Whether it is done in user namespaces.
    [[nodiscard]] bool unprivileged() const;

private:
    struct Shared;
    explicit Sandboxes(std::shared_ptr<const Shared> shared);
    [[nodiscard]] Result<void> try_out() const;
    std::shared_ptr<const Shared> shared_;
};

} // namespace lambox::io
