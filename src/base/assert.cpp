#include "lambox/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace lambox {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
    std::fprintf(stderr, "lambox: internal error: %s does not hold (%s:%d); please report this\n", expression, file, line);
    std::abort();
}

} // namespace lambox
