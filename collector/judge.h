#pragma once
// Decides whether something that was sent is a message, and under which key it is stored.

#include <mutex>
#include <string_view>

#include "collector/message_schema.h"
#include "daemon/core/message.h"
#include "daemon/core/result.h"
#include "daemon/core/time.h"

namespace reporterd {

inline constexpr std::size_t most_message_bytes = 64U << 10;

// The schema is the law. reporterd's own check, which accepts nothing that the schema refuses (the
// tests hold the two together), is fifty times as fast and so is asked first. Safe to call from
// many threads.
class Judge {
 public:
  Judge();

  // An envelope, {"ts", "data"}. Errors: invalid with the reason, too_large.
  Result<CheckedMessage> envelope(std::string_view json);

  // The legacy wire form: what is the value of `data` in an envelope. It carries no ts, so it is
  // stored under the time of its arrival, and a repeat cannot be told from a new message. Each is
  // given a time of its own.
  Result<CheckedMessage> bare_data(std::string_view json, WallTime arrival);

 private:
  MessageSchema schema_;
  std::mutex mutex_;  // guards what follows
  MessageCheck check_{MessageLimits{most_message_bytes}};
  WallTime last_arrival_{};
};

}  // namespace reporterd
