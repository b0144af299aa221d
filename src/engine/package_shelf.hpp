#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace lambox::engine {

class StoredPackage;

/// Where the files of packages are, and which packages are in use. Owned together by the code store and the packages, which may outlive it.
class PackageShelf : public std::enable_shared_from_this<PackageShelf> {
public:
    explicit PackageShelf(std::filesystem::path folder) : folder_(std::move(folder)) {}
    [[nodiscard]] std::filesystem::path zip_path(std::string_view hash) const;
    [[nodiscard]] std::filesystem::path task_of(const std::string& hash) const;
    /// Of layers merged; the hash is that of their names.
    [[nodiscard]] std::filesystem::path merged_of(const std::string& hash) const;
    /// From now on nothing is removed when its last user lets go.
    void release_all() { removing_ = false; }

    enum class Kind { zip, merged };
    /// Null when nobody uses it.
    [[nodiscard]] std::shared_ptr<StoredPackage> find(const std::string& hash) const;
    /// The same, or its first user; the files have to be there.
    [[nodiscard]] std::shared_ptr<StoredPackage> take(const std::string& hash, Kind kind);

private:
    friend class StoredPackage;
    std::filesystem::path folder_;
    std::map<std::string, std::weak_ptr<StoredPackage>> used_;
    bool removing_ = true;
};

/// A user's hold on the files of one stored zip, or of layers merged: they go with the last one. There is one for every stored function, so
/// that it holds no path.
class StoredPackage {
public:
    using Kind = PackageShelf::Kind;
    StoredPackage(std::shared_ptr<PackageShelf> shelf, std::string hash, Kind kind);
    StoredPackage(const StoredPackage&) = delete;
    StoredPackage& operator=(const StoredPackage&) = delete;
    ~StoredPackage();

    /// Whether a zip's folder has been seen.
    [[nodiscard]] bool unpacked() const { return unpacked_; }
    void set_unpacked() { unpacked_ = true; }

private:
    std::shared_ptr<PackageShelf> shelf_;
    std::string hash_;
    Kind kind_;
    bool unpacked_ = false;
};

} // namespace lambox::engine
