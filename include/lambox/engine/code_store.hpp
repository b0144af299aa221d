#pragma once

#include "lambox/engine/function_registry.hpp"
#include "lambox/model/function_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace lambox::io {
class ThreadPool;
}

namespace lambox::engine {

class PackageShelf;

enum class CodeLifetime {
    temporary, ///< the folder goes with the store
    durable,   ///< the folder stays; packages that nobody names any more go at the next start, or when the last user lets go
};

/// Makes packages runnable: a folder is used where it is, a zip is unpacked once by content hash and shared, a single binary is
/// linked under the name that its runtime looks for. Everything it makes lies below its own folder.
class CodeStore {
public:
    /// Takes `folder`, which must exist. One that is temporary has to be empty.
    CodeStore(std::filesystem::path folder, CodeLifetime lifetime);
    CodeStore(const CodeStore&) = delete;
    CodeStore& operator=(const CodeStore&) = delete;
    ~CodeStore();

    /// Of a function that a file or the command line defines. Blocks while it unpacks. Errors: not_found, malformed, too_large, io.
    [[nodiscard]] Result<PreparedCode> prepare(const model::FunctionConfig& config);

    /// A package and whoever keeps it on disk.
    struct Stored {
        model::PackageInfo info;
        std::shared_ptr<const void> kept;
    };
    /// Keeps a zip under its hash and unpacks it. Blocks. Errors: no_zip and invalid_argument in AWS's words, io.
    [[nodiscard]] Result<Stored> store_zip(std::string_view bytes);
    /// Gives a package's bytes; called in the pool, perhaps more than once.
    using ReadPackage = std::function<Result<std::string>()>;
    /// The same beside the loop. The store outlives it. Errors: those of `read` too.
    boost::asio::awaitable<Result<Stored>> store_zip(io::ThreadPool& pool, ReadPackage read);
    /// A folder of the host that is used where it is. Errors: invalid_argument.
    [[nodiscard]] static Result<Stored> use_folder(const std::string& path);
    /// What a version runs from. Errors: not_found (a package is missing), io.
    [[nodiscard]] Result<PreparedCode> prepare(const model::FunctionRecord& record);
    /// Keeps a stored package on disk. Errors: not_found.
    [[nodiscard]] Result<std::shared_ptr<const void>> keep(const std::string& hash);
    /// From now on nothing is removed when its last user lets go: on the way out of a program whose packages are to outlive it.
    void release_all();
    /// The zip itself; nothing when there is none of that hash.
    [[nodiscard]] std::filesystem::path zip_path(std::string_view hash) const;
    using KeptPackages = std::map<std::string, std::shared_ptr<const void>>;
    /// Removes packages, and leftovers of a program that was killed, except those named; keeps those of them that are there, by hash. As
    /// with any package, what the caller lets go of without another user goes.
    [[nodiscard]] KeptPackages collect(const std::set<std::string>& hashes);

private:
    [[nodiscard]] Result<std::filesystem::path> unpacked(const std::filesystem::path& archive);
    [[nodiscard]] Result<void> unpack(const std::filesystem::path& archive, const std::filesystem::path& folder) const;
    /// What storing does on disk. Touches nothing that changes but the counter, so it may run in the pool.
    [[nodiscard]] Result<model::PackageInfo> write_zip(std::string_view bytes) const;
    [[nodiscard]] Result<Stored> adopt(model::PackageInfo info);
    [[nodiscard]] Result<std::filesystem::path> merged_layers(const model::FunctionConfig& config);
    [[nodiscard]] Result<std::filesystem::path> merge(std::span<const std::filesystem::path> sources, const std::filesystem::path& merged);
    [[nodiscard]] Result<void> add_layers(const model::FunctionRecord& record, PreparedCode& code);
    [[nodiscard]] Result<std::shared_ptr<const void>> package(const std::string& hash);
    [[nodiscard]] std::filesystem::path task_of(const std::string& hash) const;

    std::filesystem::path folder_;
    CodeLifetime lifetime_;
    std::shared_ptr<PackageShelf> shelf_;
    std::map<std::string, std::filesystem::path> programs_; ///< behind the links of folders made for lone binaries
    mutable std::atomic<std::size_t> made_ = 0; ///< names of unfinished folders
};

/// The file name under which a runtime looks for its program in the package: `bootstrap`, go1.x's handler, or a managed language's lone
/// file by its own name.
[[nodiscard]] std::string program_name(const FunctionRevision& function);

} // namespace lambox::engine
