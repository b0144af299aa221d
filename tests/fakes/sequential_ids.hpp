#pragma once

#include "lambox/base/ids.hpp"

#include <cstdio>

namespace lambox::fakes {

/// `00000000-0000-4000-8000-000000000001`, …2, …; hex counts likewise.
class SequentialIds final : public IdSource {
public:
    [[nodiscard]] std::string uuid() override {
        char text[40];
        std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012llx", ++count_);
        return text;
    }
    [[nodiscard]] std::string hex(std::size_t digits) override {
        char text[40];
        std::snprintf(text, sizeof text, "%032llx", ++count_);
        const std::string whole(text);
        return digits <= whole.size() ? whole.substr(whole.size() - digits) : std::string(digits - whole.size(), '0') + whole;
    }

private:
    unsigned long long count_ = 0;
};

} // namespace lambox::fakes
