#include "lambox/engine/launchers.hpp"

#include "lambox/engine/embedded.hpp"

#include <array>
#include <fstream>
#include <system_error>
#include <utility>

namespace lambox::engine {

namespace fs = std::filesystem;

Result<void> write_launchers(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder / "client", error); // for a sandbox to mount the runtime client on
    const std::array files{std::pair{"bootstrap.mjs", embedded::bootstrap_mjs()}, std::pair{"bootstrap.py", embedded::bootstrap_py()},
                           std::pair{"bootstrap.rb", embedded::bootstrap_rb()}};
    for (const auto& [name, content] : files) {
        std::ofstream file(folder / name, std::ios::binary);
        file << content.text;
        file.close();
        if (!file) return make_error(Errc::io, (folder / name).string() + " cannot be written");
        // Whatever umask lambox was started with: in a sandbox functions are another user's.
        if (!error) fs::permissions(folder / name, fs::perms(0644), error);
    }
    if (!error) fs::permissions(folder, fs::perms(0755), error);
    if (error) return make_error(Errc::io, folder.string() + ": " + error.message());
    return {};
}

} // namespace lambox::engine
