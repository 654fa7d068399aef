#pragma once
// Port: the network. A request goes out under an id; its reply comes later, exactly once, through
// the function given at construction of the implementation; never from inside send() or cancel().

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reporterd {

using SendId = std::uint64_t;

struct Request {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // POSTed
};

// What came of a request.
enum class Fate {
  answered,     // a complete HTTP reply
  unreachable,  // surely not taken: name resolution, connection, proxy or TLS failed
  ambiguous,    // it may have arrived: time-out, reset, empty or truncated reply
  cancelled,    // by cancel(); it may have arrived
};

struct Reply {
  Fate fate = Fate::ambiguous;
  bool tls_problem = false;                // unreachable because of TLS (certificate, protocol)
  int status = 0;                          // answered only
  std::string content_type;                // as sent, lower-cased
  std::optional<std::string> retry_after;  // the header's text, as sent
  std::optional<std::string> date;         // the Date header's text
  std::string body;                        // at most limits.responseBytes
  std::string what;                        // for people: "connection refused", "HTTP 503", ...
};

class Transport {
 public:
  using OnReply = std::function<void(SendId, Reply)>;

  virtual ~Transport() = default;
  virtual void send(SendId id, Request request) = 0;
  // Ends a request; its reply (Fate::cancelled) still comes, unless the transport is destroyed.
  virtual void cancel(SendId id) = 0;
};

}  // namespace reporterd
