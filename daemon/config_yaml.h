#pragma once
// YAML text -> a plain tree that knows its lines, without what a configuration file has no use for:
// anchors and aliases (the bombs), tags, several documents, repeated keys, deep nesting.

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace reporterd {

constexpr std::size_t max_config_bytes = 1U << 20;

struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string name;     // its key, for a child of a map
  int line = 1;         // of its key, else of its first character
  std::string text;     // of a scalar
  bool quoted = false;  // a scalar in quotes, or a block of text
  std::vector<YamlNode> children;
};

// A mistake in the file: `FILE:LINE: KEY: what; allowed: ALLOWED`. `key` is empty when the mistake
// is not at one key.
struct ConfigProblem {
  int line = 1;
  std::string key;
  std::string what;
  std::string allowed;
};

// Reads one YAML document out of a file's bytes (utf8_of_file); an empty one is a null node. Also
// refused: more than max_config_bytes, invalid UTF-8 or UTF-16, control characters.
std::expected<YamlNode, ConfigProblem> read_yaml(std::string_view bytes);

}  // namespace reporterd
