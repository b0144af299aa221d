#pragma once

#include "lambox/base/embedded.hpp"

/// The launchers of managed languages, from `runtimes/`.
namespace lambox::engine::embedded {

[[nodiscard]] Embedded bootstrap_mjs();
[[nodiscard]] Embedded bootstrap_py();
[[nodiscard]] Embedded bootstrap_rb();

} // namespace lambox::engine::embedded
