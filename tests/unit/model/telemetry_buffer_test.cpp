// Goal: a batch is due when the first of its three bounds is reached, and nothing that goes in is lost without being counted. Method: a
// table of fillings, and random sequences of pushes, takes and lost batches whose sums are compared.
#include "lambox/model/telemetry_buffer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono_literals;

namespace {

const Instant begin{1h};
const TelemetryBuffering three{3, 100, 50ms};
const TelemetryBounds roomy{100, 10'000};

void fill(TelemetryBuffer& buffer, std::size_t count, std::size_t bytes, Instant at = begin) {
    for (std::size_t i = 0; i < count; ++i)
        buffer.push(std::string(bytes, 'x'), at);
}

} // namespace

TEST_CASE("a batch is due after its timeout, or as soon as it has enough items or bytes") {
    struct Row {
        std::size_t items;
        std::size_t bytes;
        std::optional<Instant> due;
    };
    const Row rows[] = {
        {0, 0, std::nullopt},  {1, 10, begin + 50ms}, {2, 49, begin + 50ms}, {3, 1, begin},   {4, 1, begin},
        {1, 99, begin + 50ms}, {1, 100, begin},       {2, 50, begin},        {1, 500, begin},
    };
    for (const Row& row : rows) {
        TelemetryBuffer buffer(three, roomy);
        fill(buffer, row.items, row.bytes);
        CHECK(buffer.due() == row.due);
        CHECK(buffer.empty() == !row.due);
    }
}

TEST_CASE("a batch has at most so many items and bytes, in order, and one item however long") {
    TelemetryBuffer buffer(three, roomy);
    for (const char* text : {"a", "b", "c", "d"})
        buffer.push(text, begin);
    CHECK(buffer.take(begin).items == std::vector<std::string>{"a", "b", "c"});
    CHECK(buffer.due() == begin + 50ms);
    fill(buffer, 2, 70);
    CHECK(buffer.take(begin).items == std::vector<std::string>{"d", std::string(70, 'x')});
    CHECK(buffer.take(begin).items.size() == 1);
    fill(buffer, 1, 5'000);
    fill(buffer, 1, 1);
    CHECK(buffer.take(begin).items.front().size() == 5'000);
    CHECK(buffer.take(begin).items.front().size() == 1);
    CHECK(buffer.empty());
}

TEST_CASE("the time of what is left begins with the batch before it") {
    TelemetryBuffer buffer(three, roomy);
    fill(buffer, 4, 1);
    (void)buffer.take(begin + 30ms);
    CHECK(buffer.due() == begin + 80ms);
}

TEST_CASE("a flush makes everything due, and is over with the last item") {
    TelemetryBuffer buffer(three, roomy);
    fill(buffer, 4, 1);
    buffer.flush();
    (void)buffer.take(begin + 1ms);
    CHECK(buffer.due() == begin + 1ms);
    (void)buffer.take(begin + 2ms);
    fill(buffer, 1, 1, begin + 3ms);
    CHECK(buffer.due() == begin + 53ms);
}

TEST_CASE("what finds no room is counted, and the count goes with the next batch") {
    TelemetryBuffer buffer(three, TelemetryBounds{5, 100});
    fill(buffer, 7, 2);
    auto batch = buffer.take(begin);
    CHECK(batch.items.size() == 3);
    CHECK(batch.dropped.records == 2);
    CHECK(batch.dropped.bytes == 4);
    fill(buffer, 1, 97);
    batch = buffer.take(begin);
    CHECK(batch.items.size() == 2);
    CHECK(batch.dropped.records == 1);
    CHECK(batch.dropped.bytes == 97);
    CHECK(buffer.empty());
}

TEST_CASE("a count alone is due as well") {
    TelemetryBuffer buffer(three, roomy);
    buffer.count_dropped({2, 20}, begin);
    CHECK(buffer.due() == begin + 50ms);
    const auto batch = buffer.take(begin + 50ms);
    CHECK(batch.items.empty());
    CHECK(batch.dropped.records == 2);
    CHECK(buffer.empty());
}

TEST_CASE("whatever happens, received and reported as dropped are together what was emitted") {
    std::mt19937 random(20220701);
    for (int round = 0; round < 200; ++round) {
        TelemetryBuffer buffer(TelemetryBuffering{1 + random() % 20, 1 + random() % 300, 50ms},
                               TelemetryBounds{1 + random() % 60, 1 + random() % 2'000});
        std::uint64_t emitted = 0, emitted_bytes = 0, received = 0, received_bytes = 0, reported = 0, reported_bytes = 0;
        const auto take = [&] {
            auto batch = buffer.take(begin);
            std::uint64_t bytes = 0;
            for (const auto& item : batch.items)
                bytes += item.size();
            if (random() % 4 == 0) { // nobody took it
                buffer.count_dropped({batch.items.size() + batch.dropped.records, bytes + batch.dropped.bytes}, begin);
                return;
            }
            received += batch.items.size();
            received_bytes += bytes;
            reported += batch.dropped.records;
            reported_bytes += batch.dropped.bytes;
        };
        for (int step = 0; step < 500; ++step) {
            if (random() % 10 == 0) {
                take();
                continue;
            }
            const std::size_t bytes = random() % 120;
            ++emitted;
            emitted_bytes += bytes;
            buffer.push(std::string(bytes, 'x'), begin);
        }
        while (!buffer.empty())
            take();
        CHECK(received + reported == emitted);
        CHECK(received_bytes + reported_bytes == emitted_bytes);
    }
}
