#include "lambox/engine/code_store.hpp"

#include "package_shelf.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/io/file_hash.hpp"
#include "lambox/io/thread_pool.hpp"
#include "lambox/io/zip_archive.hpp"
#include "lambox/model/runtime_recipe.hpp"
#include "lambox/wire/base64.hpp"

#include <fstream>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

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

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

std::string bytes_of_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

Result<void> describe(const fs::path& file, PreparedCode& code) {
    const auto hash = io::sha256_of_file(file);
    if (!hash) return hash.error();
    std::error_code error;
    code.sha256 = wire::base64_encode(bytes_of_hex(*hash));
    code.size = fs::file_size(file, error);
    return {};
}

/// Whatever umask lambox was started with, everybody may read packages: in a sandbox functions run as another user.
constexpr auto folder_permissions =
    fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec;

Error io_error(const fs::path& path, const std::error_code& error) { return make_error(Errc::io, path.string() + ": " + error.message()); }

Result<void> make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, folder_permissions, error);
    if (error) return io_error(folder, error);
    return {};
}

/// One entry of a layer at its place among the others; what is there under its name gives way, unless both are folders. Files are shared
/// with their package where the file system can do that: nobody writes to them.
std::error_code merge_entry(const fs::directory_entry& entry, const fs::path& to) {
    std::error_code error;
    const auto there = fs::symlink_status(to, error);
    if (entry.is_directory(error) && !entry.is_symlink(error)) {
        if (fs::is_directory(there)) return {};
        if (fs::exists(there)) fs::remove(to, error);
        if (const auto made = make_folder(to); !made) return std::make_error_code(std::errc::io_error);
        return {};
    }
    if (fs::exists(there)) fs::remove_all(to, error);
    if (entry.is_symlink(error)) {
        fs::copy_symlink(entry.path(), to, error);
        return error;
    }
    fs::create_hard_link(entry.path(), to, error);
    if (error) fs::copy_file(entry.path(), to, fs::copy_options::overwrite_existing, error);
    return error;
}

Result<void> merge_into(const fs::path& layer, const fs::path& merged) {
    std::error_code error;
    fs::recursive_directory_iterator at(layer, error);
    while (!error && at != fs::recursive_directory_iterator()) {
        const std::error_code failed = merge_entry(*at, merged / at->path().lexically_relative(layer));
        if (failed) return io_error(at->path(), failed);
        at.increment(error);
    }
    if (error) return io_error(layer, error);
    return {};
}

} // namespace

namespace {

std::string program_name_of(const model::FunctionConfig& config, const fs::path& lone_file) {
    // A lone file of a managed language keeps its name, which the handler setting goes by.
    if (model::language_of(config.runtime->family) != nullptr && !lone_file.empty()) return lone_file.filename().string();
    switch (config.runtime->protocol) {
    case model::RuntimeProtocol::go_rpc: return config.handler;
    case model::RuntimeProtocol::runtime_api: return "bootstrap";
    }
    return {};
}

} // namespace

std::string program_name(const FunctionRevision& function) { return program_name_of(function.config, function.code.program); }

CodeStore::CodeStore(fs::path folder, CodeLifetime lifetime)
    : folder_(std::move(folder)), lifetime_(lifetime), shelf_(std::make_shared<PackageShelf>(folder_)) {}

CodeStore::~CodeStore() {
    release_all(); // whoever still holds a package only lets go of it
    if (lifetime_ == CodeLifetime::durable) return;
    std::error_code ignored; // what cannot be removed must not stop the way out
    fs::remove_all(folder_, ignored);
}

void CodeStore::release_all() { shelf_->release_all(); }

fs::path CodeStore::zip_path(std::string_view hash) const { return shelf_->zip_path(hash); }

fs::path CodeStore::task_of(const std::string& hash) const { return shelf_->task_of(hash); }

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
        if (const auto known = describe(source, prepared); !known) return known.error();
    } else {
        const fs::path task = folder_ / ("binary-" + std::to_string(made_++));
        const fs::path link = task / program_name_of(config, source);
        fs::create_directories(link.parent_path(), error);
        if (!error) fs::create_symlink(source, link, error);
        if (error) return io_error(task, error);
        // A file system notes that a link was followed, the first time of a day; that write is not for the first cold start to wait for.
        (void)fs::exists(link, error);
        prepared.task = task;
        prepared.program = programs_[task.string()] = source;
        if (const auto known = describe(source, prepared); !known) return known.error();
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
    const auto done = unpack(archive, folder);
    if (!done) return make_error(done.error().code, archive.string() + ": " + done.error().message);
    return folder;
}

