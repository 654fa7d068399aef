// MessageWalk: single values, and what is said when they are wrong.
#include <algorithm>

#include "daemon/core/message_walk.h"

namespace reporterd {

namespace ondemand = simdjson::ondemand;

std::string_view MessageWalk::raw_text(ondemand::raw_json_string raw) const {
  const std::size_t start = static_cast<std::size_t>(raw.raw() - text_.data());
  return text_.substr(start, text_.find('"', start) - start);
}

// What a switch in Butler's configuration may be set to.
bool MessageWalk::setting(Value value) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) {
    return malformed();
  }
  switch (type) {
    case ondemand::json_type::boolean:
      return value.get_bool().error() == simdjson::SUCCESS || malformed();
    case ondemand::json_type::null: {
      bool is_null = false;
      return (value.is_null().get(is_null) == simdjson::SUCCESS && is_null) || malformed();
    }
    case ondemand::json_type::number:
      return number(value);
    case ondemand::json_type::string:
      return matching(value, is_switch_word, "one of yes, no, on, off, true, false");
    case ondemand::json_type::array:
    case ondemand::json_type::object:
      break;
  }
  return refuse("must be true, false, null, a number, or one of yes, no, on, off");
}

bool MessageWalk::number(Value value) {
  const std::string_view token = value.raw_json_token();  // up to the next token
  const std::size_t size = std::min(token.find_first_of(" \t\r\n"), token.size());
  if (size > most_number_chars) {
    return refuse("has more than 32 characters");
  }
  return value.get_double().error() == simdjson::SUCCESS || refuse("is not a finite JSON number");
}

bool MessageWalk::as_object(Value value, Object& object) {
  const auto error = value.get_object().get(object);
  if (error == simdjson::INCORRECT_TYPE) {
    return refuse("must be an object");
  }
  return error == simdjson::SUCCESS || malformed();
}

bool MessageWalk::as_text(Value value, std::string_view& text) {
  ondemand::raw_json_string raw;
  const auto error = value.get_raw_json_string().get(raw);
  if (error == simdjson::INCORRECT_TYPE) {
    return refuse("must be text");
  }
  if (error != simdjson::SUCCESS) {
    return malformed();
  }
  text = raw_text(raw);
  return true;
}

// No pattern allows a backslash, so that what matches is what the text means.
bool MessageWalk::matching(Value value, bool (*matches)(std::string_view), const char* allowed) {
  std::string_view text;
  return as_text(value, text) && (matches(text) || refuse(std::string("must be ") + allowed));
}

// The dotted path of the field at hand. Names come from the sender, so only plain characters of
// them are shown.
std::string MessageWalk::path() const {
  constexpr std::size_t most_shown = 64;
  std::string text;
  for (std::size_t i = 0; i < path_size_; ++i) {
    if (i > 0) {
      text += '.';
    }
    for (const char c : path_[i].substr(0, most_shown)) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-';
      text += plain ? c : '?';
    }
    if (path_[i].size() > most_shown) {
      text += "...";
    }
  }
  return text;
}

bool MessageWalk::refuse(std::string_view what) {
  problem_ = path_size_ == 0 ? "the message" : path() + ":";
  problem_ += ' ';
  problem_ += what;
  return false;
}

bool MessageWalk::missing(std::string_view name) {
  path_[path_size_++] = name;
  return refuse("is missing");
}

bool MessageWalk::malformed() {
  problem_ = "malformed JSON";
  const char* at = nullptr;
  if (document_.current_location().get(at) == simdjson::SUCCESS && at >= text_.data() &&
      at <= text_.data() + text_.size()) {
    problem_ += " near byte " + std::to_string(at - text_.data() + 1);
  }
  return false;
}

}  // namespace reporterd
