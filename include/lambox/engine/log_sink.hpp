#pragma once

#include "lambox/base/ids.hpp"

#include <string>
#include <string_view>

namespace lambox::engine {

/// Who has written a line: the function (its runtime, or the platform about it), or one of its extensions.
enum class LogSource { function, extension };

/// Where a line of a function's log comes from.
struct LogOrigin {
    std::string_view function_name;
    std::string_view environment_id;
    std::string_view function_arn; ///< unqualified; names account and region of the log group
    std::string_view log_group;    ///< empty = `/aws/lambda/` and the function's name
    std::string_view log_stream;
    LogSource source = LogSource::function;
};

/// Port: a function's log: its own output and the platform's lines (START, END, REPORT), in order. Never lambox's own log.
class LogSink {
public:
    virtual ~LogSink() = default;
    /// `text` is one or more whole lines, or the piece of an overlong one.
    virtual void write(const LogOrigin& origin, std::string_view text) = 0;
    /// Passes on what a sink has held back.
    virtual void flush() {}
};

enum class LogPrefix { none, environment };

/// Writes to a descriptor that it does not own, each line as it came or behind `environment | `. A terminal gets each line at once;
/// for a file or a pipe they are gathered until `flush`, which comes before each answer, up to `limits::log_batch_bytes_max`.
/// A descriptor that cannot be written (a closed pipe, a full disk) loses the text and nothing else.
class DescriptorLogSink final : public LogSink {
public:
    DescriptorLogSink(int descriptor, LogPrefix prefix);
    ~DescriptorLogSink() override { flush(); }
    DescriptorLogSink(const DescriptorLogSink&) = delete;
    DescriptorLogSink& operator=(const DescriptorLogSink&) = delete;
    void write(const LogOrigin& origin, std::string_view text) override;
    void flush() override;

private:
    enum class Batching { none, until_flush };

    int descriptor_;
    LogPrefix prefix_;
    Batching batching_;
    std::string gathered_; ///< its memory is used again and again
};

/// Hands everything to two sinks, in order; neither is owned.
class TeeLogSink final : public LogSink {
public:
    TeeLogSink(LogSink& first, LogSink& second) : first_(first), second_(second) {}
    void write(const LogOrigin& origin, std::string_view text) override {
        first_.write(origin, text);
        second_.write(origin, text);
    }
    void flush() override {
        first_.flush();
        second_.flush();
    }

private:
    LogSink& first_;
    LogSink& second_;
};

/// Drops everything.
class NullLogSink final : public LogSink {
public:
    void write(const LogOrigin&, std::string_view) override {}
};

} // namespace lambox::engine
