#include "lambox/io/sandbox.hpp"

#include "sandbox_detail.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/io/embedded.hpp"
#include "lambox/io/process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace lambox::io {
namespace {

namespace fs = std::filesystem;

class NamespacedSandbox final : public Sandbox {
public:
    NamespacedSandbox(sandboxes::Built built, std::shared_ptr<const posix::Fd> init_program, SandboxUser user)
        : built_(std::move(built)), init_program_(std::move(init_program)) {
        door_.user_namespace = built_.user_namespace.get();
        door_.mount_namespace = built_.mount_namespace.get();
        door_.ipc_namespace = built_.ipc_namespace.get();
        door_.init_program = init_program_->get();
        door_.user = std::move(user);
    }
    [[nodiscard]] SandboxDoor& door() override { return door_; }
    [[nodiscard]] std::uint64_t temporary_bytes_used() const override {
        struct statfs usage {};
        if (::fstatfs(built_.temporary.get(), &usage) != 0) return 0;
        return static_cast<std::uint64_t>(usage.f_blocks - usage.f_bfree) * static_cast<std::uint64_t>(usage.f_bsize);
    }

private:
    sandboxes::Built built_;
    std::shared_ptr<const posix::Fd> init_program_; ///< one for all sandboxes
    SandboxDoor door_;
};

/// In memory, so that it can be started from inside, where our own file is not to be seen.
posix::Fd load_init_program() {
    const Embedded program = embedded::sandbox_init();
    posix::Fd file(::memfd_create("lambox-init", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file.open()) return file;
    if (::write(file.get(), program.text.data(), program.text.size()) != static_cast<ssize_t>(program.text.size())) return {};
    if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) return {};
    return file;
}

/// This machine's own, with other names for the loopback address. One that cannot be read is an empty one.
std::string hosts_text(const std::vector<std::string>& own_names) {
    std::ostringstream text;
    if (std::ifstream file("/etc/hosts"); file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
    std::string hosts = text.str();
    if (own_names.empty()) return hosts;
    if (!hosts.empty() && !hosts.ends_with('\n')) hosts += '\n';
    hosts += "127.0.0.1";
    for (const std::string& name : own_names) hosts += " " + name;
    return hosts + "\n";
}

bool write_text(const fs::path& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    return !file.fail();
}

} // namespace

struct Sandboxes::Shared {
    SandboxSettings settings;
    std::string root;
    sandboxes::Privilege privilege = sandboxes::Privilege::root;
    std::shared_ptr<const posix::Fd> init_program;
};

Sandboxes::Sandboxes(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}
Sandboxes::Sandboxes(Sandboxes&&) noexcept = default;
Sandboxes& Sandboxes::operator=(Sandboxes&&) noexcept = default;
Sandboxes::~Sandboxes() = default;

bool Sandboxes::unprivileged() const { return shared_->privilege == sandboxes::Privilege::user_namespace; }

Result<std::unique_ptr<Sandbox>> Sandboxes::make(const SandboxSpec& spec) const {
    auto built = sandboxes::build(sandboxes::plan_root(shared_->settings, spec, shared_->root), shared_->settings.user, shared_->privilege);
    if (!built) return built.error();
    return std::unique_ptr<Sandbox>(
        std::make_unique<NamespacedSandbox>(std::move(*built), shared_->init_program, shared_->settings.user));
}

Result<Sandboxes> Sandboxes::probe(SandboxSettings settings) {
    auto shared = std::make_shared<Shared>();
    shared->root = (settings.folder / "root").string();
    std::error_code error;
    fs::create_directories(shared->root, error);
    const std::string& name = settings.user.name;
    const std::string user = std::to_string(settings.user.user);
    const std::string group = std::to_string(settings.user.group);
    if (error ||
        !write_text(settings.folder / "passwd",
                    "root:x:0:0:root:/root:/sbin/nologin\n" + name + ":x:" + user + ":" + group + "::/home/" + name + ":/sbin/nologin\n") ||
        !write_text(settings.folder / "hosts", hosts_text(settings.own_names)) ||
        !write_text(settings.folder / "group", "root:x:0:\n" + name + ":x:" + group + ":\n")) {
        return make_error(Errc::unsupported, settings.folder.string() + " cannot be written");
    }
    shared->init_program = std::make_shared<const posix::Fd>(load_init_program());
    if (!shared->init_program->open()) return make_error(Errc::unsupported, "a program cannot be held in memory (memfd_create)");
    shared->settings = std::move(settings);

    std::string refused;
    for (const auto privilege : {sandboxes::Privilege::root, sandboxes::Privilege::user_namespace}) {
        if (privilege == sandboxes::Privilege::root && ::geteuid() != 0) continue;
        shared->privilege = privilege;
        const Sandboxes candidate(shared);
        const Result<void> tried = candidate.try_out();
        if (tried) return Sandboxes(shared);
        if (!refused.empty()) refused += "; ";
        refused += privilege == sandboxes::Privilege::root ? "as root: " : "in a user namespace: ";
        refused += tried.error().message;
    }
    return make_error(Errc::unsupported, refused);
}

/// All but the execve itself has to succeed, and that has to fail because there is no such program.
Result<void> Sandboxes::try_out() const {
    SandboxSpec spec;
    spec.temporary_bytes = 1024 * 1024;
    const auto sandbox = make(spec);
    if (!sandbox) return sandbox.error();
    const posix::Household household{Logger()};
    SpawnSpec program;
    program.arguments = {"/no/such/program"};
    program.working_directory = "/tmp";
    program.sandbox = sandbox->get();
    const auto started = posix::start_child(program, household);
    LAMBOX_ASSERT(!started.has_value());
    if (started.error().code == Errc::not_found) return {};
    return started.error();
}

} // namespace lambox::io
