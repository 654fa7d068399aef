#include "tests/house/doc_rules.h"

#include <regex>
#include <set>
#include <string>

namespace reporterd {
namespace {

namespace fs = std::filesystem;

bool leads_somewhere(const std::string& target, const fs::path& folder) {
  const std::string name = target.substr(0, target.find('#'));
  const bool elsewhere =
      target.find("://") != std::string::npos || target.starts_with("mailto:") || name.empty();
  return elsewhere || fs::exists(folder / name);
}

// Calls `one` with each thing that `pattern` finds, and its line.
template <class One>
void for_each_match(const SourceFile& file, const std::regex& pattern, const One& one) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    for (std::sregex_iterator at(line.begin(), line.end(), pattern); at != std::sregex_iterator();
         ++at) {
      one(*at, i + 1);
    }
  }
}

// "Suite.Name", with macros that stand on a line of their own.
std::set<std::string> tests_in(const std::vector<SourceFile>& files) {
  static const std::regex test(R"(^TEST(?:_F|_P)?\((\w+), (\w+)\))");
  static const std::regex begin(R"(^TEST(?:_F|_P)?\((\w+),$)");
  static const std::regex end(R"(^ +(\w+)\) \{$)");
  std::set<std::string> tests;
  for (const SourceFile& file : files) {
    std::string suite;
    for (const std::string& line : file.lines) {
      if (suite.empty() && !line.starts_with("TEST")) {
        continue;
      }
      std::smatch found;
      if (std::regex_search(line, found, test)) {
        tests.insert(found.str(1) + "." + found.str(2));
      } else if (!suite.empty() && std::regex_search(line, found, end)) {
        tests.insert(suite + "." + found.str(1));
      }
      suite = std::regex_search(line, found, begin) ? found.str(1) : "";
    }
  }
  return tests;
}

}  // namespace

void check_links(const SourceFile& file, std::vector<Finding>& findings) {
  static const std::regex link(R"(\]\(([^) ]+)\))");
  if (!file.path.ends_with(".md")) {
    return;
  }
  const fs::path folder = (file.root / file.path).parent_path();
  for_each_match(file, link, [&](const std::smatch& found, std::size_t line) {
    const std::string target = found.str(1);
    if (!leads_somewhere(target, folder)) {
      findings.push_back({file.path, line,
                          "the link to " + target.substr(0, target.find('#')) + " leads nowhere"});
    }
  });
}

void check_named_tests(const std::vector<SourceFile>& files, std::vector<Finding>& findings) {
  static const std::regex name(R"(`([A-Z]\w+\.[A-Z]\w+)`)");
  const std::set<std::string> tests = tests_in(files);
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".md")) {
      continue;
    }
    for_each_match(file, name, [&](const std::smatch& found, std::size_t line) {
      if (!tests.contains(found.str(1))) {
        findings.push_back({file.path, line, "there is no test " + found.str(1)});
      }
    });
  }
}

}  // namespace reporterd
