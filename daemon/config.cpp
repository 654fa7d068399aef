#include "daemon/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "daemon/config_files.h"
#include "daemon/config_keys.h"
#include "daemon/config_yaml.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

using Problem = std::optional<ConfigProblem>;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

// notice_period, noticeperiod and notice-period all mean noticePeriod.
std::string plain_letters(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != '_' && c != '-') {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 40;  // a longer one is no slip of the finger
  if (name.size() > longest) {
    return std::nullopt;
  }
  const std::string wanted = plain_letters(name);
  std::optional<std::string> best;
  std::size_t best_distance = 1 + std::max<std::size_t>(1, wanted.size() / 3);
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(wanted, plain_letters(candidate));
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

template <class Owner>
std::vector<std::string> names_in(const std::vector<Key<Owner>>& keys, std::string_view section) {
  std::vector<std::string> names;
  for (const auto& key : keys) {
    if (key.section == section) {
      names.push_back(key.name);
    }
  }
  return names;
}

// In the order of the table; `butlers` after `telemetry`.
std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const auto& key : config_keys()) {
    if (names.empty() || names.back() != key.section) {
      names.push_back(key.section);
    }
  }
  names.insert(names.begin() + 1, std::string(butlers_section));
  return names;
}

ConfigProblem unknown_key(const YamlNode& node, const std::string& path,
                          const std::vector<std::string>& known) {
  const auto guess = nearest(node.name, known);
  const std::string what =
      guess ? fmt::format("is not a known key; did you mean {}?", *guess) : "is not a known key";
  return {node.line, path, what, one_of(known)};
}

std::string_view kind_in_words(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null:
      return "has no value";
    case YamlNode::Kind::scalar:
      return "is a single value";
    case YamlNode::Kind::list:
      return "is a list";
    case YamlNode::Kind::map:
      return "is a map";
  }
  return "";
}

class Reader {
 public:
  explicit Reader(std::string folder) : folder_(std::move(folder)) {}

  std::expected<Config, ConfigProblem> read(const YamlNode& root) {
    if (root.kind != YamlNode::Kind::map && root.kind != YamlNode::Kind::null) {
      return std::unexpected(ConfigProblem{
          root.line, "", "the file " + std::string(kind_in_words(root.kind)) + ", not a map",
          "a map of sections: " + one_of(section_names())});
    }
    for (const YamlNode& section : root.children) {
      if (auto problem = read_section(section)) {
        return std::unexpected(*std::move(problem));
      }
    }
    if (auto problem = check_rules()) {
      return std::unexpected(*std::move(problem));
    }
    return std::move(config_);
  }

 private:
  Problem read_section(const YamlNode& node) {
    if (node.name == butlers_section) {
      return read_butlers(node);
    }
    const std::vector<std::string> sections = section_names();
    if (std::find(sections.begin(), sections.end(), node.name) == sections.end()) {
      return unknown_section(node, sections);
    }
    return read_map(node, node.name, node.name, config_keys(), config_);
  }

  // A key of a section that stands at the left margin is the likeliest slip.
  static ConfigProblem unknown_section(const YamlNode& node,
                                       const std::vector<std::string>& sections) {
    const auto& keys = config_keys();
    const auto same = [&node](const auto& key) { return key.name == node.name; };
    const auto key = std::find_if(keys.begin(), keys.end(), same);
    if (key != keys.end()) {
      return {node.line, node.name,
              fmt::format("is not a section; did you mean {}.{}?", key->section, key->name),
              one_of(sections)};
    }
    return unknown_key(node, node.name, sections);
  }

  Problem read_butlers(const YamlNode& list) {
    constexpr const char* allowed = "a list with one map for each Butler on this machine";
    if (list.kind == YamlNode::Kind::null) {
      return std::nullopt;
    }
    if (list.kind != YamlNode::Kind::list) {
      return ConfigProblem{list.line, list.name, std::string(kind_in_words(list.kind)), allowed};
    }
    if (list.children.size() > max_butlers) {
      return ConfigProblem{list.line, list.name,
                           fmt::format("has {} entries", list.children.size()),
                           fmt::format("at most {}", max_butlers)};
    }
    for (const YamlNode& entry : list.children) {
      const std::string path = fmt::format("butlers[{}]", config_.butlers.size());
      ButlerConfig butler;
      if (auto problem =
              read_map(entry, std::string(butlers_section), path, butler_keys(), butler)) {
        return problem;
      }
      if (auto problem = check_butler(entry, path, butler)) {
        return problem;
      }
      config_.butlers.push_back(std::move(butler));
    }
    return std::nullopt;
  }

  Problem check_butler(const YamlNode& entry, const std::string& path,
                       const ButlerConfig& butler) const {
    if (butler.config_file.empty()) {
      return ConfigProblem{entry.line, path + ".configFile", "is missing",
                           butler_keys().front().allowed};
    }
    for (const ButlerConfig& other : config_.butlers) {
      if (other.config_file == butler.config_file) {
        return ConfigProblem{line_of(path + ".configFile"), path + ".configFile",
                             "is the file of another entry", "each Butler once"};
      }
    }
    return std::nullopt;
  }

