#pragma once

#include <string_view>

namespace lambox {

/// A file that is compiled into the program (cmake/embed.cmake).
struct Embedded {
    std::string_view text;
    std::string_view sha256; ///< 32 raw bytes
};

} // namespace lambox
