#pragma once
// The JSON Schema of the message (message.schema.json), as a judge of its own: another parser,
// another reading of the rules than reporterd's check, which is tested against it.

#include <memory>
#include <string_view>

#include "daemon/core/message.h"
#include "daemon/core/result.h"

namespace reporterd {

extern const char* const message_schema_text;

class MessageSchema {
 public:
  MessageSchema();
  ~MessageSchema();
  MessageSchema(const MessageSchema&) = delete;
  MessageSchema& operator=(const MessageSchema&) = delete;

  // Judges `json` by the schema, and by two rules a schema cannot express: no name twice in an
  // object, and ts is a moment that exists. Some 150 us. Safe to call from many threads.
  // Errors: invalid; the text names the place, never a value.
  Result<MessageKey> judge(std::string_view json) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reporterd
