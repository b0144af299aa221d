#include "lambox/api/telemetry_delivery.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/io/file_hash.hpp"
#include "lambox/io/http_client.hpp"
#include "lambox/io/tcp_stream.hpp"
#include "lambox/wire/base64.hpp"

#include <optional>
#include <string>
#include <utility>

namespace lambox::api {
namespace {

using engine::TelemetryChannel;

std::string joined(const std::vector<std::string>& items, std::string_view between) {
    std::string text;
    for (const std::string& item : items) {
        if (!text.empty()) text += between;
        text += item;
    }
    return text;
}

class HttpChannel final : public TelemetryChannel {
public:
    HttpChannel(const boost::asio::any_io_executor& executor, io::Clock& clock, model::TelemetryDestination destination)
        : clock_(clock), destination_(std::move(destination)), client_(executor, clock, "127.0.0.1", destination_.port) {}

    boost::asio::awaitable<Result<void>> send(const std::vector<std::string>& items, std::string_view batch) override {
        const auto answer = co_await client_.request(request_for(items, batch), clock_.now() + limits::telemetry_answer_timeout);
        if (!answer) co_return answer.error();
        if (answer->status >= 200 && answer->status < 300) co_return Result<void>();
        co_return make_error(Errc::io, "the subscriber answered " + std::to_string(answer->status));
    }

private:
    [[nodiscard]] io::HttpRequest request_for(const std::vector<std::string>& items, std::string_view batch) const {
        std::string sequence = wire::base64_encode(io::sha256(batch));
        while (sequence.ends_with('='))
            sequence.pop_back();
        io::HttpRequest request;
        request.method = destination_.method;
        request.target = destination_.target;
        request.headers.add("Host", destination_.host);
        request.headers.add("content-type", "application/json");
        request.headers.add("sequence-id", std::move(sequence));
        request.headers.add("user-agent", "awslambda-worker/1.0");
        request.headers.add("connection", "keep-alive");
        request.body = "[" + joined(items, ",") + "]";
        return request;
    }

    io::Clock& clock_;
    model::TelemetryDestination destination_;
    io::HttpClient client_;
};

class TcpChannel final : public TelemetryChannel {
public:
    TcpChannel(const boost::asio::any_io_executor& executor, std::uint16_t port) : executor_(executor), port_(port) {}

    boost::asio::awaitable<Result<void>> send(const std::vector<std::string>& items, std::string_view) override {
        if (!stream_) {
            stream_.emplace(executor_);
            const auto connected = co_await stream_->connect_loopback(port_);
            if (!connected) {
                stream_.reset();
                co_return connected.error();
            }
        }
        const std::string text = joined(items, "\n") + "\n";
        auto written = co_await stream_->write_all(text);
        if (!written) stream_.reset(); // the next attempt begins with a new connection, and with whole events
        co_return written;
    }

private:
    boost::asio::any_io_executor executor_;
    std::uint16_t port_;
    std::optional<io::TcpStream> stream_;
};

} // namespace

std::unique_ptr<TelemetryChannel> TelemetryDelivery::open(const model::TelemetryDestination& destination) {
    switch (destination.protocol) {
    case model::TelemetryDestination::Protocol::http: return std::make_unique<HttpChannel>(executor_, clock_, destination);
    case model::TelemetryDestination::Protocol::tcp: return std::make_unique<TcpChannel>(executor_, destination.port);
    }
    return nullptr;
}

} // namespace lambox::api
