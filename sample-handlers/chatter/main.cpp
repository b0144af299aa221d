// A badly behaved function, for finding out what a platform does about it. {"do": X} picks one misdeed; the README lists them.
// Unless the misdeed is about answering, it answers properly afterwards, with what it learnt.

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "event_fields.hpp"
#include "runtime_client.hpp"

namespace {

using runtime_client::Client;
using runtime_client::Failure;
using runtime_client::Invocation;
using runtime_client::Verdict;

constexpr std::int64_t mib = 1024 * 1024;
constexpr std::int64_t bytes_max = 1024 * mib;

std::int64_t size_field(const Invocation& invocation, std::string_view name, std::int64_t otherwise) {
    const auto value = runtime_client::number_field_or(invocation.body, name, otherwise);
    return value < 0 || value > bytes_max ? otherwise : value;
}

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

int stream_field(const Invocation& invocation) {
    return runtime_client::string_field_or(invocation.body, "stream", "stdout") == "stderr" ? STDERR_FILENO : STDOUT_FILENO;
}

void report(const char* what, const Verdict& verdict) {
    write_all(STDOUT_FILENO, std::string(what) + ": " + std::to_string(verdict.status) + " " + verdict.body + "\n");
}

std::string status_answer(const Verdict& verdict) {
    return "{\"status\":" + std::to_string(verdict.status) + ",\"body\":" + runtime_client::json_quote(verdict.body) + "}";
}

void answer(Client& client, const Invocation& invocation, std::string_view body) { report("answer", client.respond(invocation, body)); }

// Output

void print_lines(Client& client, const Invocation& invocation) {
    const auto count = size_field(invocation, "count", 10);
    const auto bytes = size_field(invocation, "bytes", 20);
    for (std::int64_t i = 0; i < count; ++i) {
        std::string line = "line " + std::to_string(i) + " ";
        line.resize(static_cast<std::size_t>(bytes), '.');
        write_all(stream_field(invocation), line + "\n");
    }
    answer(client, invocation, "{\"lines\":" + std::to_string(count) + "}");
}

void flood(Client& client, const Invocation& invocation) {
    const auto bytes = size_field(invocation, "bytes", 1024 * 1024);
    const std::string block(64 * 1024, 'x');
    for (std::int64_t left = bytes; left > 0; left -= static_cast<std::int64_t>(block.size()))
        write_all(stream_field(invocation), std::string_view(block).substr(0, static_cast<std::size_t>(left)));
    answer(client, invocation, "{\"bytes\":" + std::to_string(bytes) + "}");
}

// A NUL, a terminal escape, bytes that are no UTF-8, a carriage return, and no line end.
void print_raw(Client& client, const Invocation& invocation) {
    static constexpr char text[] = "nul \0 escape \x1b[31m bad \xff\xc3\x28 return \r no end";
    constexpr std::string_view bytes(text, sizeof text - 1);
    write_all(stream_field(invocation), bytes);
    answer(client, invocation, "{\"bytes\":" + std::to_string(bytes.size()) + "}");
}

// Replaced rather than just closed, for otherwise the next socket would become stdout.
void close_output(Client& client, const Invocation& invocation) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
    static_cast<void>(client.respond(invocation, "{\"closed\":true}"));
}

// Processes

// They end by themselves, so that a platform which loses them does not keep them for ever. Besides the output they also hold the
// connection to the Runtime API.
[[noreturn]] void linger(unsigned seconds) {
    ::signal(SIGTERM, SIG_IGN);
    for (unsigned left = seconds; left > 0;)
        left = ::sleep(left);
    std::_Exit(0);
}

unsigned linger_seconds(const Invocation& invocation) { return static_cast<unsigned>(size_field(invocation, "seconds", 60)); }

void fork_child(Client& client, const Invocation& invocation) {
    const auto child = ::fork();
    if (child == 0) linger(linger_seconds(invocation));
    answer(client, invocation, "{\"pid\":" + std::to_string(child) + "}");
}

// A child that touches memory and is gone before the answer: a platform that only looks now and then does not see it.
void grow_in_child(Client& client, const Invocation& invocation) {
    const auto bytes = static_cast<std::size_t>(std::min<std::int64_t>(size_field(invocation, "mib", 64), bytes_max / mib)) * mib;
    const auto child = ::fork();
    if (child == 0) {
        void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) std::_Exit(1);
        std::memset(memory, 1, bytes);
        std::_Exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    answer(client, invocation, "{\"status\":" + std::to_string(status) + "}");
}

