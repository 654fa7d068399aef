#pragma once
// A small HTTP/1.1 server on loopback that does what a test's script says, good or bad: real
// sockets, real TLS, threads of its own. The script is called on those threads.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/test_ca.h"

namespace reporterd {

struct ReceivedRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::size_t connection = 0;  // counted from 0, in the order they were accepted

  std::string header(const std::string& lower_case_name) const;  // "" : absent
};

// What the server does with one request, once it has all of it.
struct ServerAction {
  enum class Kind {
    reply,
    reply_and_close,  // also says so
    hang,             // no reply, the connection stays open
    trickle,          // a reply, one byte every 10 ms
    close,            // no reply
    reset,            // no reply, TCP reset
    reset_mid_reply,  // half of the reply, TCP reset
    truncate,         // half of the body, close
    raw,              // `body` as it is, close
  };
  Kind kind = Kind::reply;
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};  // Content-Length is added
  std::string body = {};
  std::chrono::milliseconds delay{};  // before anything is sent
};

using ServerScript = std::function<ServerAction(const ReceivedRequest&)>;
ServerAction created(const ReceivedRequest&);  // 201 to all

struct ServerTls {
  Certificate certificate;
  std::string client_ca_pem;  // clients need a certificate of this authority; "": they need none
};

class HttpServer {
 public:
  // Listens on a free port of 127.0.0.1 from construction on.
  explicit HttpServer(ServerScript script);
  HttpServer(ServerScript script, const ServerTls& tls);
  // Ends all connections at once, also those that hang.
  ~HttpServer();

  std::uint16_t port() const;
  // http://127.0.0.1:PORT/, or https://localhost:PORT/.
  std::string url() const;

  void set_script(ServerScript script);
  std::vector<ReceivedRequest> requests() const;
  std::size_t connections() const;  // accepted ones
  // Waits until so many requests have come; false: not within `limit`.
  bool wait_for_requests(std::size_t count,
                         std::chrono::milliseconds limit = std::chrono::seconds(20)) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A port of 127.0.0.1 where nobody listens.
std::uint16_t closed_port();

}  // namespace reporterd
