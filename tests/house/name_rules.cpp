#include "tests/house/name_rules.h"

#include <map>
#include <regex>
#include <string>
#include <string_view>

namespace reporterd {
namespace {

// The files that REPORTERD_UNITY leaves alone.
bool stays_alone(std::string_view path) {
  return path.starts_with("tests/bench/") || path.starts_with("tests/fuzz/") ||
         path.starts_with("windows-service/") || path.starts_with("tests/unit/windows_service/") ||
         path.ends_with("_windows.cpp") || path.ends_with("_windows_test.cpp");
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
  std::map<std::string, std::string> homes;  // by folder and name
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".cpp") || stays_alone(file.path)) {
      continue;
    }
    const std::string folder = file.path.substr(0, file.path.rfind('/') + 1);
    bool own = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      own = file.lines[i] == "namespace {" || (own && file.lines[i] != "}  // namespace");
      std::smatch function;
      if (!own || !std::regex_search(file.lines[i], function, begins)) {
        continue;
      }
      const std::string& home = homes.emplace(folder + function.str(1), file.path).first->second;
      if (home != file.path) {
        findings.push_back(
            {file.path, i + 1, function.str(1) + " is a function of " + home + " too"});
      }
    }
  }
}

}  // namespace reporterd
