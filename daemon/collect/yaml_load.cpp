#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "daemon/collect/js_json.h"
#include "daemon/collect/utf8.h"
#include "daemon/collect/yaml_scalar.h"
#include "daemon/collect/yaml_value.h"
#include "daemon/core/unicode.h"

namespace reporterd {
namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t max_weight = 200'000;

// Thrown through yaml-cpp's parser only; load_yaml turns it into an Error.
struct BadYaml : std::runtime_error {
  BadYaml(int line, const std::string& what)
      : std::runtime_error("line " + std::to_string(line) + ": " + what) {}
};

// A property name as JavaScript makes it of a scalar key; none for lists and maps.
std::optional<std::string> key_text(const YamlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    return *text;
  }
  if (const auto* boolean = std::get_if<bool>(&value.data)) {
    return *boolean ? "true" : "false";
  }
  if (const auto* number = std::get_if<double>(&value.data)) {
    if (std::isnan(*number)) {
      return "NaN";
    }
    if (std::isinf(*number)) {
      return *number > 0 ? "Infinity" : "-Infinity";
    }
    return js_number(*number);
  }
  if (std::holds_alternative<std::monostate>(value.data)) {
    return "null";
  }
  return std::nullopt;
}

// yaml-cpp makes of the escapes \N and \_ (U+0085, U+00A0) their last byte alone. In a text that
// was well-formed before, only they can leave a byte that belongs to no character.
std::string with_whole_escapes(const std::string& text) {
  std::string out;
  std::size_t following = 0;  // bytes that the character still has
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xC0 && following == 0) {
      out += '\xC2';
    } else if (byte >= 0xC0) {
      following = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
    } else {
      following -= following > 0 ? 1 : 0;
    }
    out += c;
  }
  return out;
}

struct Weighed {
  YamlRef value;
  std::size_t weight = 1;  // values in it, aliases expanded
};

// A list or map that is being read.
struct Open {
  struct Key {
    std::string text;
    bool is_merge = false;
    YamlPlace place;
  };
  struct Slot {
    std::size_t index;
    bool from_merge;  // a key of the map itself may still replace it, once
  };

