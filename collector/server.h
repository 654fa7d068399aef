#pragma once
// The collector's HTTP interface:
//   POST /v1/messages (and the given legacy path)  one message or an array of them
//   DELETE /v1/instances/<id>                      erases an instance; operator's token
//   GET /healthz
// reporter-collector(8) has the statuses.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "collector/store.h"
#include "daemon/core/result.h"
#include "daemon/core/time.h"

namespace reporterd {

struct ServerSettings {
  std::string host = "127.0.0.1";
  int port = 8480;                                   // 0: any free one
  std::string legacy_path = "/api/butlerTelemetry";  // is_path() holds
  std::string tls_certificate_file;                  // both or none
  std::string tls_key_file;
  std::string operator_token;           // "": nothing can be erased
  std::size_t messages_per_minute = 0;  // per source address; 0: no limit
};

// "/" and then letters, digits, or any of / _ . -
bool is_path(std::string_view text);

class CollectorServer {
 public:
  // `wall` tells the time and may be called from many threads.
  CollectorServer(ServerSettings settings, CollectorStore& store, std::function<WallTime()> wall);
  ~CollectorServer();
  CollectorServer(const CollectorServer&) = delete;
  CollectorServer& operator=(const CollectorServer&) = delete;

  // Binds; then the port is known. Errors: config (certificate, key), io (address in use).
  Status bind();
  std::string url() const;  // "http://127.0.0.1:8480"; after bind()

  void run();   // serves until stop(); after bind()
  void stop();  // from another thread than run()'s, also just before it; requests at hand finish

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reporterd
