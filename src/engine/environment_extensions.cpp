#include "lambox/engine/environment.hpp"

#include "lambox/model/function_error.hpp"

#include <utility>

namespace lambox::engine {

using namespace model::environment;
namespace error_type = model::error_type;

void Environment::start_extensions() {
    auto failure = extension_host_.launch(runtime_spec_.environment);
    if (!failure) return; // the runtime follows when they have registered
    note_fatal(error_type::extension_launch, *std::move(failure));
    feed(ExtensionFailed{});
}

void Environment::start_runtime() {
    const LaunchPlan launch = *std::exchange(waiting_runtime_, std::nullopt);
    if (spawn(launch))
        link_->process_started();
    else
        feed(SpawnFailed{});
}

void Environment::feed_all_back() {
    switch (awaited_) {
    case Awaited::event: feed(AllBack{}); break;
    case Awaited::snapshot: feed(AllReadyForSnapshot{}); break;
    }
}

void Environment::look_who_is_back() {
    if (extensions_.empty()) return feed_all_back();
    const auto presence = extensions_.presence();
    const bool initializing = std::holds_alternative<Initializing>(state_) || std::holds_alternative<Restoring>(state_);
    const bool all_back =
        initializing ? model::init_complete(runtime_presence_, presence) : model::invoke_complete(runtime_presence_, presence);
    if (all_back) feed_all_back();
}

void Environment::on_extension_moved() {
    if (!waiting_runtime_) {
        if (!extensions_.empty() && runtime_presence_ == model::RuntimePresence::asked_for_next) look_who_is_back();
        return;
    }
    if (std::holds_alternative<Initializing>(state_) && model::all_registered(extensions_.presence())) start_runtime();
}

void Environment::on_extension_error(ExtensionError error) {
    switch (error) {
    case ExtensionError::init: note_fatal(error_type::extension_init, {}); break;
    case ExtensionError::exit: note_fatal(error_type::extension_exit, {}); break;
    }
}

void Environment::on_extension_ended(io::ExitStatus status) {
    if (!running()) workspace_.containment.kill();
    note_fatal(error_type::extension_crash, model::extension_exit_message(to_runtime_exit(status)));
    feed(ExtensionFailed{});
}

void Environment::on_extension_gone() {
    if (!running()) workspace_.containment.kill();
    finish_stopping();
}

void Environment::note_fatal(std::string_view type, std::string message) {
    if (fatal_type_.empty()) fatal_type_ = type;
    if (fatal_message_.empty()) fatal_message_ = std::move(message);
}

bool Environment::running() const { return runtime_running() || extension_host_.running(); }

void Environment::finish_stopping() {
    if (!std::holds_alternative<Stopping>(state_) || running()) return;
    link_->close();
    feed(AllExited{});
}

} // namespace lambox::engine