  template <class Owner>
  Problem read_map(const YamlNode& map, const std::string& section, const std::string& path,
                   const std::vector<Key<Owner>>& keys, Owner& owner) {
    const std::vector<std::string> names = names_in(keys, section);
    // `section:` with every key below it commented out is a null.
    if (map.kind != YamlNode::Kind::map && map.kind != YamlNode::Kind::null) {
      return ConfigProblem{map.line, path,
                           std::string(kind_in_words(map.kind)) + ", not a map of keys",
                           one_of(names)};
    }
    for (const YamlNode& node : map.children) {
      const std::string key_path = path + "." + node.name;
      const auto matches = [&](const Key<Owner>& key) {
        return key.section == section && key.name == node.name;
      };
      const auto key = std::find_if(keys.begin(), keys.end(), matches);
      if (key == keys.end()) {
        return unknown_key(node, key_path, names);
      }
      if (auto problem = read_value(node, key_path, *key, owner)) {
        return problem;
      }
    }
    return std::nullopt;
  }

  template <class Owner>
  Problem read_value(const YamlNode& node, const std::string& path, const Key<Owner>& key,
                     Owner& owner) {
    lines_[path] = node.line;
    if (node.kind != YamlNode::Kind::scalar) {
      return ConfigProblem{node.line, path, std::string(kind_in_words(node.kind)), key.allowed};
    }
    if (auto wrong = key.read({node.text, node.quoted, folder_}, owner)) {
      return ConfigProblem{node.line, path, *std::move(wrong), key.allowed};
    }
    return std::nullopt;
  }

  Problem check_rules() const {
    for (const ConfigRule& rule : config_rules()) {
      if (!rule.broken(config_)) {
        continue;
      }
      const auto is_set = [this](const std::string& key) { return lines_.contains(key); };
      const auto blamed = std::find_if(rule.keys.begin(), rule.keys.end(), is_set);
      const std::string& key = blamed == rule.keys.end() ? rule.keys.front() : *blamed;
      return ConfigProblem{line_of(key), key, rule.what, rule.allowed};
    }
    return std::nullopt;
  }

  int line_of(const std::string& path) const {
    const auto found = lines_.find(path);
    return found == lines_.end() ? 1 : found->second;
  }

  std::string folder_;
  Config config_;
  std::map<std::string, int> lines_;  // of the keys that the file sets
};

// One line, whatever stood in the file.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      c = '?';
    }
  }
  return text;
}

std::unexpected<Error> config_error(const std::string& file, const ConfigProblem& problem) {
  constexpr std::size_t longest_key = 80;
  const std::string key =
      problem.key.empty() ? "" : std::string(beginning(problem.key, longest_key)) + ": ";
  return fail(ErrorCode::config,
              on_one_line(fmt::format("{}:{}: {}{}; allowed: {}", file, problem.line, key,
                                      problem.what, problem.allowed)));
}

std::unexpected<Error> file_error(const std::string& file, std::string_view why) {
  return fail(ErrorCode::config,
              on_one_line(fmt::format("{}: cannot be read: {}; allowed: a readable file of at "
                                      "most 1MiB",
                                      file, why)));
}

}  // namespace

Result<Config> parse_config(std::string_view yaml, const std::string& file) {
  std::error_code error;
  const std::filesystem::path absolute = absolute_path_of(file, error);
  if (error) {
    return file_error(file, error.message());
  }
  const auto root = read_yaml(yaml);
  if (!root) {
    return config_error(file, root.error());
  }
  auto config = Reader(name_of(absolute.parent_path())).read(*root);
  if (!config) {
    return config_error(file, config.error());
  }
  return *std::move(config);
}

Result<Config> load_config(const std::string& file) {
  std::error_code error;
  const auto status = std::filesystem::status(path_of(file), error);
  if (!error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return file_error(file, "not a regular file");  // opening a pipe would wait for its writer
  }
  std::ifstream stream(path_of(file), std::ios::binary);
  if (!stream) {
    return file_error(file, std::generic_category().message(errno));
  }
  std::string text(max_config_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) {
    return file_error(file, "reading failed");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return parse_config(text, file);
}

std::string to_yaml(const Config& config) {
  std::string out;
  std::string section;
  for (const auto& key : config_keys()) {
    if (key.section != section) {
      section = key.section;
      out += section + ":\n";
    }
    out += fmt::format("  {}: {}\n", key.name, key.write(config));
  }
  if (config.butlers.empty()) {
    return out + "butlers: []\n";
  }
  out += "butlers:\n";
  for (const ButlerConfig& butler : config.butlers) {
    const char* lead = "  - ";
    for (const auto& key : butler_keys()) {
      out += fmt::format("{}{}: {}\n", lead, key.name, key.write(butler));
      lead = "    ";
    }
  }
  return out;
}

std::string yaml_without_secrets(Config config) {
  std::string& url = config.destination.url;
  if (const std::size_t query = url.find('?'); query != std::string::npos) {
    url.replace(query, std::string::npos, "?...");
  }
  for (std::string* file :
       {&config.destination.function_key_file, &config.destination.proxy_credentials_file}) {
    if (names_no_file(*file)) {
      *file = "...";
    }
  }
  return to_yaml(config);
}

}  // namespace reporterd
