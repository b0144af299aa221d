#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lambox::bench {

/// What bench_load is told. One connection is the sequential caller, more are a closed loop, a rate is an open one.
struct LoadOptions {
    std::string host;
    std::uint16_t port = 0;
    std::string path; ///< `{n}` in it becomes the number of the request
    std::vector<std::string> headers;
    std::size_t connections = 1;
    std::size_t in_flight = 0; ///< at most so many requests at once; 0: as many as there are connections
    std::size_t requests = 1'000;
    std::size_t warmup = 0; ///< before those, not measured
    std::size_t body_bytes = 100;
    bool any_answer = false;           ///< 200 without a function error is enough, whatever it carries
    double rate = 0;                   ///< requests a second, whatever becomes of the earlier ones; 0: each caller waits for its answer
    std::chrono::milliseconds gap{};   ///< between an answer and the next request of a sequential caller
    std::chrono::seconds patience{30}; ///< without any answer, the rest counts as errors
};

/// Throws std::invalid_argument whose text says what is wrong.
[[nodiscard]] LoadOptions parse_load_options(const std::vector<std::string>& arguments);

} // namespace lambox::bench
