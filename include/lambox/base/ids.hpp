#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace lambox {

/// A text that names one kind of thing; two kinds never mix.
template <class Tag>
class Id {
public:
    Id() = default;
    explicit Id(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] const std::string& str() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    auto operator<=>(const Id&) const = default;

private:
    std::string text_;
};

/// UUID of one invocation; the same over asynchronous retries.
using RequestId = Id<struct RequestIdTag>;
/// Names one execution environment over all its generations, e.g. `hello#3`.
using EnvironmentId = Id<struct EnvironmentIdTag>;
/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`.
using FunctionArn = Id<struct FunctionArnTag>;

/// Port: where identifiers and other random text come from. Tests pass `SequentialIds`.
class IdSource {
public:
    virtual ~IdSource() = default;
    /// A random (version 4) UUID in lower case, 36 characters.
    [[nodiscard]] virtual std::string uuid() = 0;
    /// `digits` random lower-case hexadecimal digits.
    [[nodiscard]] virtual std::string hex(std::size_t digits) = 0;
};

/// Random identifiers from the kernel's generator (getrandom(2)), fetched 256 bytes at a time.
class RandomIds final : public IdSource {
public:
    [[nodiscard]] std::string uuid() override;
    [[nodiscard]] std::string hex(std::size_t digits) override;

private:
    [[nodiscard]] std::uint8_t byte();

    std::array<unsigned char, 256> pool_{};
    std::size_t used_ = 256;
};

/// 8-4-4-4-12 hexadecimal digits, either case.
[[nodiscard]] bool is_uuid(const std::string& text);

} // namespace lambox

template <class Tag>
struct std::hash<lambox::Id<Tag>> {
    std::size_t operator()(const lambox::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};
