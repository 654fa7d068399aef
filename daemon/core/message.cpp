#include "daemon/core/message.h"

#include <simdjson.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "daemon/core/message_rules.h"
#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr WallTime earliest_ts(Micros(1'420'070'400'000'000));  // 2015-01-01T00:00:00Z
constexpr Micros most_ahead = std::chrono::hours(48);

// An object whose names are all documented: finds a name and notices a repeat.
class KnownNames {
 public:
  explicit KnownNames(std::span<const std::string_view> names) : names_(names) {}

  // The name's place in the list; names_.size() when it is not there.
  std::size_t find(std::string_view name) {
    // Writers keep to the documented order, so the search starts after the last hit.
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::size_t at = next_ + i < names_.size() ? next_ + i : next_ + i - names_.size();
      if (names_[at] == name) {
        next_ = at + 1;
        return at;
      }
    }
    return names_.size();
  }

  // false when the name was there before.
  bool mark(std::size_t at) {
    const std::uint64_t bit = std::uint64_t{1} << at;
    return (std::exchange(seen_, seen_ | bit) & bit) == 0;
  }
  bool has(std::size_t at) const { return (seen_ >> at & 1) != 0; }

 private:
  std::span<const std::string_view> names_;  // at most 64
  std::size_t next_ = 0;
  std::uint64_t seen_ = 0;
};

// The names of the objects below `api` that are open, innermost last.
class FreeNames {
 public:
  // Where the innermost object's names begin; hand it to add() and close().
  std::size_t open() const { return names_.size(); }
  void close(std::size_t start) {
    names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(start), names_.end());
  }
  void clear() { names_.clear(); }

  std::size_t count(std::size_t start) const { return names_.size() - start; }

  // false when the name was there before.
  bool add(std::size_t start, std::string_view name) {
    const Name added(name);
    for (std::size_t i = start; i < names_.size(); ++i) {
      if (names_[i].mark == added.mark && names_[i].text == name) {
        return false;
      }
    }
    names_.push_back(added);
    return true;
  }

 private:
  // Compared by a word first: a few names are quicker to scan than to hash.
  struct Name {
    explicit Name(std::string_view name) : text(name), mark(name.size()) {
      char head[8] = {};
      std::memcpy(head, name.data(), std::min(name.size(), sizeof head));
      std::uint64_t word = 0;
      std::memcpy(&word, head, sizeof word);
      mark ^= word * 0x9E37'79B9'7F4A'7C15U;
    }
    std::string_view text;
    std::uint64_t mark;
  };
  std::vector<Name> names_;
};

// One pass over every value of a message. Its functions answer false at the first thing that is
// wrong, and problem() says what; simdjson's on-demand interface finds malformed JSON only in what
// is visited, so nothing is skipped.
class Walk {
 public:
  Walk(ondemand::document& document, std::string_view text, FreeNames& free_names)
      : document_(document), text_(text), free_names_(free_names) {}

  bool message();
  const std::string& problem() const { return problem_; }

  std::optional<std::string_view> ts;
  std::optional<std::string_view> id;
  std::size_t system_at = 0;     // of the `{` of data.system, in the text
  bool system_is_empty = false;  // data.system has no field
  std::size_t spaces = 0;        // in texts; names and all other texts have none

 private:
  template <class Visit>  // bool(std::string_view name, ondemand::value value)
  bool each_field(ondemand::object object, Visit visit);
  template <class Visit>  // bool(std::size_t at, ondemand::value value)
  bool known_fields(ondemand::object object, KnownNames& known, std::size_t count, Visit visit);

  bool data(ondemand::value value);
  bool system(ondemand::value value);
  bool system_text(ondemand::value value);
  bool enabled_features(ondemand::value value);
  bool features(ondemand::value value);
  bool api(ondemand::value value, std::size_t depth);
  bool setting(ondemand::value value);
  bool number(ondemand::value value);

  bool as_object(ondemand::value value, ondemand::object& object);
  bool as_text(ondemand::value value, std::string_view& text);
  bool matching(ondemand::value value, bool (*matches)(std::string_view), const char* allowed);

  std::string path() const;
  bool refuse(std::string_view what);
  bool missing(std::string_view name);
  bool malformed();

  ondemand::document& document_;
  std::string_view text_;
  FreeNames& free_names_;
  std::array<std::string_view, most_api_depth + 6> path_;
  std::size_t path_size_ = 0;
  std::string problem_;
};

// Up to the closing quote, which simdjson has made sure of. Escapes stay as they are written.
std::string_view raw_text(ondemand::raw_json_string raw, std::string_view within) {
  const std::size_t start = static_cast<std::size_t>(raw.raw() - within.data());
  return within.substr(start, within.find('"', start) - start);
}

template <class Visit>
bool Walk::each_field(ondemand::object object, Visit visit) {
  const std::size_t place = path_size_++;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS) {
      return malformed();
    }
    path_[place] = raw_text(field.key(), text_);
    if (!visit(path_[place], field.value())) {
      return false;
    }
  }
  --path_size_;
  return true;
}

