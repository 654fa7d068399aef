#pragma once
// Ownership of libuv handles. Internal to io/: this header shows uv.h.
//
// A handle outlives its owner by one turn of the loop, so it lives on the heap: the owner's
// destructor starts uv_close, and the close callback frees the memory. `data` points to the owner
// and is null from the start of the close on; callbacks that libuv still makes then (cancelled
// writes) must look at it first. Callbacks may destroy their owner: they copy what they call.

#include <uv.h>

#include <memory>

#include "daemon/core/assert.h"

namespace reporterd {

template <class H>
struct Closer {
  void operator()(H* handle) const noexcept {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<H*>(closed); });
  }
};

template <class H>
using Handle = std::unique_ptr<H, Closer<H>>;

// Makes a handle with one of libuv's init functions that cannot fail but for a bug or for want of
// file descriptors at start.
template <class H>
Handle<H> make_handle(uv_loop_t* loop, int (*init)(uv_loop_t*, H*), void* owner) {
  auto fresh = std::make_unique<H>();
  const int status = init(loop, fresh.get());
  ASSERT(status == 0);  // only what was initialised may be closed
  fresh->data = owner;
  return Handle<H>(fresh.release());
}

// What other threads wake the loop by: uv_async_send() makes the loop call `callback`.
inline Handle<uv_async_t> make_async(uv_loop_t* loop, uv_async_cb callback, void* owner) {
  auto fresh = std::make_unique<uv_async_t>();
  const int status = uv_async_init(loop, fresh.get(), callback);
  ASSERT(status == 0);
  fresh->data = owner;
  return Handle<uv_async_t>(fresh.release());
}

// Calls `callback` while `fd` is readable. The descriptor stays the caller's, and must be closed
// after the handle.
inline Handle<uv_poll_t> watch_readable(uv_loop_t* loop, int fd, uv_poll_cb callback, void* owner) {
  auto fresh = std::make_unique<uv_poll_t>();
  const int status = uv_poll_init(loop, fresh.get(), fd);
  ASSERT(status == 0);
  fresh->data = owner;
  Handle<uv_poll_t> handle(fresh.release());
  const int started = uv_poll_start(handle.get(), UV_READABLE, callback);
  ASSERT(started == 0);
  return handle;
}

}  // namespace reporterd
