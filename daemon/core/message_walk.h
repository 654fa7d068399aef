#pragma once
// The way through a message's JSON. Internal to the message check.

#include <simdjson.h>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/message_names.h"
#include "daemon/core/message_rules.h"

namespace reporterd {

// One pass over every value of a message. Its functions answer false at the first thing that is
// wrong, and problem() says what; simdjson's on-demand interface finds malformed JSON only in what
// is visited, so nothing is skipped.
class MessageWalk {
 public:
  // `text` is what `document` was made of; `free_names` is an empty buffer to work in.
  MessageWalk(simdjson::ondemand::document& document, std::string_view text, FreeNames& free_names)
      : document_(document), text_(text), free_names_(free_names) {}

  // What was met on the way. The texts are parts of `text`.
  struct Found {
    std::optional<std::string_view> ts;
    std::optional<std::string_view> id;
    std::size_t system_at = 0;     // of the `{` of data.system, in the text
    bool system_is_empty = false;  // data.system has no field
    std::size_t spaces = 0;        // in texts; names and all other texts have none
  };

  bool message();  // once
  const Found& found() const { return found_; }
  const std::string& problem() const { return problem_; }

 private:
  using Object = simdjson::ondemand::object;
  using Value = simdjson::ondemand::value;

  template <class Visit>  // bool(std::string_view name, Value value)
  bool each_field(Object object, Visit visit);
  template <class Visit>  // bool(std::size_t at, Value value)
  bool known_fields(Object object, KnownNames& known, std::size_t count, Visit visit);

  bool data(Value value);
  bool system(Value value);
  bool system_text(Value value);
  bool enabled_features(Value value);
  bool features(Value value);
  bool api(Value value, std::size_t depth);
  bool setting(Value value);
  bool number(Value value);

  // Up to the closing quote, which simdjson has made sure of. Escapes stay as they are written.
  std::string_view raw_text(simdjson::ondemand::raw_json_string raw) const;
  bool as_object(Value value, Object& object);
  bool as_text(Value value, std::string_view& text);
  bool matching(Value value, bool (*matches)(std::string_view), const char* allowed);

  std::string path() const;
  bool refuse(std::string_view what);
  bool missing(std::string_view name);
  bool malformed();

  simdjson::ondemand::document& document_;
  std::string_view text_;
  FreeNames& free_names_;
  std::array<std::string_view, most_api_depth + 6> path_;
  std::size_t path_size_ = 0;
  Found found_;
  std::string problem_;
};

}  // namespace reporterd