// Leaves its process group and session and loses its parent, yet keeps stdout and stderr.
void start_daemon(Client& client, const Invocation& invocation) {
    std::array<int, 2> pipe_ends{};
    if (::pipe(pipe_ends.data()) != 0) {
        report("failure", client.fail(invocation, Failure{"Function.NoPipe", "no pipe could be made"}));
        return;
    }
    if (::fork() == 0) {
        ::setsid();
        const auto daemon = ::fork();
        if (daemon == 0) {
            ::close(pipe_ends[0]);
            ::close(pipe_ends[1]);
            linger(linger_seconds(invocation));
        }
        write_all(pipe_ends[1], std::to_string(daemon));
        std::_Exit(0);
    }
    ::close(pipe_ends[1]);
    std::array<char, 32> text{};
    const auto got = ::read(pipe_ends[0], text.data(), text.size());
    ::close(pipe_ends[0]);
    const std::string pid(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    answer(client, invocation, "{\"pid\":" + (pid.empty() ? "null" : pid) + "}");
}

// Answers

void answer_twice(Client& client, const Invocation& invocation) {
    answer(client, invocation, "{\"answer\":1}");
    report("second answer", client.respond(invocation, "{\"answer\":2}"));
}

void error_after_answer(Client& client, const Invocation& invocation) {
    answer(client, invocation, "{\"answer\":1}");
    report("error after answer", client.fail(invocation, Failure{"Function.TooLate", "already answered"}));
}

void answer_garbage_id(Client& client, const Invocation& invocation) {
    Invocation other = invocation;
    other.request_id = runtime_client::string_field_or(invocation.body, "id", "no-such-request");
    answer(client, invocation, status_answer(client.respond(other, "{}")));
}

void init_error_late(Client& client, const Invocation& invocation) {
    answer(client, invocation, status_answer(client.init_error(Failure{"Function.TooLate", "init is over"})));
}

void next_again(Client& client, const Invocation& invocation) {
    const Invocation again = client.next();
    const bool same = again.request_id == invocation.request_id && again.body == invocation.body;
    answer(client, again, same ? "{\"same\":true}" : "{\"same\":false}");
}

void answer_big(Client& client, const Invocation& invocation) {
    const auto bytes = static_cast<std::size_t>(size_field(invocation, "bytes", 7 * 1024 * 1024));
    answer(client, invocation, '"' + std::string(bytes < 2 ? 0 : bytes - 2, 'x') + '"');
}

void answer_not_json(Client& client, const Invocation& invocation) { answer(client, invocation, "{\"cut\": [1, \xff"); }

void answer_nothing(Client& client, const Invocation& invocation) { answer(client, invocation, ""); }

void exit_after_answer(Client& client, const Invocation& invocation) {
    answer(client, invocation, "{\"answer\":1}");
    std::_Exit(static_cast<int>(runtime_client::number_field_or(invocation.body, "code", 1)));
}

// Connections

// Sends bytes on a connection of their own; gives the first line of the reply, if any.
std::string exchange_raw(std::string_view bytes, int shut_down) {
    const int fd = runtime_client::connect_runtime_api();
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(fd, shut_down);
    std::array<char, 512> buffer{};
    const auto got = shut_down == SHUT_WR ? ::recv(fd, buffer.data(), buffer.size(), 0) : 0;
    ::close(fd);
    const std::string_view reply(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    return std::string(reply.substr(0, reply.find('\r')));
}

std::string half_response(const Invocation& invocation) {
    return "POST /2018-06-01/runtime/invocation/" + invocation.request_id +
           "/response HTTP/1.1\r\nHost: runtime\r\nContent-Length: 100\r\n\r\n{\"half\":";
}

void send_garbage(Client& client, const Invocation& invocation) {
    const auto reply = exchange_raw("\x16\x03\x01 this is no HTTP at all\r\n\r\n", SHUT_WR);
    answer(client, invocation, "{\"reply\":" + runtime_client::json_quote(reply) + "}");
}

// Ends its half of the connection in the middle of the body and leaves it at that.
void truncate_answer(Client&, const Invocation& invocation) {
    write_all(STDOUT_FILENO, "truncated answer: " + exchange_raw(half_response(invocation), SHUT_WR) + "\n");
}

// Vanishes in the middle of the body, then answers properly on the usual connection.
void hang_up(Client& client, const Invocation& invocation) {
    static_cast<void>(exchange_raw(half_response(invocation), SHUT_RDWR));
    answer(client, invocation, "{\"hung_up\":true}");
}

struct Misdeed {
    std::string_view name;
    void (*act)(Client&, const Invocation&);
};

constexpr std::array<Misdeed, 19> misdeeds{{{"lines", print_lines},
                                            {"flood", flood},
                                            {"raw", print_raw},
                                            {"close-output", close_output},
                                            {"fork", fork_child},
                                            {"daemon", start_daemon},
                                            {"child-memory", grow_in_child},
                                            {"answer-twice", answer_twice},
                                            {"error-after-answer", error_after_answer},
                                            {"garbage-id", answer_garbage_id},
                                            {"init-error", init_error_late},
                                            {"next-again", next_again},
                                            {"big", answer_big},
                                            {"not-json", answer_not_json},
                                            {"nothing", answer_nothing},
                                            {"exit-after-answer", exit_after_answer},
                                            {"garbage", send_garbage},
                                            {"truncate", truncate_answer},
                                            {"hang-up", hang_up}}};

void handle(Client& client, const Invocation& invocation) {
    const auto wanted = runtime_client::string_field_or(invocation.body, "do", "");
    for (const auto& misdeed : misdeeds)
        if (misdeed.name == wanted) return misdeed.act(client, invocation);
    report("failure", client.fail(invocation, Failure{"Function.BadEvent", "the event must be {\"do\": ...} with a known misdeed"}));
}

} // namespace

int main() {
    try {
        Client client;
        std::string last_request;
        for (;;) {
            const Invocation invocation = client.next();
            // A platform may hand out an unanswered event again; doing the same again would never end.
            if (invocation.request_id == last_request) {
                answer(client, invocation, "{\"again\":true}");
            } else {
                handle(client, invocation);
            }
            last_request = invocation.request_id;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "chatter: %s\n", error.what());
        return 1;
    }
}
