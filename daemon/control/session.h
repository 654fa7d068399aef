#pragma once
// One connection of the local protocol: JSON-RPC 2.0, one object a line in, one answer a line out,
// in the order of the requests. docs/protocol.md describes it for clients. Loop thread only.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/control/line_buffer.h"
#include "daemon/control/methods.h"
#include "daemon/control/request_reader.h"
#include "daemon/control/service.h"
#include "daemon/core/stream.h"

namespace reporterd {

struct SessionLimits {
  std::size_t line_bytes = 256UZ * 1024;
  std::size_t unanswered = 1024;  // requests; at this number reading pauses
};

class Session final : public StreamHandler {
 public:
  // `stream`, `service` and `reader` outlive the session. The Service may answer after the session
  // is gone; such answers are dropped.
  Session(Stream& stream, Service& service, RequestReader& reader, Access access,
          SessionLimits limits);

  void received(std::string_view bytes) override;
  bool ended() override;

 private:
  using Ticket = std::uint64_t;  // counts the requests of this connection

  struct Unanswered {
    std::string id;      // raw JSON
    std::string answer;  // a whole line; "" until there is one
  };

  void advance();
  void handle(std::string_view line);
  void call(const RpcRequest& request);
  void refuse(std::string_view id, int code, std::string_view why);
  Ticket open(std::string_view id);
  Unanswered& waiting(Ticket ticket);
  template <class T>
  Answer<T> answer_for(Ticket ticket);
  template <class T>
  void answered(Ticket ticket, Result<T> result);
  void resolve(Ticket ticket, std::string line);

  Stream& stream_;
  Service& service_;
  RequestReader& reader_;
  const Access access_;
  const SessionLimits limits_;
  LineBuffer lines_;
  std::deque<Unanswered> unanswered_;
  Ticket first_ = 0;        // of unanswered_.front()
  std::string out_;         // answers that are in turn and not yet written
  bool advancing_ = false;  // inside advance(): answers given now are written at its end
  bool reading_paused_ = false;
  bool ended_ = false;              // the client sends no more
  std::shared_ptr<Session*> self_;  // answers hold it weakly: it ends with the session
};

}  // namespace reporterd
