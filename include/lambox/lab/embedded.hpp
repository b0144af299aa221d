#pragma once

#include <string_view>

/// Files that are compiled into the program (cmake/embed.cmake).
namespace lambox::lab::embedded {

struct Embedded {
    std::string_view text;
    std::string_view sha256; ///< 32 raw bytes
};

[[nodiscard]] Embedded uplot_js();
[[nodiscard]] Embedded uplot_css();
[[nodiscard]] Embedded report_js();
[[nodiscard]] Embedded report_css();

} // namespace lambox::lab::embedded
