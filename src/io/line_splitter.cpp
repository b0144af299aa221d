#include "lambox/io/line_splitter.hpp"

#include "lambox/base/assert.hpp"

#include <utility>

namespace lambox::io {

LineSplitter::LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) { LAMBOX_ASSERT(line_bytes_max > 0); }

std::string LineSplitter::take_rest() { return std::exchange(held_, {}); }

} // namespace lambox::io
