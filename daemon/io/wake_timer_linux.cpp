#include <sys/timerfd.h>

#include <algorithm>
#include <utility>

#include "daemon/core/assert.h"
#include "daemon/io/unique_fd_linux.h"
#include "daemon/io/uv_handle.h"
#include "daemon/io/wake_timer.h"

namespace reporterd {

struct WakeTimer::State {
  std::function<void()> on_wake;
  UniqueFd fd;
  Handle<uv_poll_t> poll;

  void expired() {
    std::uint64_t times = 0;
    if (read(fd.get(), &times, sizeof times) != sizeof times) {
      return;  // re-armed after the event was seen
    }
    const auto callback = on_wake;  // may destroy this timer
    callback();
  }
};

WakeTimer::WakeTimer(Loop& loop, std::function<void()> on_wake)
    : state_(std::make_unique<State>()) {
  state_->on_wake = std::move(on_wake);
  state_->fd = UniqueFd(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  ASSERT(state_->fd);
  state_->poll = watch_readable(
      loop.raw(), state_->fd.get(),
      [](uv_poll_t* handle, int, int) { static_cast<State*>(handle->data)->expired(); },
      state_.get());
}

WakeTimer::~WakeTimer() = default;

void WakeTimer::arm(std::optional<Millis> from_now) {
  itimerspec when{};
  if (from_now) {
    const auto ms = std::max<Millis::rep>(from_now->count(), 0);
    when.it_value.tv_sec = ms / 1000;
    when.it_value.tv_nsec = ms % 1000 * 1'000'000;
    if (ms == 0) {
      when.it_value.tv_nsec = 1;  // zero would disarm it
    }
  }
  const int status = timerfd_settime(state_->fd.get(), 0, &when, nullptr);
  ASSERT(status == 0);
}

}  // namespace reporterd
