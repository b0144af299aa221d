#include "lambox/io/posix_process.hpp"

#include "posix_process_spare.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace lambox::io {
namespace {

/// More than any pipe of an unprivileged process can hold (fs.pipe-max-size).
constexpr std::size_t drain_bytes_max = 1024 * 1024;
/// A tree that still grows after so many rounds is a fork bomb; the spawner's owner sees what remains.
constexpr int kill_rounds_max = 64;
/// For processes that were sent SIGKILL. Only one that the kernel holds (frozen, or in a broken disk) takes long.
constexpr Seconds reap_deadline{2};

/// Borrows one of the household's read buffers: a listener may drain another process from inside its on_output.
class ReadBuffer {
public:
    explicit ReadBuffer(posix::Household& household) : household_(household) {
        if (household_.read_buffers.empty()) {
            bytes_ = std::make_unique<char[]>(limits::output_read_bytes);
        } else {
            bytes_ = std::move(household_.read_buffers.back());
            household_.read_buffers.pop_back();
        }
    }
    ReadBuffer(const ReadBuffer&) = delete;
    ReadBuffer& operator=(const ReadBuffer&) = delete;
    ~ReadBuffer() { household_.read_buffers.push_back(std::move(bytes_)); }
    [[nodiscard]] char* data() { return bytes_.get(); }

private:
    posix::Household& household_;
    std::unique_ptr<char[]> bytes_;
};

ExitStatus status_of(const siginfo_t& info) {
    if (info.si_code == CLD_EXITED) return Exited{info.si_status};
    return Signaled{info.si_status, info.si_code == CLD_DUMPED};
}

/// One child. A listener may destroy the Process in any callback, so handlers hold this one while they run.
class Child : public std::enable_shared_from_this<Child> {
public:
    Child(const boost::asio::any_io_executor& executor, std::shared_ptr<posix::Household> household, posix::StartedChild started,
          const std::string& mark, ProcessListener& listener)
        : household_(std::move(household)), listener_(&listener), pid_(started.pid), memory_(started.pid, std::move(started.statm)),
          pidfd_(executor), output_(executor), init_(std::move(started.init)), init_pidfd_(executor),
          watched_(watch(pidfd_, std::move(started.pidfd)) && watch(output_, std::move(started.output))) {
        memory_.alone_at(started.newest_before);
        household_->known.add(pid_, mark);
        if (init_ && !household_->known.contains(init_->pid)) household_->known.add(init_->pid, {});
    }

    /// False when the loop could take no more descriptors; then the child has been ended.
    bool start() {
        if (!watched_) {
            ::killpg(pid_, SIGKILL);
            siginfo_t info;
            while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
            }
            household_->known.remove(pid_);
            leave_init(std::chrono::steady_clock::now() + reap_deadline);
            return false;
        }
        await_end();
        await_output();
        return true;
    }

    void terminate() {
        // Until it is reaped, the leader's pid and so the group's number cannot be given to another.
        if (reaped_) return;
        if (::killpg(pid_, SIGTERM) != 0) posix::signal_pidfd(pidfd_.native_handle(), SIGTERM);
    }

    void kill() {
        if (reaped_) return;
        // Descendants outside the group are still found by their parents now, marked or not.
        if (!init_) strike();
        kill_everything();
    }

    void drain() {
        const auto self = shared_from_this();
        std::size_t drained = 0;
        while (drained < drain_bytes_max && listener_ != nullptr && output_.is_open()) {
            const std::size_t count = pass_on_piece();
            if (count == 0) return;
            drained += count;
        }
    }

    [[nodiscard]] std::uint64_t resident_memory_bytes() {
        if (reaped_) return 0;
        (void)memory_.sample(household_->proc, household_->known);
        return memory_.resident();
    }

    /// A process that has ended adds nothing to what was seen before.
    [[nodiscard]] std::uint64_t program_peak_memory_bytes() {
        if (reaped_) return memory_.leader_peak();
        return memory_.sample_leader(household_->proc);
    }

    [[nodiscard]] std::uint64_t peak_memory_bytes() {
        if (reaped_) return memory_.peak();
        return memory_.sample(household_->proc, household_->known);
    }

    /// The Process goes: end the tree now, without the loop and without the listener.
    void abandon() {
        listener_ = nullptr;
        const Instant deadline = std::chrono::steady_clock::now() + reap_deadline;
        if (!reaped_) {
            kill();
            if (posix::wait_for_end(pidfd_.native_handle(), deadline)) {
                (void)reap();
            } else {
                household_->log.warn("process " + std::to_string(pid_) + " does not end after SIGKILL; is it frozen?");
                household_->known.remove(pid_);
            }
        }
        leave_init(deadline);
        victims_.reap_until(deadline);
        household_->reap_orphans();
        boost::system::error_code ignored;
        pidfd_.close(ignored);
        output_.close(ignored);
        init_pidfd_.close(ignored);
    }

private:
    static bool watch(boost::asio::posix::stream_descriptor& descriptor, posix::Fd fd) {
        boost::system::error_code error;
        descriptor.assign(fd.get(), error);
        if (!error) (void)fd.release();
        return !error;
    }

