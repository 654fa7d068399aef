#pragma once
// The sockets that curl wants watched, as poll handles of the loop. Internal to io/: shows curl.h
// and uv.h.
//
// A connection stays watched between its requests: starting and stopping would be six system calls
// a request, a fifth of its cost. That is safe for sockets whose opening and closing we are told
// of; the resolver's come and go without a word.

#include <curl/curl.h>

#include <functional>
#include <unordered_map>

#include "daemon/io/uv_handle.h"

namespace reporterd {

void close_socket(curl_socket_t socket);

class CurlSockets {
 public:
  using OnReady = std::function<void(curl_socket_t socket, int flags)>;  // CURL_CSELECT_*

  CurlSockets(uv_loop_t* loop, OnReady on_ready);
  CurlSockets(const CurlSockets&) = delete;
  CurlSockets& operator=(const CurlSockets&) = delete;

  // Makes curl tell this object of its sockets; both kinds of handle must.
  void serve_multi(CURLM* multi);
  void serve_easy(CURL* easy);
  void clear();

 private:
  struct Watched {
    CurlSockets* owner = nullptr;
    curl_socket_t socket = CURL_SOCKET_BAD;
    bool is_connection = false;
    bool is_wanted = false;  // by curl, now
    int events = 0;          // that `poll` waits for
    Handle<uv_poll_t> poll;
  };

  void opened(curl_socket_t socket);
  void closed(curl_socket_t socket);
  void watch(curl_socket_t socket, int what);
  void unwatch(curl_socket_t socket);
  void start_watching(Watched& entry, int events);
  void ready(Watched& entry, int flags);

  uv_loop_t* loop_;
  OnReady on_ready_;
  std::unordered_map<curl_socket_t, Watched> watched_;
};

}  // namespace reporterd