template <class Visit>
bool Walk::known_fields(ondemand::object object, KnownNames& known, std::size_t count,
                        Visit visit) {
  return each_field(object, [&](std::string_view name, ondemand::value value) {
    const std::size_t at = known.find(name);
    if (at == count) {
      return refuse("is not a documented field; see docs/privacy.md");
    }
    if (!known.mark(at)) {
      return refuse("is there twice");
    }
    return visit(at, value);
  });
}

bool Walk::message() {
  static constexpr std::array<std::string_view, 2> names = {"ts", "data"};
  ondemand::json_type type{};
  if (document_.type().get(type) != simdjson::SUCCESS) {
    return malformed();
  }
  if (type != ondemand::json_type::object) {
    return refuse("must be a JSON object");
  }
  ondemand::object root;
  if (document_.get_object().get(root) != simdjson::SUCCESS) {
    return malformed();
  }
  KnownNames known(names);
  const bool good =
      known_fields(root, known, names.size(), [&](std::size_t at, ondemand::value value) {
        return at == 0 ? as_text(value, ts.emplace()) : data(value);
      });
  if (!good) {
    return false;
  }
  const char* behind = nullptr;
  if (document_.current_location().get(behind) != simdjson::OUT_OF_BOUNDS) {
    return malformed();
  }
  return known.has(1) || missing("data");
}

bool Walk::data(ondemand::value value) {
  static constexpr std::array<std::string_view, 4> names = {"service", "serviceVersion", "system",
                                                            "enabledFeatures"};
  ondemand::object object;
  KnownNames known(names);
  const auto visit = [&](std::size_t at, ondemand::value field) {
    switch (at) {
      case 0:
        return matching(field, is_service_name, "1 to 32 of a-z, 0-9 and -, a letter first");
      case 1:
        return matching(field, is_version, "1 to 64 of A-Z, a-z, 0-9 and . _ + -");
      case 2:
        return system(field);
      default:
        return enabled_features(field);
    }
  };
  if (!as_object(value, object) || !known_fields(object, known, names.size(), visit)) {
    return false;
  }
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (!known.has(at)) {
      return missing(names[at]);
    }
  }
  return true;
}

bool Walk::system(ondemand::value value) {
  static constexpr std::array<std::string_view, 8> names = {
      "id", "arch", "platform", "release", "distro", "codename", "virtual", "nodeVersion"};
  enum Field : std::size_t { id_field, arch, platform, release, distro, codename, is_virtual };
  system_at = static_cast<std::size_t>(value.raw_json_token().data() - text_.data());
  system_is_empty = true;
  ondemand::object object;
  KnownNames known(names);
  const auto visit = [&](std::size_t at, ondemand::value field) {
    system_is_empty = false;
    switch (at) {
      case id_field:
        return as_text(field, id.emplace()) &&
               (is_instance_id(*id) || refuse("must be 64 lower-case hex digits"));
      case arch:
      case platform:
        return matching(field, is_system_word, "1 to 32 of A-Z, a-z, 0-9 and _");
      case release:
      case distro:
      case codename:
        return system_text(field);
      case is_virtual: {
        bool ignored = false;
        return field.get_bool().get(ignored) == simdjson::SUCCESS ||
               refuse("must be true or false");
      }
      default:
        return matching(field, is_version, "1 to 64 of A-Z, a-z, 0-9 and . _ + -");
    }
  };
  return as_object(value, object) && known_fields(object, known, names.size(), visit);
}

bool Walk::system_text(ondemand::value value) {
  std::string_view text;
  if (!as_text(value, text)) {
    return false;
  }
  spaces += static_cast<std::size_t>(std::ranges::count(text, ' '));
  return is_system_text(text) ||
         refuse("must be at most 128 of A-Z, a-z, 0-9, space and . _ + , : ( ) / ~ -");
}

bool Walk::enabled_features(ondemand::value value) {
  static constexpr std::array<std::string_view, 2> names = {"api", "feature"};
  ondemand::object object;
  KnownNames known(names);
  return as_object(value, object) &&
         known_fields(object, known, names.size(), [&](std::size_t at, ondemand::value field) {
           return at == 0 ? api(field, 0) : features(field);
         });
}

bool Walk::features(ondemand::value value) {
  ondemand::object object;
  KnownNames known(feature_names());
  return as_object(value, object) &&
         known_fields(object, known, feature_names().size(),
                      [&](std::size_t, ondemand::value field) { return setting(field); });
}

