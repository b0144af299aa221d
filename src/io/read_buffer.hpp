#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace lambox::io::detail {

/// Bytes read and not used yet, in one piece. Its memory is made at the first read and kept.
class ReadBuffer {
public:
    [[nodiscard]] std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

    void consume(std::size_t count) {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    /// Room behind the bytes, of `count` or more. Valid until the next call of anything but `commit`.
    [[nodiscard]] std::span<char> room(std::size_t count) {
        if (capacity_ - end_ < count) make_room(count);
        return {memory_.get() + end_, capacity_ - end_};
    }
    void commit(std::size_t count) { end_ += count; }

    /// Gives the memory back if it is empty and holds more than `bytes_max`.
    void shrink(std::size_t bytes_max) {
        if (!empty() || capacity_ <= bytes_max) return;
        memory_.reset();
        capacity_ = 0;
    }

private:
    void make_room(std::size_t count) {
        const std::size_t used = end_ - begin_;
        // Doubled, so that a long head does not move at every read.
        const std::size_t wanted = capacity_ - used >= count ? capacity_ : std::max(capacity_ * 2, used + count);
        auto moved = wanted == capacity_ ? nullptr : std::make_unique_for_overwrite<char[]>(wanted);
        if (used > 0) std::memmove(moved ? moved.get() : memory_.get(), memory_.get() + begin_, used);
        if (moved) memory_ = std::move(moved);
        capacity_ = wanted;
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace lambox::io::detail
