// Answers with the event, byte for byte.

#include "runtime_client.hpp"

int main() {
    return runtime_client::run([](const runtime_client::Invocation& invocation) { return invocation.body; });
}
