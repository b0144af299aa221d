#include "lambox/engine/extension_set.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <utility>

namespace lambox::engine {

using model::ExtensionCall;
using model::ExtensionKind;
using model::ExtensionState;
using model::ExtensionStep;

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& letter : result) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return result;
}

ExtensionRefusal invalid_state(std::string message) { return ExtensionRefusal{"Extension.InvalidExtensionState", std::move(message)}; }

} // namespace

ExtensionSet::ExtensionSet(IdSource& ids, ExtensionSetListener& listener, ExtensionFunction function)
    : ids_(ids), listener_(listener), function_(std::move(function)) {}

/// The events, or the text that AWS puts behind the event that it does not know.
std::variant<model::ExtensionSubscription, ExtensionRefusal> ExtensionSet::subscription_of(const std::vector<std::string>& events,
                                                                                           ExtensionKind kind, Events allowed) {
    model::ExtensionSubscription subscription;
    if (allowed == Events::shutdown_alone && kind == ExtensionKind::internal && !events.empty())
        return ExtensionRefusal{"Extension.InvalidEventType", "No events allowed for internal extensions"};
    for (const std::string& event : events) {
        if (event == "INVOKE" && allowed == Events::all) {
            subscription.invoke = true;
        } else if (event != "SHUTDOWN") {
            return ExtensionRefusal{"Extension.InvalidEventType", event + ": ErrorInvalidEventType"};
        } else if (kind == ExtensionKind::internal) {
            return ExtensionRefusal{"Extension.InvalidEventType", event + ": ShutdownEventNotSupportedForInternalExtension"};
        } else {
            subscription.shutdown = true;
        }
    }
    return subscription;
}

ExtensionSet::Member* ExtensionSet::find(std::string_view name) {
    const auto found = std::find_if(members_.begin(), members_.end(), [name](const Member& member) { return member.name == name; });
    return found == members_.end() ? nullptr : &*found;
}

const ExtensionSet::Member* ExtensionSet::by_identifier(std::string_view identifier) const {
    const std::string wanted = lower(identifier);
    const auto found =
        std::find_if(members_.begin(), members_.end(), [&wanted](const Member& member) { return member.identifier == wanted; });
    return found == members_.end() ? nullptr : &*found;
}

std::variant<std::string, ExtensionRefusal> ExtensionSet::identify(std::string_view header) const {
    if (header.empty()) return ExtensionRefusal{"Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"};
    if (!is_uuid(std::string(header))) {
        return ExtensionRefusal{"Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"};
    }
    if (const Member* member = by_identifier(header)) return member->name;
    return ExtensionRefusal{"Extension.UnknownExtensionIdentifier", "Unknown extension " + lower(header)};
}

std::optional<ExtensionRefusal> ExtensionSet::may_join(std::string_view name) const {
    if (!registration_open_) return ExtensionRefusal{"Extension.RegistrationClosed", "Extension registration closed already"};
    if (members_.size() >= limits::extensions_max) {
        return ExtensionRefusal{"Extension.TooManyExtensions", "Extension limit (" + std::to_string(limits::extensions_max) + ") reached"};
    }
    const bool taken = std::any_of(members_.begin(), members_.end(), [name](const Member& member) { return member.name == name; });
    if (taken) return invalid_state("Extension with this name already registered");
    return std::nullopt;
}

std::variant<std::string, ExtensionRefusal> ExtensionSet::enroll(const std::string& name, const std::vector<std::string>& events) {
    if (name.empty()) return ExtensionRefusal{"Extension.InvalidExtensionName", "Empty extension name"};
    Member* member = find(name);
    const bool external = member != nullptr && member->kind == ExtensionKind::external;
    const auto subscription = subscription_of(events, external ? ExtensionKind::external : ExtensionKind::internal, events_);
    if (const auto* refusal = std::get_if<ExtensionRefusal>(&subscription)) return *refusal;
    if (!external) {
        if (auto refusal = may_join(name)) return *std::move(refusal);
        member = &members_.emplace_back();
        member->name = name;
        member->kind = ExtensionKind::internal;
        member->identifier = ids_.uuid();
    }
    const auto entered = model::on_call(member->state, ExtensionCall::enroll, name);
    if (const auto* refused = std::get_if<model::ExtensionCallRefused>(&entered)) return invalid_state(refused->message);
    member->state = std::get<ExtensionState>(entered);
    member->subscription = std::get<model::ExtensionSubscription>(subscription);
    std::string identifier = member->identifier;
    listener_.on_extension_moved();
    return identifier;
}