    using Descriptor = boost::asio::posix::stream_descriptor;

    void await_end() {
        pidfd_.async_wait(Descriptor::wait_read, [weak = weak_from_this()](boost::system::error_code error) {
            const auto self = weak.lock();
            if (!self || error) return;
            if (self->over(self->pidfd_))
                self->ended();
            else
                self->await_end();
        });
    }

    /// All inside a sandbox have ended when its process 1 has.
    void await_init_end() {
        init_pidfd_.async_wait(Descriptor::wait_read, [weak = weak_from_this()](boost::system::error_code error) {
            const auto self = weak.lock();
            if (!self || error) return;
            if (!self->over(self->init_pidfd_)) {
                self->await_init_end();
                return;
            }
            self->reap_init();
            self->tell_end();
        });
    }

    /// The loop may report a descriptor as ready because of an event of its number's former owner.
    [[nodiscard]] bool over(Descriptor& pidfd) const {
        siginfo_t info{};
        return ::waitid(P_PIDFD, static_cast<id_t>(pidfd.native_handle()), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid != 0;
    }

    // One piece a turn of the loop: a child that floods its output must not starve everybody else.
    void await_output() {
        output_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [weak = weak_from_this()](boost::system::error_code error) {
            const auto self = weak.lock();
            if (!self || error || self->listener_ == nullptr) return;
            self->pass_on_piece();
            if (self->listener_ != nullptr && self->output_.is_open()) self->await_output();
        });
    }

    /// 0 when nothing is waiting. Closes the pipe at its end.
    std::size_t pass_on_piece() {
        ReadBuffer buffer(*household_);
        while (true) {
            const ssize_t count = ::read(output_.native_handle(), buffer.data(), limits::output_read_bytes);
            if (count > 0) {
                listener_->on_output(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
                return static_cast<std::size_t>(count);
            }
            if (count < 0 && errno == EINTR) continue;
            if (count == 0 || errno != EAGAIN) {
                boost::system::error_code ignored;
                output_.close(ignored);
            }
            return 0;
        }
    }

    void ended() {
        kill_everything();
        status_ = reap();
        household_->reap_orphans();
        if (!last_inside()) {
            init_.reset(); // the others go on
            tell_end();
            return;
        }
        init_->ending = true;
        if (watch(init_pidfd_, std::move(init_->pidfd))) {
            await_init_end();
            return;
        }
        leave_init(std::chrono::steady_clock::now() + reap_deadline);
        tell_end();
    }

    void tell_end() {
        drain();
        // Whoever still holds the writing end is no longer heard.
        boost::system::error_code ignored;
        output_.close(ignored);
        if (listener_ != nullptr) listener_->on_exit(status_);
    }

    void kill_everything() {
        if (last_inside()) {
            posix::signal_pidfd(init_handle(), SIGKILL); // nobody inside outlives it
            return;
        }
        // Once is enough for the group: a process with a pending SIGKILL cannot fork, and killpg misses no member.
        ::killpg(pid_, SIGKILL);
        // The leader may have left its group.
        posix::signal_pidfd(pidfd_.native_handle(), SIGKILL);
        if (init_) return; // what has left the group ends with the sandbox's process 1
        for (int round = 0; round < kill_rounds_max; ++round) {
            if (!strike()) return;
        }
        household_->log.warn("descendants of process " + std::to_string(pid_) + " multiply faster than they can be killed");
    }

    /// Kills what belongs to this child outside of its group as well. True when there was something new.
    bool strike() {
        bool met_new = false;
        for (const posix::Descendant& found : household_->proc.descendants(household_->known, pid_)) {
            if (found.owner == pid_ && victims_.strike(household_->proc, found)) met_new = true;
        }
        return met_new;
    }

    /// Only after the group has been killed, and when the child has ended.
    ExitStatus reap() {
        siginfo_t info{};
        while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.native_handle()), &info, WEXITED) != 0)
            LAMBOX_ASSERT(errno == EINTR);
        reaped_ = true;
        household_->known.remove(pid_);
        return status_of(info);
    }

    /// In a sandbox where no other program runs: process 1 goes together with this one.
    [[nodiscard]] bool last_inside() const { return init_ && init_.use_count() == 1; }

    [[nodiscard]] int init_handle() { return init_->pidfd.open() ? init_->pidfd.get() : init_pidfd_.native_handle(); }

    void reap_init() {
        siginfo_t info{};
        while (::waitid(P_PIDFD, static_cast<id_t>(init_handle()), &info, WEXITED) != 0)
            LAMBOX_ASSERT(errno == EINTR);
        household_->known.remove(init_->pid);
        init_.reset();
    }

    /// Ends process 1 if nobody else needs it, without the loop.
    void leave_init(Instant deadline) {
        if (!last_inside()) {
            init_.reset();
            return;
        }
        init_->ending = true;
        posix::signal_pidfd(init_handle(), SIGKILL);
        if (posix::wait_for_end(init_handle(), deadline)) {
            reap_init();
            return;
        }
        household_->log.warn("process 1 of a sandbox, " + std::to_string(init_->pid) + " here, does not end after SIGKILL");
        household_->known.remove(init_->pid);
        init_.reset();
    }

    std::shared_ptr<posix::Household> household_;
    ProcessListener* listener_;
    pid_t pid_;
    posix::TreeMemory memory_;
    posix::Victims victims_;
    bool reaped_ = false;
    ExitStatus status_ = Exited{0};
    boost::asio::posix::stream_descriptor pidfd_;
    boost::asio::posix::stream_descriptor output_;
    std::shared_ptr<posix::SandboxInit> init_; ///< null: not in a sandbox, or left it
    boost::asio::posix::stream_descriptor init_pidfd_;
    bool watched_;
};

