// Ctrl+C, Ctrl+Break and the closing of the console come as signals of libuv; what the service
// control manager asks for comes on its own thread.
#include <csignal>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/io/service_control_windows.h"
#include "daemon/io/signals.h"
#include "daemon/io/uv_handle.h"

namespace reporterd {

void ignore_signals_of_writes() {}

struct Signals::State {
  std::function<void(Signal)> on_signal;
  std::vector<Handle<uv_signal_t>> handles;
  std::mutex mutex;
  std::vector<Signal> asked;  // by the manager, and not heard yet
  Handle<uv_async_t> wake;

  void watch(uv_loop_t* loop, int number) {
    handles.push_back(make_handle(loop, uv_signal_init, this));
    const int status = uv_signal_start(
        handles.back().get(),
        [](uv_signal_t* handle, int received) {
          const auto callback = static_cast<State*>(handle->data)->on_signal;  // may destroy State
          // A console that closes ends us in five seconds: there is nothing to read again.
          callback(received == SIGINT ? Signal::interrupt : Signal::terminate);
        },
        number);
    ASSERT(status == 0);
  }

  void ask(Signal signal) {  // on any thread
    const std::lock_guard lock(mutex);
    asked.push_back(signal);
    uv_async_send(wake.get());
  }

  void hear() {
    std::vector<Signal> heard;
    {
      const std::lock_guard lock(mutex);
      heard.swap(asked);
    }
    const auto callback = on_signal;  // may destroy State
    for (const Signal signal : heard) {
      callback(signal);
    }
  }
};

Signals::Signals(Loop& loop, std::function<void(Signal)> on_signal)
    : state_(std::make_unique<State>()) {
  state_->on_signal = std::move(on_signal);
  for (const int number : {SIGINT, SIGBREAK, SIGHUP}) {
    state_->watch(loop.raw(), number);
  }
  if (ServiceControl* const control = ServiceControl::current()) {
    state_->wake = make_async(
        loop.raw(), [](uv_async_t* handle) { static_cast<State*>(handle->data)->hear(); },
        state_.get());
    control->listen([state = state_.get()](Signal signal) { state->ask(signal); });
  }
}

Signals::~Signals() {
  if (ServiceControl* const control = ServiceControl::current()) {
    control->listen(nullptr);
  }
}

}  // namespace reporterd
