#include "daemon/io/resume_watch_windows.h"

#include <windows.h>

#include <utility>

#include "daemon/io/uv_handle.h"

// powrprof.dll; mingw-w64 has the library, but no header that tells of it.
// NOLINTBEGIN(readability-identifier-naming): Windows' names
extern "C" {
DWORD WINAPI PowerRegisterSuspendResumeNotification(DWORD flags, HANDLE recipient, PVOID* handle);
DWORD WINAPI PowerUnregisterSuspendResumeNotification(PVOID handle);
}
// NOLINTEND(readability-identifier-naming)

namespace reporterd {
namespace {

constexpr DWORD notify_by_callback = 2;  // DEVICE_NOTIFY_CALLBACK: needs no window, and no service

struct Subscription {  // DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS
  ULONG(CALLBACK* callback)(PVOID context, ULONG what, PVOID setting);
  PVOID context;
};

}  // namespace

struct ResumeWatch::State {
  std::function<void()> on_resume;
  Handle<uv_async_t> news;
  Subscription subscription{};
  PVOID registered = nullptr;

  // On a thread of the system's.
  static ULONG CALLBACK told(PVOID state, ULONG what, PVOID /*setting*/) {
    if (what == PBT_APMRESUMEAUTOMATIC) {  // comes with each resume, whatever the cause
      uv_async_send(static_cast<State*>(state)->news.get());
    }
    return ERROR_SUCCESS;
  }
};

ResumeWatch::ResumeWatch(Loop& loop, std::function<void()> on_resume)
    : state_(std::make_unique<State>()) {
  state_->on_resume = std::move(on_resume);
  state_->news = make_async(
      loop.raw(),
      [](uv_async_t* async) {
        const auto callback = static_cast<State*>(async->data)->on_resume;  // may destroy State
        callback();
      },
      state_.get());
  state_->subscription = {State::told, state_.get()};
  if (PowerRegisterSuspendResumeNotification(notify_by_callback, &state_->subscription,
                                             &state_->registered) != ERROR_SUCCESS) {
    state_->registered = nullptr;
  }
}

ResumeWatch::~ResumeWatch() {
  if (state_->registered != nullptr) {
    PowerUnregisterSuspendResumeNotification(state_->registered);  // waits for calls under way
  }
}

}  // namespace reporterd