bool Walk::api(ondemand::value value, std::size_t depth) {
  ondemand::object object;
  if (!as_object(value, object)) {
    return false;
  }
  if (depth > most_api_depth) {
    return refuse("is nested deeper than 8 objects");
  }
  const std::size_t names = free_names_.open();
  const bool good = each_field(object, [&](std::string_view name, ondemand::value field) {
    if (!is_api_name(name)) {
      return refuse("is not a name of 1 to 64 of A-Z, a-z, 0-9 and _, a letter first");
    }
    if (free_names_.count(names) == most_names_in_object) {
      return refuse("is one name too many: 512 is the most in one object");
    }
    if (!free_names_.add(names, name)) {
      return refuse("is there twice");
    }
    ondemand::json_type type{};
    if (field.type().get(type) != simdjson::SUCCESS) {
      return malformed();
    }
    return type == ondemand::json_type::object ? api(field, depth + 1) : setting(field);
  });
  free_names_.close(names);
  return good;
}

// What a switch in Butler's configuration may be set to.
bool Walk::setting(ondemand::value value) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) {
    return malformed();
  }
  switch (type) {
    case ondemand::json_type::boolean: {
      bool ignored = false;
      return value.get_bool().get(ignored) == simdjson::SUCCESS || malformed();
    }
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

bool Walk::number(ondemand::value value) {
  const std::string_view token = value.raw_json_token();  // up to the next token
  const std::size_t size = std::min(token.find_first_of(" \t\r\n"), token.size());
  if (size > most_number_chars) {
    return refuse("has more than 32 characters");
  }
  double ignored = 0;
  return value.get_double().get(ignored) == simdjson::SUCCESS ||
         refuse("is not a finite JSON number");
}

bool Walk::as_object(ondemand::value value, ondemand::object& object) {
  const auto error = value.get_object().get(object);
  if (error == simdjson::INCORRECT_TYPE) {
    return refuse("must be an object");
  }
  return error == simdjson::SUCCESS || malformed();
}

bool Walk::as_text(ondemand::value value, std::string_view& text) {
  ondemand::raw_json_string raw;
  const auto error = value.get_raw_json_string().get(raw);
  if (error == simdjson::INCORRECT_TYPE) {
    return refuse("must be text");
  }
  if (error != simdjson::SUCCESS) {
    return malformed();
  }
  text = raw_text(raw, text_);
  return true;
}

// No pattern allows a backslash, so that what matches is what the text means.
bool Walk::matching(ondemand::value value, bool (*matches)(std::string_view), const char* allowed) {
  std::string_view text;
  return as_text(value, text) && (matches(text) || refuse(std::string("must be ") + allowed));
}

// The dotted path of the field at hand. Names come from the sender, so only plain characters of
// them are shown.
std::string Walk::path() const {
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

bool Walk::refuse(std::string_view what) {
  problem_ = path_size_ == 0 ? "the message" : path() + ":";
  problem_ += ' ';
  problem_ += what;
  return false;
}

bool Walk::missing(std::string_view name) {
  path_[path_size_++] = name;
  return refuse("is missing");
}

bool Walk::malformed() {
  problem_ = "malformed JSON";
  const char* at = nullptr;
  if (document_.current_location().get(at) == simdjson::SUCCESS && at >= text_.data() &&
      at <= text_.data() + text_.size()) {
    problem_ += " near byte " + std::to_string(at - text_.data() + 1);
  }
  return false;
}

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
  void fill_in(const Walk& walk, CheckedMessage& message);
  std::unexpected<Error> too_large() const;
};

// Minifying does not validate, and could even mend ("tr ue"): what is walked is the original.
std::string_view MessageCheck::Impl::minify(std::string_view json) {
  if (compact.size() < json.size() + simdjson::SIMDJSON_PADDING) {
    compact.resize(json.size() + simdjson::SIMDJSON_PADDING);
  }
  std::size_t size = 0;
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
void MessageCheck::Impl::fill_in(const Walk& walk, CheckedMessage& message) {
  if (!walk.id) {
    // As much of the text as leads into the object is, minified, as much of the body.
    const auto into_system = minify({text.data(), walk.system_at + 1});
    message.body.insert(into_system.size(), R"("id":")" + message.key.instance_id +
                                                (walk.system_is_empty ? R"(")" : R"(",)"));
  }
  if (!walk.ts) {
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
  impl_->free_names.clear();
  const std::string_view text(impl_->text.data(), json.size());
  Walk walk(*document, text, impl_->free_names);
  if (!walk.message()) {
    return fail(ErrorCode::invalid, walk.problem());
  }
  if (!walk.id && !defaults.instance_id) {
    return fail(ErrorCode::invalid, "data.system.id: is missing");
  }
  const auto ts = read_ts(walk.ts, now);
  if (!ts) {
    return std::unexpected(ts.error());
  }

  CheckedMessage message;
  message.key.instance_id = walk.id ? *walk.id : *defaults.instance_id;
  message.key.ts = *ts;
  message.body = is_compact(text, walk.spaces) ? text : impl_->minify(text);
  impl_->fill_in(walk, message);
  if (message.body.size() > impl_->limits.bytes) {
    return impl_->too_large();
  }
  return message;
}

}  // namespace reporterd
