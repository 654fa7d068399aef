#pragma once
// The one table of configuration keys: name, place in Config, kind of value and range. Parsing,
// errors, `config show` and the test of the sample all walk it.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.h"
#include "daemon/config_values.h"

namespace reporterd {

// A key whose value lives in an `Owner`.
template <class Owner>
struct Key {
  std::string section;
  std::string name;
  std::string allowed;  // for people
  // Reads the value into its place; else what is wrong with it.
  std::function<std::optional<std::string>(const GivenValue&, Owner&)> read;
  // The value as YAML.
  std::function<std::string(const Owner&)> write;
};

// In the order in which they are written.
const std::vector<Key<Config>>& config_keys();
// Of one entry of the list `butlers`.
const std::vector<Key<ButlerConfig>>& butler_keys();

constexpr std::string_view butlers_section = "butlers";
constexpr std::size_t max_butlers = 64;

// A rule between keys; blamed on the first of `keys` that the file sets.
struct ConfigRule {
  std::vector<std::string> keys;  // "section.name"
  std::function<bool(const Config&)> broken;
  std::string what;
  std::string allowed;
};
const std::vector<ConfigRule>& config_rules();

}  // namespace reporterd
