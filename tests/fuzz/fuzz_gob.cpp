// Goal: no bytes of a go1.x function can crash, stall or bloat lambox, and how a stream is cut never changes what it says.
// Method: an input is [n][n step sizes - 1][stream]. The stream goes to the codec in one piece and in steps of those sizes (over
// and over), which must agree; then every value in it is skipped with the plain gob reader, whatever its type.
#include "lambox/wire/go_rpc.hpp"
#include "lambox/wire/gob.hpp"

#include "lambox/base/assert.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace lambox;
using namespace lambox::wire;

namespace {

struct Outcome {
    std::vector<GoReply> replies;
    std::string error;
    bool operator==(const Outcome&) const = default;
};

/// A codec with as many calls in flight as the captured connections had: pings and invocations.
GoRpcCodec busy_codec() {
    GoRpcCodec codec;
    std::string out;
    for (int i = 0; i < 2; ++i) codec.encode_ping(out);
    for (int i = 0; i < 14; ++i) codec.encode_invoke({.payload = "{}", .deadline_seconds = 1}, out);
    return codec;
}

Outcome run(std::string_view stream, std::string_view steps) {
    auto codec = busy_codec();
    Outcome outcome;
    std::size_t turn = 0;
    while (!stream.empty() && outcome.error.empty()) {
        auto step = stream.size();
        if (!steps.empty()) step = std::min(step, std::size_t{1} + static_cast<unsigned char>(steps[turn++ % steps.size()]));
        const auto fed = codec.feed(stream.substr(0, step));
        stream.remove_prefix(step);
        if (fed.has_error()) outcome.error = fed.error().message;
        while (auto reply = codec.next_reply()) outcome.replies.push_back(std::move(*reply));
    }
    return outcome;
}

/// Definitions are taken in, values dropped, until the first error.
void skip_all(std::string_view stream) {
    GobFramer framer;
    GobTypeTable types;
    framer.append(stream);
    for (;;) {
        const auto body = framer.next();
        if (body.has_error() || !*body) return;
        GobReader reader(**body);
        const auto id = reader.take_int();
        if (!id || *id == std::numeric_limits<GobTypeId>::min()) return;
        if (*id < 0) {
            if (types.define(-*id, reader.rest()).has_error()) return;
            continue;
        }
        GobDecoder decoder(types, reader.rest());
        const bool skipped = decoder.skip(*id) && decoder.expect_end();
        LAMBOX_ASSERT(skipped != decoder.error().has_value());
        if (!skipped) return;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.empty()) return 0;
    const auto count = std::min<std::size_t>(static_cast<unsigned char>(input[0]) & 15U, input.size() - 1);
    const auto steps = input.substr(1, count);
    const auto stream = input.substr(1 + count);

    const auto whole = run(stream, {});
    LAMBOX_ASSERT(run(stream, steps) == whole);
    for (const auto& reply : whole.replies) {
        const auto* invoked = std::get_if<GoInvokeReply>(&reply.body);
        if (invoked != nullptr && invoked->error) LAMBOX_ASSERT(go_error_payload(*invoked->error).ends_with('}'));
    }
    skip_all(stream);
    return 0;
}
