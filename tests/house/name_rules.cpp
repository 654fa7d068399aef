#include "tests/house/name_rules.h"

#include <map>
#include <regex>
#include <string>
#include <string_view>

namespace reporterd {
namespace {

// The folders whose files REPORTERD_UNITY leaves alone.
bool stays_alone(std::string_view path) {
  return path.starts_with("tests/bench/") || path.starts_with("tests/fuzz/");
}

// What is compiled with this file as one: its folder's files, Windows' own by themselves.
std::string neighbours(const std::string& path) {
  const bool is_windows = path.find("_windows", path.rfind('/')) != std::string::npos;
  return path.substr(0, path.rfind('/') + 1) + (is_windows ? "_windows " : " ");
}

}  // namespace

void check_types(const std::vector<SourceFile>& files, std::vector<Finding>& findings) {
  const std::regex defines(R"(^(?:struct|class|enum class) (\w+)\b(?!::).*\{)");
  std::map<std::string, std::string> homes;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".h") || file.path.starts_with("tests/")) {
      continue;
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::smatch type;
      if (!std::regex_search(file.lines[i], type, defines)) {
        continue;
      }
      const auto [home, is_new] = homes.emplace(type[1], file.path);
      if (!is_new) {
        findings.push_back(
            {file.path, i + 1, home->first + " is defined in " + home->second + " too"});
      }
    }
  }
}

void check_own_functions(const std::vector<SourceFile>& files, std::vector<Finding>& findings) {
  const std::regex begins(R"(^\w[^=(]*[ &*](\w+)\()");
  std::map<std::string, std::string> homes;  // by neighbours and name
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".cpp") || stays_alone(file.path)) {
      continue;
    }
    const std::string who = neighbours(file.path);
    bool own = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      own = file.lines[i] == "namespace {" || (own && file.lines[i] != "}  // namespace");
      std::smatch function;
      if (!own || !std::regex_search(file.lines[i], function, begins)) {
        continue;
      }
      const std::string& home = homes.emplace(who + function.str(1), file.path).first->second;
      if (home != file.path) {
        findings.push_back(
            {file.path, i + 1, function.str(1) + " is a function of " + home + " too"});
      }
    }
  }
}

}  // namespace reporterd