Result<void> CodeStore::unpack(const fs::path& archive, const fs::path& folder) const {
    // Unpacked beside its final name and renamed when whole, so that a failure leaves nothing that looks finished.
    std::error_code error;
    const fs::path unfinished = folder_ / ("unfinished-" + std::to_string(made_++));
    if (const auto made = make_folder(unfinished); !made) return made;
    const io::UnpackLimits bounds{limits::package_unpacked_bytes_max, limits::package_entries_max};
    auto done = io::unpack_zip(archive, unfinished, bounds);
    if (done) fs::rename(unfinished, folder, error);
    if (done && !error) return {};
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    if (!done) return done;
    return io_error(folder, error);
}

Result<fs::path> CodeStore::merged_layers(const model::FunctionConfig& config) {
    if (config.layers.empty()) return fs::path{};
    std::vector<fs::path> sources;
    for (const auto& layer : config.layers) {
        std::error_code error;
        fs::path source = fs::canonical(layer, error);
        if (error) return make_error(Errc::not_found, "layer " + layer + ": " + error.message());
        if (!fs::is_directory(source)) {
            auto folder = unpacked(source);
            if (!folder) return folder.error();
            source = *folder;
        }
        sources.push_back(std::move(source));
    }
    return merge(sources, folder_ / ("layers-" + std::to_string(made_++)));
}

Result<fs::path> CodeStore::merge(std::span<const fs::path> sources, const fs::path& merged) {
    std::error_code error;
    const fs::path unfinished = folder_ / ("unfinished-" + std::to_string(made_++));
    if (const auto made = make_folder(unfinished); !made) return made.error();
    for (const auto& source : sources) {
        // In order, later layers over earlier ones (behaviour §3.2).
        if (const auto added = merge_into(source, unfinished); !added) return added.error();
    }
    fs::rename(unfinished, merged, error);
    if (error) return io_error(merged, error);
    return merged;
}

Result<CodeStore::Stored> CodeStore::store_zip(std::string_view bytes) {
    auto info = write_zip(bytes);
    if (!info) return info.error();
    return adopt(std::move(*info));
}

boost::asio::awaitable<Result<CodeStore::Stored>> CodeStore::store_zip(io::ThreadPool& pool, ReadPackage read) {
    Result<Stored> stored = make_error(Errc::io, "the package is removed whenever it has been stored");
    for (int attempt = 0; attempt < limits::package_store_attempts; ++attempt) {
        auto job = [this, read]() -> Result<model::PackageInfo> {
            const auto bytes = read();
            if (!bytes) return bytes.error();
            return write_zip(*bytes);
        };
        auto info = co_await pool.run(std::move(job));
        if (!info) co_return info.error();
        stored = adopt(std::move(*info));
        // The last user of the same package may have let go of it meanwhile, and taken its files along.
        if (stored || stored.error().code != Errc::not_found) break;
    }
    co_return stored;
}

Result<model::PackageInfo> CodeStore::write_zip(std::string_view bytes) const {
    if (bytes.size() > limits::package_zip_bytes_max) {
        return make_error(Errc::entity_too_large,
                          "Request must be smaller than " + std::to_string(limits::package_zip_bytes_max) + " bytes");
    }
    const std::string digest = io::sha256(bytes);
    const std::string hash = hex(digest);
    model::PackageInfo info{model::PackageKind::zip, hash, wire::base64_encode(digest), bytes.size()};
    std::error_code error;
    if (fs::exists(task_of(hash), error) && fs::exists(zip_path(hash), error)) return info;
    if (const auto written = io::write_durably(zip_path(hash), bytes); !written) return written.error();
    fs::remove_all(task_of(hash), error);
    const auto done = unpack(zip_path(hash), task_of(hash));
    if (done) return info;
    std::error_code ignored;
    fs::remove(zip_path(hash), ignored);
    if (done.error().code == Errc::too_large) {
        return make_error(Errc::invalid_argument,
                          "Unzipped size must be smaller than " + std::to_string(limits::package_unpacked_bytes_max) + " bytes");
    }
    if (done.error().code == Errc::io) return done.error();
    return make_error(Errc::no_zip, "Could not unzip uploaded file. Please check your file, then try to upload again.");
}

