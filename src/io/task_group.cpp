#include "lambox/io/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <string>

namespace lambox::io {

TaskGroup::TaskGroup(boost::asio::any_io_executor executor, Logger log) : executor_(std::move(executor)), log_(std::move(log)) {}

TaskGroup::~TaskGroup() { LAMBOX_ASSERT(children_.empty()); }

void TaskGroup::spawn(boost::asio::awaitable<void> task) {
    const auto child = children_.emplace(children_.end());
    auto ended = [this, child](std::exception_ptr error) {
        if (error) {
            try {
                std::rethrow_exception(error);
            } catch (const boost::system::system_error& e) {
                if (e.code() != boost::asio::error::operation_aborted) log_.error(std::string("task failed: ") + e.what());
            } catch (const std::exception& e) {
                log_.error(std::string("task failed: ") + e.what());
            } catch (...) {
                log_.error("task failed with something that is no std::exception");
            }
        }
        // Asio posts a cancel that comes from outside the loop and keeps a bare pointer to the signal, which must
        // therefore outlive all that is queued now.
        std::list<boost::asio::cancellation_signal> ended_child;
        ended_child.splice(ended_child.end(), children_, child);
        boost::asio::post(executor_, [kept = std::move(ended_child)] {});
        if (children_.empty() && joiner_) joiner_->set(true);
    };
    boost::asio::co_spawn(executor_, std::move(task), boost::asio::bind_cancellation_slot(child->slot(), std::move(ended)));
}

void TaskGroup::cancel(CancelKind kind) {
    const auto type = kind == CancelKind::total ? boost::asio::cancellation_type::total : boost::asio::cancellation_type::terminal;
    // Emitting may end a child at once and erase it, so step before emitting.
    for (auto child = children_.begin(); child != children_.end();) (child++)->emit(type);
}

boost::asio::awaitable<void> TaskGroup::join() {
    struct Registration {
        Registration(OneShot<bool>*& place, OneShot<bool>& joiner) : registered(place) { registered = &joiner; }
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;
        ~Registration() { registered = nullptr; }
        OneShot<bool>*& registered;
    };
    LAMBOX_ASSERT(joiner_ == nullptr);
    // Between the end of the last child and our waking, another may have been spawned.
    while (!children_.empty()) {
        OneShot<bool> emptied;
        const Registration registration(joiner_, emptied);
        co_await emptied.wait();
    }
}

} // namespace lambox::io
