#include "daemon/io/service_control_windows.h"

#include <windows.h>

#include <atomic>
#include <utility>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

std::atomic<ServiceControl*> of_this_process = nullptr;

using State = ServiceNote::State;

}  // namespace

ServiceControl::ServiceControl(Tell tell) : tell_(std::move(tell)) {
  ServiceControl* const other = of_this_process.exchange(this);
  ASSERT(other == nullptr);
}

ServiceControl::~ServiceControl() {
  of_this_process = nullptr;
}

ServiceControl* ServiceControl::current() {
  return of_this_process;
}

void ServiceControl::needs(Millis more) {
  const std::lock_guard lock(mutex_);
  if (last_.state == State::starting || last_.state == State::stopping) {
    tell(last_.state, more);
  }
}

void ServiceControl::running() {
  const std::lock_guard lock(mutex_);
  if (last_.state == State::starting) {
    tell(State::running, Millis(0));
  }
}

// What was promised before a stop that was asked for stands: the flush is over, and sooner.
void ServiceControl::stopping() {
  const std::lock_guard lock(mutex_);
  if (last_.state != State::stopped) {
    tell(State::stopping, stop_hint);
  }
}

void ServiceControl::stopped(int exit_code) {
  const std::lock_guard lock(mutex_);
  if (last_.state != State::stopped) {
    tell(State::stopped, Millis(0), exit_code);
  }
}

std::uint32_t ServiceControl::handle(std::uint32_t control) {
  const std::lock_guard lock(mutex_);
  switch (control) {
    case SERVICE_CONTROL_INTERROGATE:
      if (last_.state != State::stopped) {
        tell_(last_);
      }
      return NO_ERROR;
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
      wind_up(Signal::terminate, stop_hint);
      return NO_ERROR;
    case SERVICE_CONTROL_PRESHUTDOWN:
      wind_up(Signal::shutdown, shutdown_hint);
      return NO_ERROR;
    case SERVICE_CONTROL_PARAMCHANGE:
      pass_on(Signal::hangup);
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

void ServiceControl::listen(std::function<void(Signal)> heed) {
  const std::lock_guard lock(mutex_);
  heed_ = std::move(heed);
}

void ServiceControl::tell(State state, Millis wait_hint, int exit_code) {
  const bool is_pending = state == State::starting || state == State::stopping;
  const std::uint32_t checkpoint = !is_pending            ? 0
                                   : state == last_.state ? last_.checkpoint + 1
                                                          : 1;
  last_ = {state, checkpoint, wait_hint, exit_code};
  tell_(last_);
}

// The manager hears at once that the stop has begun, however busy the loop is. What comes again
// while it stops, a shutdown, changes nothing.
void ServiceControl::wind_up(Signal signal, Millis wait_hint) {
  if (last_.state == State::running) {
    tell(State::stopping, wait_hint);
    pass_on(signal);
  }
}

void ServiceControl::pass_on(Signal signal) const {
  if (heed_ && last_.state != State::stopped) {
    heed_(signal);
  }
}

}  // namespace reporterd
