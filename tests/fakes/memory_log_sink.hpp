#pragma once

#include "lambox/engine/log_sink.hpp"

#include <string>

namespace lambox::fakes {

/// Keeps everything that was written, without prefixes.
class MemoryLogSink final : public engine::LogSink {
public:
    void write(const engine::LogOrigin&, std::string_view text) override { text_.append(text); }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

} // namespace lambox::fakes
