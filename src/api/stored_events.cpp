#include "lambox/api/stored_events.hpp"

namespace lambox::api {

Result<std::int64_t> StoredEvents::add(const engine::KeptEvent& event) {
    auto statement = database_.prepare("INSERT INTO events (request_id, payload, content_type, arn, trace, context, invocation_id,"
                                       " accepted, invoked, hops) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
    if (!statement) return statement.error();
    const model::Invocation& invocation = event.invocation;
    statement->bind(invocation.request_id.str()).bind(invocation.payload).bind(invocation.content_type);
    statement->bind(invocation.invoked_arn.str()).bind(invocation.trace_header).bind(invocation.client_context);
    statement->bind(invocation.invocation_id).bind(std::int64_t{event.accepted.time_since_epoch().count()});
    statement->bind(std::int64_t{event.invoked}).bind(std::int64_t{event.hops});
    const auto row = statement->step();
    if (!row) return row.error();
    const std::int64_t id = statement->integer(0);
    // The row is committed by the step that ends the statement.
    if (const auto end = statement->step(); !end) return end.error();
    return id;
}

Result<void> StoredEvents::set_invoked(std::int64_t id, std::uint32_t invoked) {
    auto statement = database_.prepare("UPDATE events SET invoked = ? WHERE id = ?");
    if (!statement) return statement.error();
    statement->bind(std::int64_t{invoked}).bind(id);
    return statement->run();
}

Result<void> StoredEvents::erase(std::int64_t id) {
    auto statement = database_.prepare("DELETE FROM events WHERE id = ?");
    if (!statement) return statement.error();
    statement->bind(id);
    return statement->run();
}

Result<void> StoredEvents::clear() { return database_.execute("DELETE FROM events"); }

Result<std::vector<engine::KeptEvent>> StoredEvents::load() {
    auto rows =
        database_.prepare("SELECT id, request_id, payload, content_type, arn, trace, context, invocation_id, accepted, invoked, hops"
                          " FROM events ORDER BY id");
    if (!rows) return rows.error();
    std::vector<engine::KeptEvent> events;
    for (;;) {
        const auto row = rows->step();
        if (!row) return row.error();
        if (!*row) return events;
        engine::KeptEvent event;
        event.id = rows->integer(0);
        event.invocation.request_id = RequestId(std::string(rows->text(1)));
        event.invocation.payload = rows->text(2);
        event.invocation.content_type = rows->text(3);
        event.invocation.invoked_arn = FunctionArn(std::string(rows->text(4)));
        event.invocation.trace_header = rows->text(5);
        event.invocation.client_context = rows->text(6);
        event.invocation.invocation_id = rows->text(7);
        event.accepted = WallTime(WallTime::duration(rows->integer(8)));
        event.invoked = static_cast<std::uint32_t>(rows->integer(9));
        event.hops = static_cast<std::uint32_t>(rows->integer(10));
        events.push_back(std::move(event));
    }
}

} // namespace lambox::api
