#include "collector/message_schema.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "daemon/core/assert.h"
#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

using nlohmann::json;

constexpr std::size_t most_depth = 32;  // bounds valijson's recursion; the schema allows 13

// The value, or what keeps it from being one. (nlohmann itself lets the last of two names win.)
Result<json> parse(std::string_view text) {
  // nlohmann ends at a zero byte and skips a byte order mark; JSON has neither.
  if (text.find('\0') != std::string_view::npos || text.starts_with("\xEF\xBB\xBF")) {
    return fail(ErrorCode::invalid, "malformed JSON");
  }
  std::vector<std::set<std::string>> names;
  bool repeated = false;
  bool too_deep = false;
  const auto watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start) {
      names.emplace_back();
      too_deep = too_deep || names.size() > most_depth;
    } else if (event == json::parse_event_t::object_end ||
               event == json::parse_event_t::array_end) {
      names.pop_back();
    } else if (event == json::parse_event_t::key) {
      repeated = !names.back().insert(parsed.get<std::string>()).second || repeated;
    }
    return true;
  };
  json value = json::parse(text.begin(), text.end(), watch, false);
  if (value.is_discarded()) {
    return fail(ErrorCode::invalid, "malformed JSON");
  }
  if (repeated) {
    return fail(ErrorCode::invalid, "a name stands twice in an object");
  }
  if (too_deep) {
    return fail(ErrorCode::invalid, "nested too deep");
  }
  return value;
}

// The place of the innermost failure, which valijson reports first: {"<root>", "[data]", ...}.
std::string describe(valijson::ValidationResults& results) {
  valijson::ValidationResults::Error error;
  std::string place = "the message";
  if (results.popError(error) && error.context.size() > 1) {
    place.clear();
    for (const char c : error.context.back()) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
      if (plain) {
        place += c;
      }
    }
  }
  return place + ": does not match the schema of the message";
}

}  // namespace

struct MessageSchema::Impl {
  valijson::Schema schema;
};

MessageSchema::MessageSchema() : impl_(std::make_unique<Impl>()) {
  const json text = json::parse(message_schema_text, nullptr, false);
  ASSERT(!text.is_discarded());
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text), impl_->schema);
}

MessageSchema::~MessageSchema() = default;

Result<MessageKey> MessageSchema::judge(std::string_view text) const {
  const auto value = parse(text);
  if (!value) {
    return std::unexpected(value.error());
  }
  // Strong types: no "1" for 1. The validator keeps state, so it is made for each call.
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (!validator.validate(impl_->schema, valijson::adapters::NlohmannJsonAdapter(*value),
                          &results)) {
    return fail(ErrorCode::invalid, describe(results));
  }
  const auto ts = parse_ts((*value)["ts"].get_ref<const std::string&>());
  if (!ts) {
    return fail(ErrorCode::invalid, "ts: " + ts.error().what);
  }
  return MessageKey{(*value)["data"]["system"]["id"].get<std::string>(), *ts};
}

}  // namespace reporterd
