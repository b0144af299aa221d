#include "posix_process_spare.hpp"

#include "raw_syscall.hpp"

#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <climits>

namespace lambox::io::posix {
namespace {

constexpr Seconds end_deadline{2}; ///< for one that was sent SIGKILL
constexpr long start_pause_ns = 100'000'000;
constexpr int start_pauses_max = 100; ///< an execve takes a millisecond; ten seconds, when something holds it

void wake(std::uint32_t& word) { raw_syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX); }

/// The kernel wakes whoever waits for the word when the program has replaced ours, or the child has ended.
bool wait_until_cleared(const std::uint32_t& word) {
    for (int pause = 0; pause < start_pauses_max;) {
        const std::uint32_t seen = __atomic_load_n(&word, __ATOMIC_ACQUIRE);
        if (seen == 0) return true;
        const timespec patience{0, start_pause_ns};
        // Not a private futex: the kernel's own waking is none.
        if (raw_syscall(SYS_futex, &word, FUTEX_WAIT, seen, &patience) == -ETIMEDOUT) ++pause;
    }
    return false;
}

} // namespace

Spare::Spare(std::shared_ptr<Household> household) : household_(std::move(household)), memory_(std::make_unique<Memory>()) {}

Spare::~Spare() { end(); }

Result<std::unique_ptr<Spare>> Spare::make(const SpareSpec& spec, std::shared_ptr<Household> household) {
    Result<Pipe> pipe = make_pipe();
    if (!pipe) return pipe.error();
    Joining joining;
    if (auto error = spec.attach ? joining.open_all(*spec.attach) : std::nullopt) return *error;
    std::unique_ptr<Spare> spare(new Spare(std::move(household)));
    ChildPlan& plan = spare->memory_->plan;
    if (const auto known = fill_in(plan, *spare->household_, *pipe, joining, spec.open_files_max); !known) return known.error();
    spare->memory_->joined = joining.numbers;
    plan.joined = spare->memory_->joined.data();

    int pidfd = -1;
    CloneCall call{CLONE_VM | CLONE_PIDFD, SIGCHLD, joining.directory.get(), &plan.borrows_memory};
    long pid = -1;
    {
        const SignalsBlocked blocked;
        pid = clone_on_stack(run_spare, &plan, spare->memory_->stack.get(), call, pidfd);
    }
    if (pid < 0) return make_error(Errc::unsupported, "clone3: " + reason(static_cast<int>(-pid)));
    spare->pid_ = static_cast<pid_t>(pid);
    spare->pidfd_ = Fd(pidfd);
    spare->output_ = std::move(pipe->reading);
    spare->household_->known.add(spare->pid_, {}); // nobody's stray
    if (spec.attach) {
        spare->statm_ = open_below(spare->household_->proc, spare->pid_, "statm"); // what its memory is looked up in, where groups count
        if (spec.attach->on_started) spec.attach->on_started(spare->pid_);
    }
    return spare;
}

bool Spare::waits() const {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    return pidfd_.open() && ::poll(&ended, 1, 0) == 0;
}

Result<StartedChild> Spare::start(const SpawnSpec& spec) {
    const ProgramTexts texts(spec);
    if (!texts.fit()) return make_error(Errc::invalid_argument, reason(EINVAL));
    ChildPlan& plan = memory_->plan;
    texts.put_into(plan);
    const pid_t newest = household_->proc.newest_pid();
    __atomic_store_n(&plan.told, 1U, __ATOMIC_RELEASE);
    wake(plan.told);
    if (!wait_until_cleared(plan.borrows_memory)) {
        end();
        return make_error(Errc::io, "its process is held by something and does not start");
    }
    if (plan.error != 0) {
        Error error = failure(plan);
        end();
        return error;
    }
    household_->known.remove(pid_); // until its Process adds it again
    return StartedChild{pid_, std::move(pidfd_), std::move(output_), nullptr, newest, std::move(statm_)};
}

void Spare::end() {
    if (!pidfd_.open()) return;
    signal_pidfd(pidfd_.get(), SIGKILL);
    if (wait_for_end(pidfd_.get(), std::chrono::steady_clock::now() + end_deadline)) {
        wait_for(pidfd_);
    } else {
        household_->log.warn("process " + std::to_string(pid_) + " does not end after SIGKILL; is it frozen?");
        static_cast<void>(memory_.release()); // it may go on using it
    }
    household_->known.remove(pid_);
    pidfd_.reset();
}

} // namespace lambox::io::posix
