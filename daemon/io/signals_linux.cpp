#include <csignal>
#include <utility>
#include <vector>

#include "daemon/io/signals.h"
#include "daemon/io/uv_handle.h"

namespace reporterd {
namespace {

Signal meaning_of(int number) {
  switch (number) {
    case SIGHUP:
      return Signal::hangup;
    case SIGINT:
      return Signal::interrupt;
    default:
      return Signal::terminate;
  }
}

}  // namespace

void ignore_signals_of_writes() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

struct Signals::State {
  std::function<void(Signal)> on_signal;
  std::vector<Handle<uv_signal_t>> handles;
};

Signals::Signals(Loop& loop, std::function<void(Signal)> on_signal)
    : state_(std::make_unique<State>()) {
  state_->on_signal = std::move(on_signal);
  ignore_signals_of_writes();
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    state_->handles.push_back(make_handle(loop.raw(), uv_signal_init, state_.get()));
    const int status = uv_signal_start(
        state_->handles.back().get(),
        [](uv_signal_t* handle, int received) {
          const auto callback = static_cast<State*>(handle->data)->on_signal;  // may destroy State
          callback(meaning_of(received));
        },
        number);
    ASSERT(status == 0);
  }
}

Signals::~Signals() = default;

}  // namespace reporterd
