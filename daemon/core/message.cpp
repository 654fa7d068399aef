#include "daemon/core/message.h"

#include <simdjson.h>
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "daemon/core/message_walk.h"
#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr WallTime earliest_ts(Micros(1'420'070'400'000'000));  // 2015-01-01T00:00:00Z
constexpr Micros most_ahead = std::chrono::hours(48);

// Whether white space stands between the tokens of a text whose strings contain `spaces` spaces.
// (Counting with memchr beats minifying what is compact already, and that is the usual case.)
bool is_compact(std::string_view text, std::size_t spaces) {
  for (const char c : {'\n', '\r', '\t'}) {
    if (text.find(c) != std::string_view::npos) {
      return false;
    }
  }
  std::size_t found = 0;
  for (auto at = text.find(' '); at != std::string_view::npos; at = text.find(' ', at + 1)) {
    if (++found > spaces) {
      return false;
    }
  }
  return true;
}

Result<WallTime> read_ts(std::optional<std::string_view> text, WallTime now) {
  auto ts = text ? parse_ts(*text) : now;
  if (!ts) {
    return fail(ErrorCode::invalid, "ts: " + ts.error().what);
  }
  if (*ts < earliest_ts || *ts > now + most_ahead) {
    return fail(ErrorCode::invalid, "ts: must lie between 2015-01-01 and 48 hours from now");
  }
  return ts;
}

}  // namespace

bool is_instance_id(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

struct MessageCheck::Impl {
  explicit Impl(MessageLimits message_limits) : limits(message_limits) {}

  MessageLimits limits;
  ondemand::parser parser;
  std::vector<char> text;     // the input, padded as simdjson wants it
  std::vector<char> compact;  // the same without insignificant white space
  FreeNames free_names;

  std::string_view minify(std::string_view json);
  Result<ondemand::document> parse(std::string_view json);
  void fill_in(const MessageWalk::Found& found, CheckedMessage& message);
  std::unexpected<Error> too_large() const;
};

// Minifying does not validate, and could even mend ("tr ue"): what is walked is the original.
std::string_view MessageCheck::Impl::minify(std::string_view json) {
  compact.resize(json.size() + simdjson::SIMDJSON_PADDING);
  std::size_t size{};
  if (simdjson::minify(json.data(), json.size(), compact.data(), size) != simdjson::SUCCESS) {
    return {};  // a string is not closed: the parser finds that again
  }
  return {compact.data(), size};
}

Result<ondemand::document> MessageCheck::Impl::parse(std::string_view json) {
  text.assign(json.size() + simdjson::SIMDJSON_PADDING, ' ');
  std::ranges::copy(json, text.begin());
  ondemand::document document;
  const auto error = parser.iterate(text.data(), json.size(), text.size()).get(document);
  if (error == simdjson::UTF8_ERROR) {
    return fail(ErrorCode::invalid, "the message is not valid UTF-8");
  }
  if (error != simdjson::SUCCESS) {
    return fail(ErrorCode::invalid, json.empty() ? "the message is empty" : "malformed JSON");
  }
  return document;
}

// Puts what the sender left out into the body, each in first place of its object.
void MessageCheck::Impl::fill_in(const MessageWalk::Found& found, CheckedMessage& message) {
  if (!found.id) {
    // As much of the text as leads into the object is, minified, as much of the body.
    const auto into_system = minify({text.data(), found.system_at + 1});
    message.body.insert(into_system.size(), R"("id":")" + message.key.instance_id +
                                                (found.system_is_empty ? R"(")" : R"(",)"));
  }
  if (!found.ts) {
    message.body.insert(1, R"("ts":")" + canonical_ts(message.key.ts) + R"(",)");
  }
}

std::unexpected<Error> MessageCheck::Impl::too_large() const {
  return fail(ErrorCode::too_large, "the message has more than " + std::to_string(limits.bytes) +
                                        " bytes (without insignificant white space)");
}

MessageCheck::MessageCheck(MessageLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
MessageCheck::~MessageCheck() = default;

Result<CheckedMessage> MessageCheck::check(std::string_view json, const MessageDefaults& defaults,
                                           WallTime now) {
  if (json.size() > impl_->limits.bytes && impl_->minify(json).size() > impl_->limits.bytes) {
    return impl_->too_large();
  }
  auto document = impl_->parse(json);
  if (!document) {
    return std::unexpected(document.error());
  }
  const std::string_view text(impl_->text.data(), json.size());
  MessageWalk walk(*document, text, impl_->free_names);
  if (!walk.message()) {
    return fail(ErrorCode::invalid, walk.problem());
  }
  const MessageWalk::Found& found = walk.found();
  if (!found.id && !defaults.instance_id) {
    return fail(ErrorCode::invalid, "data.system.id: is missing");
  }
  const auto ts = read_ts(found.ts, now);
  if (!ts) {
    return std::unexpected(ts.error());
  }

  CheckedMessage message;
  message.key.instance_id = found.id ? *found.id : *defaults.instance_id;
  message.key.ts = *ts;
  message.body = is_compact(text, found.spaces) ? text : impl_->minify(text);
  impl_->fill_in(found, message);
  if (message.body.size() > impl_->limits.bytes) {
    return impl_->too_large();
  }
  return message;
}

}  // namespace reporterd
