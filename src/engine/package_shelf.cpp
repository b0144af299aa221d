#include "package_shelf.hpp"

#include <system_error>
#include <utility>

namespace lambox::engine {

namespace fs = std::filesystem;

fs::path PackageShelf::zip_path(std::string_view hash) const { return folder_ / (std::string(hash) + ".zip"); }

fs::path PackageShelf::task_of(const std::string& hash) const { return folder_ / ("task-" + hash); }

fs::path PackageShelf::merged_of(const std::string& hash) const { return folder_ / ("merged-" + hash); }

std::shared_ptr<StoredPackage> PackageShelf::find(const std::string& hash) const {
    const auto found = used_.find(hash);
    return found == used_.end() ? nullptr : found->second.lock();
}

std::shared_ptr<StoredPackage> PackageShelf::take(const std::string& hash, Kind kind) {
    if (auto there = find(hash)) return there;
    auto package = std::make_shared<StoredPackage>(shared_from_this(), hash, kind);
    used_[hash] = package;
    return package;
}

StoredPackage::StoredPackage(std::shared_ptr<PackageShelf> shelf, std::string hash, Kind kind)
    : shelf_(std::move(shelf)), hash_(std::move(hash)), kind_(kind) {}

StoredPackage::~StoredPackage() {
    shelf_->used_.erase(hash_);
    if (!shelf_->removing_) return;
    std::error_code ignored; // what stays is collected at the next start
    switch (kind_) {
    case Kind::zip:
        fs::remove(shelf_->zip_path(hash_), ignored);
        fs::remove_all(shelf_->task_of(hash_), ignored);
        break;
    case Kind::merged: fs::remove_all(shelf_->merged_of(hash_), ignored); break;
    }
}

} // namespace lambox::engine