  bool is_map = false;
  YAML::anchor_t anchor = 0;
  YamlList list;
  YamlMap map;
  std::optional<Key> key;                       // read, its value is still to come
  std::unordered_map<std::string, Slot> slots;  // of map, by key
  std::size_t weight = 1;
};

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::size_t layer) : layer_(layer) {}

  YamlRef root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_) {
      throw BadYaml(mark.line + 1, "a second document starts; one is allowed");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    pay(mark.line + 1, 1);
    add(mark, anchor, {.value = std::make_shared<YamlValue>()});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) {
      throw BadYaml(mark.line + 1, "an alias stands inside of what it names");
    }
    pay(mark.line + 1, found->second.weight);
    add(mark, 0, found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& read) override {
    const std::string text = with_whole_escapes(read);
    if (tag == "?" && text == "<<" && awaits_key()) {
      open_.back().key = {.text = text, .is_merge = true, .place = place(mark)};
      return;
    }
    pay(mark.line + 1, 1);
    add(mark, anchor, {.value = std::make_shared<YamlValue>(scalar(mark, tag, text))});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    start(mark, tag, "tag:yaml.org,2002:seq", anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    start(mark, tag, "tag:yaml.org,2002:map", anchor);
    open_.back().is_map = true;
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  YamlPlace place(const YAML::Mark& mark) const { return {.layer = layer_, .line = mark.line + 1}; }

  bool awaits_key() const { return !open_.empty() && open_.back().is_map && !open_.back().key; }

  static YamlValue scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
    if (tag == "?") {
      return plain_scalar(text);
    }
    if (tag.empty() || tag == "!" || tag == "tag:yaml.org,2002:str" ||
        tag == "tag:yaml.org,2002:timestamp" || tag == "tag:yaml.org,2002:binary") {
      return {.data = text};
    }
    if (tag == "tag:yaml.org,2002:null" && is_yaml_null(text)) {
      return {};
    }
    if (tag == "tag:yaml.org,2002:bool" && yaml_bool(text)) {
      return {.data = *yaml_bool(text)};
    }
    if (tag == "tag:yaml.org,2002:int" && yaml_int(text)) {
      return {.data = *yaml_int(text)};
    }
    if (tag == "tag:yaml.org,2002:float" && yaml_float(text)) {
      return {.data = *yaml_float(text)};
    }
    throw BadYaml(mark.line + 1, "an unknown tag, or one that does not fit its value");
  }

  void start(const YAML::Mark& mark, const std::string& tag, std::string_view own_tag,
             YAML::anchor_t anchor) {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != own_tag) {
      throw BadYaml(mark.line + 1, "an unknown tag, or one that does not fit its value");
    }
    if (awaits_key()) {
      throw BadYaml(mark.line + 1, "a list or a map as a key");
    }
    if (open_.size() == max_depth) {
      throw BadYaml(mark.line + 1, "nested more than " + std::to_string(max_depth) + " deep");
    }
    pay(mark.line + 1, 1);
    start_marks_.push_back(mark);
    open_.emplace_back();
    open_.back().anchor = anchor;
  }

  void end() {
    Open open = std::move(open_.back());
    open_.pop_back();
    const YAML::Mark mark = start_marks_.back();
    start_marks_.pop_back();
    auto value = std::make_shared<YamlValue>();
    if (open.is_map) {
      value->data = std::move(open.map);
    } else {
      value->data = std::move(open.list);
    }
    add(mark, open.anchor, {.value = std::move(value), .weight = open.weight});
  }

  // Work and size are paid for before they happen, so that no text can cost more than max_weight.
  void pay(int line, std::size_t weight) {
    spent_ += weight;
    if (spent_ > max_weight) {
      throw BadYaml(line, "more than " + std::to_string(max_weight) + " values");
    }
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Weighed node) {
    if (anchor != 0) {
      anchored_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node.value);
      return;
    }
    Open& open = open_.back();
    if (!open.is_map) {
      open.weight += node.weight;
      open.list.push_back(std::move(node.value));
    } else if (!open.key) {
      auto text = key_text(*node.value);
      if (!text) {
        throw BadYaml(mark.line + 1, "a list or a map as a key");
      }
      open.key = {.text = *std::move(text), .place = place(mark)};
    } else {
      const Open::Key key = *std::exchange(open.key, std::nullopt);
      open.weight += node.weight;
      if (key.is_merge) {
        merge(open, key.place, *node.value);
      } else {
        insert(open, key, std::move(node.value));
      }
    }
  }

  static void insert(Open& open, const Open::Key& key, YamlRef value) {
    const auto [slot, is_new] =
        open.slots.try_emplace(key.text, Open::Slot{.index = open.map.size(), .from_merge = false});
    if (is_new) {
      open.map.push_back({.key = key.text, .value = std::move(value), .place = key.place});
      return;
    }
    if (!slot->second.from_merge) {
      throw BadYaml(key.place.line, "the key '" + one_line(key.text) + "' is there twice");
    }
    slot->second.from_merge = false;
    YamlEntry& entry = open.map[slot->second.index];
    entry.value = std::move(value);
    entry.place = key.place;
  }

  void merge(Open& open, YamlPlace place, const YamlValue& source) {
    if (const auto* list = std::get_if<YamlList>(&source.data)) {
      for (const YamlRef& element : *list) {
        merge_map(open, place, *element);
      }
    } else {
      merge_map(open, place, source);
    }
  }

  // Adds the keys that are not there yet: the first to bring a key wins.
  void merge_map(Open& open, YamlPlace place, const YamlValue& source) {
    const YamlMap* map = source.map();
    if (map == nullptr) {
      throw BadYaml(place.line, "'<<' takes a map or a list of maps");
    }
    pay(place.line, map->size());
    for (const YamlEntry& entry : *map) {
      const auto [slot, is_new] = open.slots.try_emplace(
          entry.key, Open::Slot{.index = open.map.size(), .from_merge = true});
      if (is_new) {
        open.map.push_back(entry);
      }
    }
  }

  std::size_t layer_;
  std::size_t spent_ = 0;
  std::vector<Open> open_;
  std::vector<YAML::Mark> start_marks_;  // of open_
  std::unordered_map<YAML::anchor_t, Weighed> anchored_;
  YamlRef root_;
};

// What js-yaml refuses and yaml-cpp would read: 0x04 even ends the text for it.
Status check_characters(std::string_view text) {
  int line = 1;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\n') {
      ++line;
    } else if (byte == 0) {
      return fail(ErrorCode::invalid,
                  "line " + std::to_string(line) +
                      ": a zero byte; is this UTF-16 without its mark? save it as UTF-8");
    } else if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7F) {
      return fail(ErrorCode::invalid, "line " + std::to_string(line) + ": a control character");
    }
  }
  return {};
}

}  // namespace

Result<YamlRef> load_yaml(std::string_view bytes, std::size_t layer) {
  const std::string text = utf8_of_file(bytes);
  if (const auto status = check_characters(text); !status) {
    return std::unexpected(status.error());
  }
  Builder builder(layer);
  try {
    std::istringstream stream(well_formed_utf8(text));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& problem) {
    // It may end in half a character, or in a control character for the end: the parser goes byte
    // by byte.
    const std::string what = well_formed_utf8(problem.msg);
    return fail(ErrorCode::invalid, "line " + std::to_string(problem.mark.line + 1) + ": " +
                                        one_line(what, what.size()));
  } catch (const std::exception& problem) {
    return fail(ErrorCode::invalid, problem.what());
  }
  return builder.root() ? builder.root() : std::make_shared<YamlValue>();
}

}  // namespace reporterd