boost::asio::awaitable<ExtensionSet::NextResult> ExtensionSet::next(std::string identifier_header) {
    const auto identified = identify(identifier_header);
    if (const auto* refusal = std::get_if<ExtensionRefusal>(&identified)) co_return *refusal;
    Member& member = *find(std::get<std::string>(identified));
    const auto entered = model::on_call(member.state, ExtensionCall::next, member.identifier);
    if (const auto* refused = std::get_if<model::ExtensionCallRefused>(&entered)) co_return invalid_state(refused->message);
    member.state = std::get<ExtensionState>(entered);
    if (member.pending) {
        ExtensionEvent event = *std::exchange(member.pending, std::nullopt);
        member.state = model::on_step(member.state, ExtensionStep::event_handed_out);
        co_return event;
    }
    // A waiter whose connection goes keeps its place, as on AWS: who asks again while it is Ready is refused.
    const auto waiter = std::make_shared<io::OneShot<ExtensionEvent>>();
    member.waiter = waiter;
    listener_.on_extension_moved();
    co_return co_await waiter->wait();
}

std::optional<ExtensionRefusal> ExtensionSet::report(ExtensionError error, std::string_view identifier_header,
                                                     std::string_view error_type) {
    const auto identified = identify(identifier_header);
    const auto* refusal = std::get_if<ExtensionRefusal>(&identified);
    const bool unknown = refusal != nullptr && refusal->error_type == "Extension.UnknownExtensionIdentifier";
    if (refusal != nullptr && !unknown) return *refusal;
    if (error_type.empty()) return ExtensionRefusal{"Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found"};
    if (unknown) return ExtensionRefusal{refusal->error_type, "Unknown Lambda-Extension-Identifier"};
    Member& member = *find(std::get<std::string>(identified));
    const ExtensionCall call = error == ExtensionError::init ? ExtensionCall::init_error : ExtensionCall::exit_error;
    const auto entered = model::on_call(member.state, call, member.identifier);
    if (const auto* refused = std::get_if<model::ExtensionCallRefused>(&entered)) return invalid_state(refused->message);
    member.state = std::get<ExtensionState>(entered);
    member.error_type = std::string(error_type.substr(0, limits::error_type_chars_max));
    listener_.on_extension_error(error);
    return std::nullopt;
}

void ExtensionSet::expect(const std::string& name) {
    Member& member = members_.emplace_back();
    member.name = name;
    member.kind = ExtensionKind::external;
    member.identifier = ids_.uuid();
}

void ExtensionSet::launch_failed(const std::string& name, std::string error_type) {
    Member* member = find(name);
    LAMBOX_ASSERT(member != nullptr);
    member->state = model::on_step(member->state, ExtensionStep::launch_failed);
    member->error_type = std::move(error_type);
}

void ExtensionSet::give(Member& member, ExtensionEvent event) {
    if (member.state != ExtensionState::ready) {
        member.pending = std::move(event);
        return;
    }
    member.state = model::on_step(member.state, ExtensionStep::event_handed_out);
    if (member.waiter) std::exchange(member.waiter, nullptr)->set(std::move(event));
}

void ExtensionSet::hand_over(const HandedInvocation& invocation) {
    for (Member& member : members_) {
        if (!member.subscription.invoke || member.state != ExtensionState::ready) continue;
        give(member, ExtensionInvoke{invocation, ids_.uuid()});
    }
}

void ExtensionSet::shut_down(const ExtensionShutdown& event) {
    for (Member& member : members_) {
        if (member.kind == ExtensionKind::external && member.subscription.shutdown) give(member, event);
    }
}

void ExtensionSet::ended(const std::string& name, ExtensionStep step) {
    if (Member* member = find(name)) member->state = model::on_step(member->state, step);
}

std::vector<model::ExtensionPresence> ExtensionSet::presence() const {
    std::vector<model::ExtensionPresence> result;
    result.reserve(members_.size());
    for (const Member& member : members_)
        result.push_back({member.kind, member.state, member.subscription});
    return result;
}

std::vector<ExtensionSet::View> ExtensionSet::view() const {
    std::vector<View> views;
    for (const Member& member : members_) {
        views.push_back(View{member.name, member.kind, member.state, member.subscription, member.error_type});
    }
    return views;
}

} // namespace lambox::engine
