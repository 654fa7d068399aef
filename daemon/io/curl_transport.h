#pragma once
// The Transport port on libcurl: HTTP/1.1 POSTs over kept-alive connections, TLS 1.2 at least, no
// redirects, http and https only. Loop thread only; nothing in here ever blocks, a dead name server
// least of all.
//
// Fate: what fails before the request's first byte went out is `unreachable`; everything that
// fails after is `ambiguous`, with one exception: a TLS alert about our client certificate, which
// TLS 1.3 sends so late, proves that the request was not taken (`unreachable`, tls_problem).
// A reply whose body is over the cap: with a 2xx status it is `ambiguous` (no receiver of messages
// says so much, so it is not believed); any other status speaks for itself, and is `answered` with
// the body cut off.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "daemon/core/time.h"
#include "daemon/core/transport.h"
#include "daemon/io/loop.h"

namespace reporterd {

struct TransportSettings {
  Millis connect_timeout = std::chrono::seconds(10);  // name, connection, proxy and TLS together
  Millis timeout = std::chrono::seconds(60);          // the whole request
  std::size_t response_bytes = 1U << 20;
  std::string ca_file;  // the only trusted authorities; "": the system's
  std::string client_certificate_file;
  std::string client_key_file;
  std::string proxy;              // "": as the environment says (https_proxy, no_proxy, ...)
  std::string proxy_credentials;  // user:password
  std::string no_proxy;           // comma-separated hosts; "" with a proxy: none
  std::size_t connections = 8;    // kept open between requests
  std::string user_agent;
};

class CurlTransport final : public Transport {
 public:
  // `on_reply` may call send(), cancel() and apply(), but not destroy the transport.
  CurlTransport(Loop& loop, OnReply on_reply);
  // Ends all requests without replies.
  ~CurlTransport() override;

  // For requests sent from now on. Files are read anew with the next connection (Windows: by this
  // call only); connections that are open are used on until the transport is idle for a moment.
  void apply(TransportSettings settings);

  // `id` must not be in flight already.
  void send(SendId id, Request request) override;
  void cancel(SendId id) override;

  // Opens a connection as a request would, through proxy and TLS, sends nothing, closes it. `done`
  // hears what came of it: `answered`, or `unreachable` and why.
  void probe(std::string url, std::function<void(Reply)> done);
  // Ends them all; each hears `cancelled`.
  void cancel_probes();

  // Closes idle connections and frees what is kept for the next request; ignored while a request
  // is out. Happens by itself 10 s after the last reply.
  void idle();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
