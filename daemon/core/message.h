#pragma once
// A telemetry message: its key and the check that every message passes before it may be stored.
//
// The bytes that were checked are the bytes that are stored and sent; nothing is parsed again.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/result.h"
#include "daemon/core/time.h"

namespace reporterd {

// 64 lower-case hex digits naming one installation.
bool is_instance_id(std::string_view text);

struct MessageKey {
  std::string instance_id;
  WallTime ts;
  friend bool operator==(const MessageKey&, const MessageKey&) = default;
};

struct MessageLimits {
  std::size_t bytes = 64U << 10;  // outbox.maxMessageBytes, counted without insignificant space
};

// What a submission may leave out; the check puts it in.
struct MessageDefaults {
  std::optional<std::string> instance_id;  // for a missing data.system.id
};

struct CheckedMessage {
  MessageKey key;
  std::string body;  // compact UTF-8 JSON, key order as given
};

// Checks `json` (one JSON object, UTF-8, any white space) in one pass: shape, size, key, allowlist,
// kinds of values, no duplicate names, depth. A missing `ts` becomes `now`, a missing
// data.system.id becomes defaults.instance_id; both are put in first place of their object. White
// space is taken out; nothing else of the bytes is changed. `ts` must lie between 2015-01-01 and
// now + 48 h. Errors: invalid or too_large; the text names the field, never its value.
// Reuses buffers of its own: one instance per thread.
class MessageCheck {
 public:
  explicit MessageCheck(MessageLimits limits);
  ~MessageCheck();
  MessageCheck(const MessageCheck&) = delete;
  MessageCheck& operator=(const MessageCheck&) = delete;

  Result<CheckedMessage> check(std::string_view json, const MessageDefaults& defaults,
                               WallTime now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reporterd
