#include "sandbox_detail.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <system_error>

namespace lambox::io::sandboxes {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 9> system_paths = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix/store"};
/// Without these AWS's environments would look different.
constexpr std::array<const char*, 8> empty_folders = {"/dev", "/home", "/mnt", "/opt", "/proc", "/run", "/tmp", "/var/task"};
constexpr std::array<const char*, 6> devices = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"};
constexpr std::array<std::array<const char*, 2>, 4> device_links = {{{"/proc/self/fd", "/dev/fd"},
                                                                     {"/proc/self/fd/0", "/dev/stdin"},
                                                                     {"/proc/self/fd/1", "/dev/stdout"},
                                                                     {"/proc/self/fd/2", "/dev/stderr"}}};

bool lies_below(const std::string& path, const std::string& folder) {
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

class RootPlan {
public:
    explicit RootPlan(std::string root) : root_(std::move(root)) {}

    void add(StepKind kind, std::string source, const std::string& inside, std::string options = {}) {
        steps_.push_back({kind, std::move(source), root_ + inside, std::move(options)});
    }

    void folder(const std::string& inside) {
        for (std::size_t at = inside.find('/', 1); at != std::string::npos; at = inside.find('/', at + 1))
            one_folder(inside.substr(0, at));
        one_folder(inside);
    }

    /// What is below something mounted already is there, or it cannot be: that is read-only.
    [[nodiscard]] bool covered(const std::string& inside) const {
        return std::any_of(mounted_.begin(), mounted_.end(), [&](const std::string& mount) { return lies_below(inside, mount); });
    }

    void expose(const std::string& source, const std::string& inside) {
        std::error_code ignored;
        if (!covered(inside)) {
            if (!fs::exists(source, ignored) || fs::is_directory(source, ignored)) { // what is missing fails when it is mounted
                folder(inside);
            } else {
                folder(fs::path(inside).parent_path().string());
                add(StepKind::file, {}, inside);
            }
        }
        add(StepKind::expose, source, inside);
        mounted_.insert(inside);
    }

    /// A path of this machine at the same place inside; links stay links.
    void show(const std::string& path) { show(path, path); }

    void show(const std::string& source, const std::string& path) {
        std::error_code error;
        const fs::file_status status = fs::symlink_status(source, error);
        if (error || !fs::exists(status) || covered(path) || mounted_.contains(path)) return;
        if (!fs::is_symlink(status)) {
            expose(source, path);
            return;
        }
        const fs::path text = fs::read_symlink(source, error);
        if (error) return;
        folder(fs::path(path).parent_path().string());
        add(StepKind::link, text.string(), path);
        mounted_.insert(path);
    }

    [[nodiscard]] std::vector<Step> take() { return std::move(steps_); }

private:
    void one_folder(const std::string& inside) {
        if (!inside.empty() && inside != "/" && !covered(inside) && !mounted_.contains(inside) && made_.insert(inside).second)
            add(StepKind::folder, {}, inside);
    }

    std::string root_;
    std::vector<Step> steps_;
    std::set<std::string> made_;
    std::set<std::string> mounted_;
};

/// Where the name servers are written down may be a link out of /etc.
void show_name_servers(RootPlan& plan) {
    std::error_code error;
    const fs::path file = fs::canonical("/etc/resolv.conf", error);
    if (!error) plan.show(file.string());
}

void show_system(RootPlan& plan, const SandboxSettings& settings) {
    for (const char* path : empty_folders)
        plan.folder(path);
    for (const char* path : system_paths)
        plan.show(path);
    show_name_servers(plan);
    // Who looks up its own name finds AWS's.
    plan.expose((settings.folder / "passwd").string(), "/etc/passwd");
    plan.expose((settings.folder / "group").string(), "/etc/group");
    std::error_code no_hosts; // where /etc is a link or read-only without such a file, there is no place for it
    if (fs::exists("/etc/hosts", no_hosts)) plan.expose((settings.folder / "hosts").string(), "/etc/hosts");
    for (const std::string& path : settings.visible)
        plan.show(path);
}

void show_image(RootPlan& plan, const SandboxSettings& settings, const std::string& image) {
    const std::set<std::string> own{"/dev", "/proc", "/sys", "/tmp"};
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(image, error)) {
        const std::string path = "/" + entry.path().filename().string();
        if (!own.contains(path)) plan.show(entry.path().string(), path);
    }
    for (const char* path : {"/dev", "/proc", "/tmp"})
        plan.folder(path);
    // Files can be laid over files only.
    const auto lay_over = [&](const fs::path& source, const std::string& path) {
        if (fs::is_regular_file(image + path, error) && fs::exists(source, error)) plan.expose(source.string(), path);
    };
    lay_over(settings.folder / "passwd", "/etc/passwd");
    lay_over(settings.folder / "group", "/etc/group");
    lay_over("/etc/resolv.conf", "/etc/resolv.conf");
}

} // namespace

std::vector<Step> plan_root(const SandboxSettings& settings, const SandboxSpec& spec, const std::string& root) {
    RootPlan plan(root);
    plan.add(StepKind::private_mounts, {}, {});
    plan.add(StepKind::tmpfs, {}, {}, "mode=755,size=1m");
    if (spec.image.empty())
        show_system(plan, settings);
    else
        show_image(plan, settings, spec.image);
    for (const char* device : devices) {
        std::error_code ignored;
        if (!fs::exists(device, ignored)) continue;
        plan.add(StepKind::file, {}, device);
        plan.add(StepKind::device, device, device);
    }
    for (const auto& [text, link] : device_links)
        plan.add(StepKind::link, text, link);
    for (const SandboxMount& mount : spec.mounts)
        plan.expose(mount.source, mount.target);
    plan.add(StepKind::tmpfs, {}, "/tmp", "mode=1777,size=" + std::to_string(spec.temporary_bytes));
    plan.add(StepKind::proc, {}, "/proc");
    plan.add(StepKind::seal, {}, {});
    plan.add(StepKind::enter, {}, {});
    return plan.take();
}

} // namespace lambox::io::sandboxes

bool lambox::io::shown_in_sandboxes(const std::string& path) {
    return std::any_of(sandboxes::system_paths.begin(), sandboxes::system_paths.end(),
                       [&path](const char* shown) { return path == shown || sandboxes::lies_below(path, shown); });
}
