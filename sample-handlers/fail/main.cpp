// Always answers with an error: {"type": T, "message": M} become errorType and errorMessage.

#include "event_fields.hpp"
#include "runtime_client.hpp"

namespace {

runtime_client::Answer handle(const runtime_client::Invocation& invocation) {
    return runtime_client::Failure{runtime_client::string_field_or(invocation.body, "type", "Function.Failed"),
                                   runtime_client::string_field_or(invocation.body, "message", "this handler always fails")};
}

} // namespace

int main() { return runtime_client::run(handle); }
