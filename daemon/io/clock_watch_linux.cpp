// A timer on the wall clock that lies so far ahead that it never comes, but is cancelled by the
// kernel (TFD_TIMER_CANCEL_ON_SET) whenever the distance of wall clock and CLOCK_MONOTONIC changes:
// by a step, or by a sleep, in which CLOCK_MONOTONIC stands. What it was, the clocks tell.

#include <sys/timerfd.h>

#include <utility>

#include "daemon/core/assert.h"
#include "daemon/io/clock_watch.h"
#include "daemon/io/unique_fd_linux.h"
#include "daemon/io/uv_handle.h"

namespace reporterd {
struct ClockWatch::State {
  std::function<void(ClockChange)> on_change;
  UniqueFd fd;
  ClockReading last{};
  Handle<uv_poll_t> poll;

  void woke() {
    std::uint64_t ignored = 0;
    // Fails with ECANCELED: that is the news. The timer stays armed.
    [[maybe_unused]] const auto got = read(fd.get(), &ignored, sizeof ignored);
    const ClockReading now = read_clocks();
    const ClockChange change = change_between(std::exchange(last, now), now);
    const auto callback = on_change;  // may destroy this watch
    callback(change);
  }
};

ClockWatch::ClockWatch(Loop& loop, std::function<void(ClockChange)> on_change)
    : state_(std::make_unique<State>()) {
  state_->on_change = std::move(on_change);
  state_->fd = UniqueFd(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  ASSERT(state_->fd);
  state_->last = read_clocks();
  itimerspec never{};
  never.it_value.tv_sec = std::int64_t{1} << 40;  // in some 35,000 years
  const int status = timerfd_settime(state_->fd.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
                                     &never, nullptr);
  ASSERT(status == 0);
  state_->poll = watch_readable(
      loop.raw(), state_->fd.get(),
      [](uv_poll_t* handle, int, int) { static_cast<State*>(handle->data)->woke(); }, state_.get());
}

ClockWatch::~ClockWatch() = default;

}  // namespace reporterd
