// How an environment starts its runtime: what is found, with which variables, in which place.
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/environment.hpp"
#include "lambox/engine/language_finder.hpp"
#include "lambox/engine/managed_launch.hpp"
#include "lambox/engine/ready_parts.hpp"

#include <system_error>
#include <utility>

namespace lambox::engine {

std::variant<LaunchPlan, LaunchFailure> Environment::find_launch() {
    const bool in_image = !function_->config.rootfs.empty();
    if (in_image && !workspace_.containment.sandboxed()) {
        return LaunchFailure{"fork/exec /var/runtime/bootstrap: operation not permitted", "a rootfs needs --isolation sandbox"};
    }
    const auto* language = model::language_of(function_->config.runtime->family);
    if (in_image || function_->code.image || language == nullptr || services_.languages == nullptr)
        return plan_launch(*function_, services_.settings.emulators);
    const SeesFiles sees = workspace_.containment.sandboxed() ? SeesFiles::of_sandbox : SeesFiles::all;
    auto found = plan_managed_launch(*function_, *language, *services_.languages, sees);
    const auto* launch = std::get_if<LaunchPlan>(&found);
    const bool remarkable = launch != nullptr && !launch->managed->remark.empty();
    if (remarkable && services_.languages->first_time(function_->arn.str() + launch->managed->remark))
        services_.log.channel("runtime").with("function", function_->config.name).warn(launch->managed->remark);
    return found;
}

Result<LaunchPlan> Environment::plan() {
    auto launch = find_launch();
    if (auto* failure = std::get_if<LaunchFailure>(&launch)) return fail_launch(std::move(*failure)).error();
    auto& found = std::get<LaunchPlan>(launch);
    emulator_ = found.emulator;
    if (const auto prepared = workspace_.containment.prepare(*function_, found); !prepared) {
        const std::string what = "its sandbox cannot be made: " + prepared.error().message;
        return fail_launch(LaunchFailure{what, "with --isolation process it runs without one"}).error();
    }
    if (!workspace_.containment.sandboxed() && !function_->code.image) {
        std::error_code ignored; // then it has the machine's folder of that kind
        std::filesystem::create_directories(workspace_.temporary, ignored);
    }
    return std::move(found);
}

namespace {

/// Why a program could not be started, when that is known better than the kernel says.
std::string advice_for(Errc code, bool sandboxed, const FunctionRevision& function) {
    if (!sandboxed) return {};
    if (code == Errc::permission_denied) {
        return "it runs as sbx_user1051, as on AWS, who has to be able to read and execute it: chmod -R a+rX " +
               function.code.task.string();
    }
    if (code == Errc::not_found) return "its interpreter is not among the system's folders, or is a link out of the package";
    return {};
}

} // namespace

model::EnvironmentRoots Environment::roots_for(const LaunchPlan& launch) const {
    model::EnvironmentRoots roots;
    roots.task = "/var/task";
    if (function_->code.image) roots.task = function_->code.image->working_directory;
    if (workspace_.containment.sandboxed() || function_->code.image) return roots;
    roots.task = function_->code.task.string();
    roots.layers = function_->code.layers.string();
    roots.temporary = workspace_.temporary.string();
    if (launch.managed) roots.runtime = launch.managed->launchers.string();
    return roots;
}

namespace {

/// As AWS names it, which is where the function sees it.
std::string program_in_errors(const FunctionRevision& function, const LaunchPlan& launch, const std::string& started) {
    if (launch.managed) return started;
    if (function.code.image) return launch.program_inside;
    return "/var/task/" + program_name(function);
}

} // namespace

Result<void> Environment::open_link(const LaunchPlan& launch) {
    auto link_variables = link_->open();
    if (!link_variables) return fail_launch(LaunchFailure{link_variables.error().message, {}});
    const bool sandboxed = workspace_.containment.sandboxed();
    const model::EnvironmentRoots roots = roots_for(launch);
    const std::string& region = function_->region.empty() ? services_.settings.region : function_->region;
    const LocalCredentials local;
    const model::EnvironmentIdentity identity{region,
                                              workspace_.log_stream,
                                              function_->version,
                                              local.access_key_id,
                                              local.secret_access_key,
                                              local.session_token,
                                              workspace_.initialization};
    runtime_spec_ = {};
    model::EnvironmentVariables of_language;
    if (launch.managed) {
        auto recipe = recipe_of(*function_, *launch.managed, roots);
        runtime_spec_.arguments = std::move(recipe.arguments);
        of_language = std::move(recipe.defaults);
    } else {
        if (!launch.emulator_path.empty()) runtime_spec_.arguments.push_back(launch.emulator_path);
        runtime_spec_.arguments.push_back(sandboxed ? launch.program_inside : launch.program);
        runtime_spec_.arguments.insert(runtime_spec_.arguments.end(), launch.arguments.begin(), launch.arguments.end());
    }
    if (function_->code.image) {
        runtime_spec_.environment = model::image_environment(function_->config, identity);
    } else {
        runtime_spec_.environment = model::runtime_environment(function_->config, roots, identity, of_language);
    }
    for (auto& variable : *link_variables) {
        std::erase_if(runtime_spec_.environment, [&](const auto& one) { return one.first == variable.first; }); // a function's own
        runtime_spec_.environment.push_back(std::move(variable));
    }
    runtime_spec_.working_directory = roots.task;
    // Whatever is unlike every other environment's.
    const std::string_view marking = workspace_.snap_start() ? "AWS_CONTAINER_AUTHORIZATION_TOKEN" : "AWS_LAMBDA_LOG_STREAM_NAME";
    for (const auto& [name, value] : runtime_spec_.environment) {
        if (name == marking) runtime_spec_.mark = name + "=" + value;
    }
    return {};
}

Result<void> Environment::spawn(const LaunchPlan& launch) {
    Containment& containment = workspace_.containment;
    io::SpawnSpec spec = std::move(runtime_spec_);
    spec.open_files_max = function_->config.open_files_max();
    containment.admit(spec);
    spec.spare = containment.take_spare();
    auto process = services_.spawner.spawn(spec, *this);
    if (!process) {
        const Error& error = process.error();
        const std::string program = program_in_errors(*function_, launch, spec.arguments.front());
        return fail_launch(
            LaunchFailure{"fork/exec " + program + ": " + error.message, advice_for(error.code, containment.sandboxed(), *function_)});
    }
    process_ = std::move(*process);
    if (services_.ready != nullptr) services_.ready->note_start(containment.memory_limit_bytes());
    return {};
}

} // namespace lambox::engine
