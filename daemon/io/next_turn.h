#pragma once
// A call that is owed to an object in the next turn of the loop, once, however often it was asked
// for. It is forgotten when the object goes. Internal to io/. An asked-for call costs no system
// call, and a call that nobody asked for costs nothing.

#include "daemon/io/uv_handle.h"

namespace reporterd {

class NextTurn {
 public:
  using Callback = void (*)(void* owner);

  NextTurn(uv_loop_t* loop, Callback callback, void* owner)
      : callback_(callback), owner_(owner), idle_(make_handle(loop, uv_idle_init, this)) {}

  void ask() {
    uv_idle_start(idle_.get(), [](uv_idle_t* handle) {
      uv_idle_stop(handle);
      const auto* self = static_cast<NextTurn*>(handle->data);
      self->callback_(self->owner_);  // may destroy *self
    });
  }

 private:
  Callback callback_;
  void* owner_;
  Handle<uv_idle_t> idle_;
};

}  // namespace reporterd
