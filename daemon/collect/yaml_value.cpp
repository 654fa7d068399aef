#include "daemon/collect/yaml_value.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace reporterd {

YamlRef lay_over(const YamlRef& base, const YamlRef& over) {
  const YamlMap* below = base->map();
  const YamlMap* above = over->map();
  if (below == nullptr || above == nullptr) {
    return over;
  }
  YamlMap merged = *below;
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < below->size(); ++i) {
    known.emplace((*below)[i].key, i);
  }
  for (const YamlEntry& entry : *above) {
    if (const auto found = known.find(entry.key); found != known.end()) {
      YamlEntry& target = merged[found->second];
      target.value = lay_over(target.value, entry.value);
      target.place = entry.place;
    } else {
      merged.push_back(entry);
    }
  }
  auto value = std::make_shared<YamlValue>();
  value->data = std::move(merged);
  return value;
}

const YamlEntry* find_entry(const YamlMap& map, std::string_view dotted_path) {
  const auto dot = dotted_path.find('.');
  const auto name = dotted_path.substr(0, dot);
  const auto entry = std::ranges::find(map, name, &YamlEntry::key);
  if (entry == map.end()) {
    return nullptr;
  }
  if (dot == std::string_view::npos) {
    return &*entry;
  }
  const YamlMap* inner = entry->value->map();
  return inner == nullptr ? nullptr : find_entry(*inner, dotted_path.substr(dot + 1));
}

}  // namespace reporterd
