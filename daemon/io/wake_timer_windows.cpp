// libuv's timer, set again after each resume: it stands while the machine sleeps. Windows' own
// timers do no better: a relative one (SetWaitableTimer) stands in sleep as well since Windows 8,
// and an absolute one runs by the wall clock, which people set.

#include <algorithm>
#include <utility>

#include "daemon/io/resume_watch_windows.h"
#include "daemon/io/system_time.h"
#include "daemon/io/uv_handle.h"
#include "daemon/io/wake_timer.h"

namespace reporterd {

struct WakeTimer::State {
  State(Loop& loop, std::function<void()> callback)
      : on_wake(std::move(callback)),
        timer(make_handle(loop.raw(), uv_timer_init, this)),
        resumed(loop, [this] { set(); }) {}

  // Makes the timer come when the time has come, as far as is known now.
  void set() {
    if (!wake_at) {
      uv_timer_stop(timer.get());
      return;
    }
    uv_update_time(timer->loop);  // it counts from there
    const auto left = std::chrono::ceil<Millis>(*wake_at - since_boot());
    uv_timer_start(
        timer.get(), [](uv_timer_t* handle) { static_cast<State*>(handle->data)->expired(); },
        static_cast<std::uint64_t>(std::max<Millis::rep>(left.count(), 0)), 0);
  }

  void expired() {
    if (since_boot() < *wake_at) {  // the two clocks do not move in the same steps
      set();
      return;
    }
    wake_at.reset();
    const auto callback = on_wake;  // may destroy this timer
    callback();
  }

  std::function<void()> on_wake;
  std::optional<Micros> wake_at;  // by since_boot()
  Handle<uv_timer_t> timer;
  ResumeWatch resumed;
};

WakeTimer::WakeTimer(Loop& loop, std::function<void()> on_wake)
    : state_(std::make_unique<State>(loop, std::move(on_wake))) {}

WakeTimer::~WakeTimer() = default;

void WakeTimer::arm(std::optional<Millis> from_now) {
  state_->wake_at.reset();
  if (from_now) {
    state_->wake_at = since_boot() + *from_now;
  }
  state_->set();
}

}  // namespace reporterd
