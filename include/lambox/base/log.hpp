#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace lambox {

enum class LogLevel { debug, info, warn, error, off };

/// `debug`, `info`, `warn`, `error` or `off`; anything else is nullopt-like `false`.
[[nodiscard]] bool parse_log_level(std::string_view text, LogLevel& level);

/// A cheap handle: one stream, a channel name, and fields that every line carries. Lines go to stderr; a
/// function's own output never passes through here. Copies share the stream.
class Logger {
public:
    /// Writes nothing at all.
    Logger();
    /// Lines on stderr; colours only if stderr is a terminal.
    [[nodiscard]] static Logger to_stderr(LogLevel level);

    [[nodiscard]] Logger channel(std::string name) const;
    /// Adds ` key=value` to each line of the returned handle.
    [[nodiscard]] Logger with(std::string_view key, std::string_view value) const;

    [[nodiscard]] bool enabled(LogLevel level) const;
    void debug(std::string_view text) const { write(LogLevel::debug, text); }
    void info(std::string_view text) const { write(LogLevel::info, text); }
    void warn(std::string_view text) const { write(LogLevel::warn, text); }
    void error(std::string_view text) const { write(LogLevel::error, text); }

private:
    void write(LogLevel level, std::string_view text) const;

    std::shared_ptr<spdlog::logger> sink_;
    std::string channel_;
    std::string fields_;
};

/// `text` with control characters written as escapes, so that foreign bytes cannot forge or break a log line.
[[nodiscard]] std::string escape_for_log(std::string_view text);

} // namespace lambox
