#include "lambox/engine/code_store.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/io/file_hash.hpp"
#include "lambox/io/zip_archive.hpp"

#include <fstream>
#include <system_error>

namespace lambox::engine {
namespace {

namespace fs = std::filesystem;

bool is_zip(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    char head[4] = {};
    file.read(head, sizeof head);
    // A local file header, or the end record of an archive without entries.
    return file.gcount() == 4 && head[0] == 'P' && head[1] == 'K' && ((head[2] == 3 && head[3] == 4) || (head[2] == 5 && head[3] == 6));
}

Error io_error(const fs::path& path, const std::error_code& error) { return make_error(Errc::io, path.string() + ": " + error.message()); }

} // namespace

std::string program_name(const model::FunctionConfig& config) {
    switch (config.runtime->protocol) {
    case model::RuntimeProtocol::go_rpc: return config.handler;
    case model::RuntimeProtocol::runtime_api: return "bootstrap";
    }
    return {};
}

CodeStore::CodeStore(fs::path folder) : folder_(std::move(folder)) {}

CodeStore::~CodeStore() {
    std::error_code ignored; // what cannot be removed must not stop the way out
    fs::remove_all(folder_, ignored);
}

Result<PreparedCode> CodeStore::prepare(const model::FunctionConfig& config) {
    std::error_code error;
    const fs::path source = fs::canonical(config.code, error);
    if (error) return make_error(Errc::not_found, "code " + config.code + ": " + error.message());
    PreparedCode prepared;
    if (fs::is_directory(source)) {
        prepared.task = source;
    } else if (is_zip(source)) {
        auto task = unpacked(source);
        if (!task) return task.error();
        prepared.task = *task;
    } else {
        const fs::path task = folder_ / ("binary-" + std::to_string(made_++));
        const fs::path link = task / program_name(config);
        fs::create_directories(link.parent_path(), error);
        if (!error) fs::create_symlink(source, link, error);
        if (error) return io_error(task, error);
        prepared.task = task;
        prepared.program = source;
    }
    auto layers = merged_layers(config);
    if (!layers) return layers.error();
    prepared.layers = *layers;
    return prepared;
}

Result<fs::path> CodeStore::unpacked(const fs::path& archive) {
    auto hash = io::sha256_of_file(archive);
    if (!hash) return hash.error();
    const fs::path folder = folder_ / ("zip-" + *hash);
    std::error_code error;
    if (fs::exists(folder, error)) return folder;
    // Unpacked beside its final name and renamed when whole, so that a failure leaves nothing that looks finished.
    const fs::path unfinished = folder_ / ("unfinished-" + std::to_string(made_++));
    fs::create_directories(unfinished, error);
    if (error) return io_error(unfinished, error);
    const io::UnpackLimits bounds{limits::package_unpacked_bytes_max, limits::package_entries_max};
    const auto done = io::unpack_zip(archive, unfinished, bounds);
    if (done) fs::rename(unfinished, folder, error);
    if (!done || error) {
        std::error_code ignored;
        fs::remove_all(unfinished, ignored);
        if (!done) return make_error(done.error().code, archive.string() + ": " + done.error().message);
        return io_error(folder, error);
    }
    return folder;
}

Result<fs::path> CodeStore::merged_layers(const model::FunctionConfig& config) {
    if (config.layers.empty()) return fs::path{};
    const fs::path merged = folder_ / ("layers-" + std::to_string(made_++));
    std::error_code error;
    fs::create_directories(merged, error);
    if (error) return io_error(merged, error);
    for (const auto& layer : config.layers) {
        fs::path source = fs::canonical(layer, error);
        if (error) return make_error(Errc::not_found, "layer " + layer + ": " + error.message());
        if (!fs::is_directory(source)) {
            auto folder = unpacked(source);
            if (!folder) return folder.error();
            source = *folder;
        }
        // In order, later layers over earlier ones (behaviour §3.2).
        fs::copy(source, merged, fs::copy_options::recursive | fs::copy_options::overwrite_existing | fs::copy_options::copy_symlinks,
                 error);
        if (error) return io_error(source, error);
    }
    return merged;
}

} // namespace lambox::engine
