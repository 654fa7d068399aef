// The message check, and the JSON Schema as a second opinion.

#include "daemon/core/message.h"

#include <string>

#include "collector/message_schema.h"
#include "daemon/core/timestamp.h"
#include "tests/fuzz/targets.h"

namespace reporterd::fuzz {
namespace {

const WallTime now = *parse_ts("2026-03-04T00:00:00.000001Z");
const std::string installation(64, 'c');

// What a schema cannot express: how a name, text or number is written, and the clock.
bool is_beyond_a_schema(std::string_view json, const Error& error) {
  return error.what.find("more than 32 characters") != std::string::npos ||
         error.what.starts_with("ts: must lie") || json.find('\\') != std::string_view::npos;
}

void require_fixed_point(MessageCheck& check, const CheckedMessage& checked) {
  const auto again = check.check(checked.body, {}, now);
  require(again && again->body == checked.body && again->key == checked.key,
          "a checked body is not its own check's", checked.body);
  require(canonical_ts(*parse_ts(canonical_ts(checked.key.ts))) == canonical_ts(checked.key.ts),
          "ts does not survive its canonical form", checked.body);
}

}  // namespace

void message(std::string_view input) {
  static const MessageSchema schema;
  static MessageCheck check(MessageLimits{});
  const auto checked = check.check(input, {}, now);
  const auto judged = schema.judge(input);
  if (checked) {
    require(checked->body.size() <= MessageLimits{}.bytes, "a body is over the limit");
    require_fixed_point(check, *checked);
    const auto body_judged = schema.judge(checked->body);
    require(body_judged.has_value(), "the schema refuses what the check accepts", checked->body);
    require(*body_judged == checked->key, "check and schema read two keys", checked->body);
    const bool ts_filled_in = checked->body.starts_with(R"({"ts":")" + canonical_ts(now) + "\",");
    require(judged || ts_filled_in, "the schema refuses what the check accepts", input);
  } else {
    require_one_line(checked.error().what);
    require(!judged || is_beyond_a_schema(input, checked.error()),
            "the check refuses what the schema accepts", checked.error().what);
  }

  // With something to put in, everything passes that did so without, unchanged.
  const auto completed = check.check(input, {.instance_id = installation}, now);
  require(!checked || (completed && completed->body == checked->body),
          "a default changes what was complete", input);
  if (completed) {
    require_fixed_point(check, *completed);
    require(schema.judge(completed->body).has_value(), "the schema refuses what was filled in",
            completed->body);
  }
}

}  // namespace reporterd::fuzz