class PosixProcess final : public Process {
public:
    explicit PosixProcess(std::shared_ptr<Child> child) : child_(std::move(child)) {}
    PosixProcess(const PosixProcess&) = delete;
    PosixProcess& operator=(const PosixProcess&) = delete;
    ~PosixProcess() override { child_->abandon(); }
    void terminate() override { child_->terminate(); }
    void kill() override { child_->kill(); }
    void drain_output() override { child_->drain(); }
    [[nodiscard]] std::uint64_t peak_memory_bytes() override { return child_->peak_memory_bytes(); }
    [[nodiscard]] std::uint64_t program_peak_memory_bytes() override { return child_->program_peak_memory_bytes(); }
    [[nodiscard]] std::uint64_t resident_memory_bytes() override { return child_->resident_memory_bytes(); }

private:
    std::shared_ptr<Child> child_;
};

} // namespace

struct PosixSpawner::Shared : posix::Household {
    using posix::Household::Household;
};

PosixSpawner::PosixSpawner(boost::asio::any_io_executor executor, Logger log)
    : executor_(std::move(executor)), shared_(std::make_shared<Shared>(std::move(log))) {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) shared_->log.warn("orphans of handlers cannot be collected: prctl failed");
    // Whoever started us may have had SIGCHLD ignored; then the kernel would reap our children and drop their statuses.
    struct sigaction chld {};
    if (::sigaction(SIGCHLD, nullptr, &chld) == 0 && chld.sa_handler == SIG_IGN) ::signal(SIGCHLD, SIG_DFL);
}

PosixSpawner::~PosixSpawner() = default;

Result<std::unique_ptr<SpareProcess>> PosixSpawner::prepare(const SpareSpec& spec) {
    auto spare = posix::Spare::make(spec, shared_);
    if (!spare) return spare.error();
    return std::unique_ptr<SpareProcess>(std::move(*spare));
}

Result<std::unique_ptr<Process>> PosixSpawner::spawn(const SpawnSpec& spec, ProcessListener& listener) {
    LAMBOX_ASSERT(!spec.spare || spec.sandbox == nullptr);
    auto* const spare = dynamic_cast<posix::Spare*>(spec.spare.get());
    const bool waits = spare != nullptr && spare->waits();
    Result<posix::StartedChild> started = waits ? spare->start(spec) : posix::start_child(spec, *shared_);
    if (!started) return started.error();
    auto child = std::make_shared<Child>(executor_, shared_, std::move(*started), spec.mark, listener);
    if (!child->start()) return make_error(Errc::io, "the loop cannot watch another process");
    return std::unique_ptr<Process>(std::make_unique<PosixProcess>(std::move(child)));
}

void PosixSpawner::reap_orphans() { shared_->reap_orphans(); }

std::size_t PosixSpawner::collect_strays() {
    posix::Victims victims;
    const Instant deadline = std::chrono::steady_clock::now() + reap_deadline;
    bool met_new = true;
    for (int round = 0; met_new && round < kill_rounds_max; ++round) {
        met_new = false;
        for (const posix::Descendant& found : shared_->proc.descendants(shared_->known, 0)) {
            if (found.owner == 0 && victims.strike(shared_->proc, found)) met_new = true;
        }
    }
    victims.reap_until(deadline);
    // By pid, because an ended child whose Process has not noticed yet would hide the others from reap_orphans.
    for (const posix::Descendant& found : shared_->proc.descendants(shared_->known, 0)) {
        siginfo_t info;
        if (found.zombie) ::waitid(P_PID, static_cast<id_t>(found.pid), &info, WEXITED | WNOHANG);
    }
    return victims.struck();
}

} // namespace lambox::io
