#include "daemon/io/curl_sockets.h"

#include <memory>
#include <utility>

#include "daemon/core/assert.h"

namespace reporterd {

CurlSockets::CurlSockets(uv_loop_t* loop, OnReady on_ready)
    : loop_(loop), on_ready_(std::move(on_ready)) {}

void CurlSockets::serve_multi(CURLM* multi) {
  curl_socket_callback on_socket = [](CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<CurlSockets*>(self)->watch(socket, what);
    return 0;
  };
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
}

void CurlSockets::serve_easy(CURL* easy) {
  curl_sockopt_callback on_opened = [](void* self, curl_socket_t socket, curlsocktype) {
    static_cast<CurlSockets*>(self)->opened(socket);
    return CURL_SOCKOPT_OK;
  };
  curl_closesocket_callback on_closed = [](void* self, curl_socket_t socket) {
    static_cast<CurlSockets*>(self)->closed(socket);
    return 0;
  };
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_opened);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_closed);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void CurlSockets::clear() {
  watched_.clear();
}

void CurlSockets::opened(curl_socket_t socket) {
  watched_[socket].is_connection = true;
}

void CurlSockets::closed(curl_socket_t socket) {
  watched_.erase(socket);  // before its number can be another socket's
  close_socket(socket);
}

// curl asks for a socket to be watched, or no longer.
void CurlSockets::watch(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    unwatch(socket);
    return;
  }
  const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                     ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  Watched& entry = watched_[socket];
  entry.is_wanted = true;
  if (entry.poll == nullptr) {
    auto fresh = std::make_unique<uv_poll_t>();
    const int status = uv_poll_init_socket(loop_, fresh.get(), socket);
    ASSERT(status == 0);
    fresh->data = &entry;
    entry.owner = this;
    entry.socket = socket;
    entry.poll.reset(fresh.release());
  }
  if (entry.events != events) {
    start_watching(entry, events);
  }
}

void CurlSockets::unwatch(curl_socket_t socket) {
  const auto found = watched_.find(socket);
  if (found == watched_.end()) {
    return;
  }
  Watched& entry = found->second;
  entry.is_wanted = false;
  if (!entry.is_connection) {
    watched_.erase(found);
  } else if (entry.events != UV_READABLE) {  // it is writable all the time
    entry.poll.reset();
    entry.events = 0;
  }
}

void CurlSockets::start_watching(Watched& entry, int events) {
  entry.events = events;
  uv_poll_start(entry.poll.get(), events, [](uv_poll_t* poll, int error, int happened) {
    auto* seen = static_cast<Watched*>(poll->data);
    const int flags = error < 0 ? CURL_CSELECT_ERR
                                : ((happened & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                      ((happened & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    seen->owner->ready(*seen, flags);
  });
}

void CurlSockets::ready(Watched& entry, int flags) {
  if (!entry.is_wanted) {  // the receiver closed an idle connection; curl looks before it uses it
    entry.poll.reset();
    entry.events = 0;
    return;
  }
  on_ready_(entry.socket, flags);  // `entry` may go
}

}  // namespace reporterd
