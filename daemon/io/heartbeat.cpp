#include "daemon/io/heartbeat.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "daemon/io/uv_handle.h"

namespace reporterd {

struct Heartbeat::State {
  std::function<void()> beat;
  Handle<uv_timer_t> timer;
};

Heartbeat::Heartbeat(Loop& loop, Millis every, std::function<void()> beat)
    : state_(std::make_unique<State>()) {
  state_->beat = std::move(beat);
  state_->timer = make_handle(loop.raw(), uv_timer_init, state_.get());
  const auto ms = static_cast<std::uint64_t>(std::max<Millis::rep>(every.count(), 1));
  const int status = uv_timer_start(
      state_->timer.get(),
      [](uv_timer_t* timer) {
        const auto callback = static_cast<State*>(timer->data)->beat;  // may destroy State
        callback();
      },
      ms, ms);
  ASSERT(status == 0);
}

Heartbeat::~Heartbeat() = default;

}  // namespace reporterd
