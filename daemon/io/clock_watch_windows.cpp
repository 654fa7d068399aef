// What the clocks did is looked up when the machine resumes. Steps of the wall clock are told to
// windows only (WM_TIMECHANGE), and a service has none: on_change hears of them with the next
// resume. Nothing waits for it: all schedules are in observed time, and so is WakeTimer.

#include <utility>

#include "daemon/io/clock_watch.h"
#include "daemon/io/resume_watch_windows.h"

namespace reporterd {

struct ClockWatch::State {
  State(Loop& loop, std::function<void(ClockChange)> callback)
      : on_change(std::move(callback)), resumed(loop, [this] { look(); }) {}

  void look() {
    const ClockReading now = read_clocks();
    const ClockChange change = change_between(std::exchange(last, now), now);
    const auto callback = on_change;  // may destroy this watch
    callback(change);
  }

  std::function<void(ClockChange)> on_change;
  ClockReading last = read_clocks();
  ResumeWatch resumed;
};

ClockWatch::ClockWatch(Loop& loop, std::function<void(ClockChange)> on_change)
    : state_(std::make_unique<State>(loop, std::move(on_change))) {}

ClockWatch::~ClockWatch() = default;

}  // namespace reporterd
