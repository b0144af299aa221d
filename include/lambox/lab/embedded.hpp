#pragma once

#include "lambox/base/embedded.hpp"

/// The parts of the page.
namespace lambox::lab::embedded {

[[nodiscard]] Embedded uplot_js();
[[nodiscard]] Embedded uplot_css();
[[nodiscard]] Embedded report_js();
[[nodiscard]] Embedded report_css();

} // namespace lambox::lab::embedded
