#pragma once
// YAML text -> values as js-yaml 4 (Butler's reader) understands it: the YAML 1.2 core schema plus
// `<<` merges, repeated keys refused, numbers as JavaScript has them.
//
// Internal to collect. Such a tree holds Butler's secrets: it lives for one interpretation only.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/result.h"

namespace reporterd {

struct YamlValue;
// Shared, because an alias is the value it names, not a copy of it.
using YamlRef = std::shared_ptr<const YamlValue>;

// Where a key stands: the number of the layer (file) and the line in it, from 1.
struct YamlPlace {
  std::size_t layer = 0;
  int line = 0;
};

struct YamlEntry {
  std::string key;
  YamlRef value;
  YamlPlace place;
};

using YamlMap = std::vector<YamlEntry>;  // in file order, keys unique
using YamlList = std::vector<YamlRef>;

struct YamlValue {
  std::variant<std::monostate, bool, double, std::string, YamlList, YamlMap>
      data;  // monostate: null

  const YamlMap* map() const { return std::get_if<YamlMap>(&data); }
};

// Reads one YAML document (UTF-8, UTF-16 or UTF-32; ill-formed UTF-8 becomes U+FFFD, as in Node).
// An empty text is null. Error: invalid, "line N: what is wrong"; never with a value of the text.
// Bounded whatever the text: nesting of 64, 200,000 values counted with every alias expanded.
Result<YamlRef> load_yaml(std::string_view text, std::size_t layer);

// `over` laid on `base` as node-config does: maps merge key by key (a known key keeps its place in
// the order), anything else replaces.
YamlRef lay_over(const YamlRef& base, const YamlRef& over);

// The entry under a dotted path ("heartbeat.enable"), through maps only; nullptr if there is none.
const YamlEntry* find_entry(const YamlMap& map, std::string_view dotted_path);

}  // namespace reporterd
