#include "lambox/base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ansicolor_sink.h>

#include <cstdio>

namespace lambox {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: return spdlog::level::off;
    }
    return spdlog::level::off;
}

} // namespace

bool parse_log_level(std::string_view text, LogLevel& level) {
    if (text == "debug") level = LogLevel::debug;
    else if (text == "info") level = LogLevel::info;
    else if (text == "warn") level = LogLevel::warn;
    else if (text == "error") level = LogLevel::error;
    else if (text == "off") level = LogLevel::off;
    else return false;
    return true;
}

Logger::Logger() = default;

Logger Logger::to_stderr(LogLevel level) {
    Logger logger;
    // A logger of our own, not spdlog's registry: two instances in one test program must not share levels.
    auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>();
    logger.sink_ = std::make_shared<spdlog::logger>("lambox", std::move(sink));
    logger.sink_->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%-5l%$ %v");
    logger.sink_->set_level(to_spdlog(level));
    logger.sink_->flush_on(spdlog::level::info);
    return logger;
}

Logger Logger::channel(std::string name) const {
    Logger copy = *this;
    copy.channel_ = std::move(name);
    return copy;
}

Logger Logger::with(std::string_view key, std::string_view value) const {
    Logger copy = *this;
    copy.fields_.append(" ").append(key).append("=").append(escape_for_log(value));
    return copy;
}

bool Logger::enabled(LogLevel level) const { return sink_ && sink_->should_log(to_spdlog(level)); }

void Logger::write(LogLevel level, std::string_view text) const {
    if (!enabled(level)) return;
    sink_->log(to_spdlog(level), "[{}] {}{}", channel_, text, fields_);
}

std::string escape_for_log(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte >= 0x20 && byte != 0x7f) {
            out += character;
            continue;
        }
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
        out += escaped;
    }
    return out;
}

} // namespace lambox
