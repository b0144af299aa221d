// Goal: a function in an unpacked image is started by the image's bootstrap, and an unfit image is told. Method: folders with a real ELF
// file, this program's own.
#include "lambox/engine/launch_plan.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace lambox;
using namespace lambox::engine;

namespace fs = std::filesystem;

namespace {

class Image {
public:
    Image() {
        for (const char* folder : {"image/var/task", "image/var/runtime", "package"})
            fs::create_directories(root_ / folder);
    }
    ~Image() {
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;

    [[nodiscard]] FunctionRevision function(std::string_view runtime) const {
        FunctionRevision made;
        made.config.runtime = model::find_runtime(runtime);
        made.config.architecture = host_architecture();
        made.config.rootfs = (root_ / "image").string();
        made.code.task = root_ / "package";
        return made;
    }
    void program(const char* name) const { fs::copy_file("/proc/self/exe", root_ / name); }
    [[nodiscard]] const fs::path& root() const { return root_; }

private:
    fs::path root_ = fs::temp_directory_path() / ("lambox-image-" + std::to_string(::getpid()));
};

std::string started(const FunctionRevision& function) {
    const auto planned = plan_launch(function, {});
    if (const auto* plan = std::get_if<LaunchPlan>(&planned)) return plan->program_inside;
    const auto& failure = std::get<LaunchFailure>(planned);
    return failure.message + " / " + failure.advice;
}

} // namespace

TEST_CASE("the image's bootstrap starts managed functions, and OS-only ones that bring none") {
    const Image image;
    image.program("image/var/runtime/bootstrap");
    CHECK(started(image.function("python3.13")) == "/var/runtime/bootstrap");
    CHECK(started(image.function("provided.al2023")) == "/var/runtime/bootstrap");
    image.program("package/bootstrap");
    CHECK(started(image.function("provided.al2023")) == "/var/task/bootstrap");
    CHECK(started(image.function("python3.13")) == "/var/runtime/bootstrap");
}

TEST_CASE("what an image lacks is told") {
    const Image image;
    CHECK(started(image.function("python3.13")).find("has no /var/runtime/bootstrap") != std::string::npos);
    image.program("image/var/runtime/bootstrap");
    auto foreign = image.function("python3.13");
    const bool native_arm = host_architecture() == model::Architecture::arm64;
    foreign.config.architecture = native_arm ? model::Architecture::x86_64 : model::Architecture::arm64;
    CHECK(started(foreign).find("exec format error") != std::string::npos);
    fs::remove(image.root() / "image" / "var" / "task");
    CHECK(started(image.function("python3.13")).find("no folder var/task") != std::string::npos);
}

TEST_CASE("a program that lambox cannot open is not called unfit") {
    const Image image;
    image.program("image/var/runtime/bootstrap");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const std::string told = started(image.function("python3.13"));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(told.find("bootstrap: too many open files / ") != std::string::npos);
    CHECK(told.find("cannot be read") != std::string::npos);
}
