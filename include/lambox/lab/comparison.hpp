#pragma once

#include "lambox/engine/supervisor.hpp"
#include "lambox/lab/comparison_result.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lambox::lab {

struct ComparisonSettings {
    std::vector<std::shared_ptr<const engine::FunctionRevision>> functions; ///< the first is what the others are compared with
    std::string event;                                                      ///< JSON text
    std::uint32_t warm_requests = 0;                                        ///< per function
    std::uint32_t cold_starts = 0;                                          ///< per function
    model::PriceRounding rounding = model::PriceRounding::exact;
    std::string machine;
    std::vector<std::string> conditions;
};

/// Called after every invocation.
struct ComparisonProgress {
    std::function<void(std::uint64_t done, std::uint64_t total)> advanced;
    /// True asks to end early; what was measured so far is returned.
    std::function<bool()> stopped;
};

/// Measures: first the cold starts, then the warm requests, the functions taking turns in each round, so that whatever the machine
/// does besides hits all alike. One invocation at a time. A function that fails fails the whole comparison when it is its first
/// invocation; later failures are counted. Errors: not_found (no prices for the region), io (the failing function's payload).
boost::asio::awaitable<Result<ComparisonRun>> compare(engine::Supervisor& supervisor, ComparisonSettings settings,
                                                      ComparisonProgress progress);

} // namespace lambox::lab