Result<CodeStore::Stored> CodeStore::adopt(model::PackageInfo info) {
    auto kept = package(info.location);
    if (!kept) return kept.error();
    return Stored{std::move(info), *kept};
}

Result<CodeStore::Stored> CodeStore::use_folder(const std::string& path) {
    std::error_code error;
    const fs::path folder = fs::canonical(path, error);
    if (error || !fs::path(path).is_absolute() || !fs::is_directory(folder)) {
        return make_error(Errc::invalid_argument,
                          "The S3Key of a hot folder must be the absolute path of a folder on this machine: " + path);
    }
    Stored stored{{model::PackageKind::folder, folder.string(), wire::base64_encode(io::sha256(folder.string())), 0}, nullptr};
    return stored;
}

Result<std::shared_ptr<const void>> CodeStore::package(const std::string& hash) {
    std::error_code error;
    auto package = shelf_->find(hash);
    if (package && package->unpacked()) return std::shared_ptr<const void>(std::move(package));
    if (!package && !fs::exists(zip_path(hash), error)) return make_error(Errc::not_found, "the package " + hash + " is missing");
    if (!fs::exists(task_of(hash), error)) {
        if (const auto done = unpack(zip_path(hash), task_of(hash)); !done) return done.error();
    }
    // Only now: who lets go of a package takes its files along.
    if (!package) package = shelf_->take(hash, StoredPackage::Kind::zip);
    package->set_unpacked();
    return std::shared_ptr<const void>(std::move(package));
}

Result<std::shared_ptr<const void>> CodeStore::keep(const std::string& hash) { return package(hash); }

Result<PreparedCode> CodeStore::prepare(const model::FunctionRecord& record) {
    PreparedCode code;
    switch (record.package.kind) {
    case model::PackageKind::folder: {
        code.task = record.package.location;
        if (const auto program = programs_.find(record.package.location); program != programs_.end()) code.program = program->second;
        break;
    }
    case model::PackageKind::zip: {
        auto kept = package(record.package.location);
        if (!kept) return kept.error();
        code.task = task_of(record.package.location);
        code.kept.push_back(*kept);
        break;
    }
    }
    if (const auto added = add_layers(record, code); !added) return added.error();
    return code;
}

Result<void> CodeStore::add_layers(const model::FunctionRecord& record, PreparedCode& code) {
    if (record.layers.empty()) return {};
    std::vector<fs::path> sources;
    std::string names;
    for (const auto& layer : record.layers) {
        names += layer.package.location + "\n";
        if (layer.package.kind == model::PackageKind::folder) {
            sources.emplace_back(layer.package.location);
            continue;
        }
        auto kept = package(layer.package.location);
        if (!kept) return kept.error();
        sources.push_back(task_of(layer.package.location));
        code.kept.push_back(*kept);
    }
    if (sources.size() == 1) {
        code.layers = sources.front();
        return {};
    }
    // One merged folder for each sequence of layers, made by its first user and removed with its last.
    const std::string hash = hex(io::sha256(names));
    const fs::path merged = shelf_->merged_of(hash);
    auto there = shelf_->find(hash);
    if (!there) {
        std::error_code error;
        if (!fs::exists(merged, error)) {
            if (const auto done = merge(sources, merged); !done) return done.error();
        }
        there = shelf_->take(hash, StoredPackage::Kind::merged);
    }
    code.kept.push_back(there);
    code.layers = merged;
    return {};
}

CodeStore::KeptPackages CodeStore::collect(const std::set<std::string>& hashes) {
    // One look at the folder, and its names looked up in no order: with thousands of packages this is most of a start.
    const std::unordered_set<std::string_view> wanted(hashes.begin(), hashes.end());
    std::unordered_set<std::string_view> zips; // those that are there
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        const std::string name = entry.path().filename().string();
        std::string_view hash = name;
        if (name.starts_with("task-")) hash.remove_prefix(std::string_view("task-").size());
        if (name.ends_with(".zip")) hash.remove_suffix(std::string_view(".zip").size());
        const auto found = wanted.find(hash);
        std::error_code ignored;
        if (found == wanted.end())
            fs::remove_all(entry.path(), ignored);
        else if (name.ends_with(".zip"))
            zips.insert(*found);
    }
    KeptPackages kept;
    for (const auto& hash : hashes) {
        if (zips.contains(hash)) kept.emplace_hint(kept.end(), hash, shelf_->take(hash, StoredPackage::Kind::zip));
    }
    return kept;
}

} // namespace lambox::engine
