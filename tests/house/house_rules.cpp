#include "tests/house/house_rules.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <string_view>
#include <utility>

#include "tests/house/include_rules.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_lines = 400;
constexpr std::size_t max_columns = 100;

bool is_header(const SourceFile& file) {
  return file.path.ends_with(".h");
}
bool is_code(const SourceFile& file) {
  return is_header(file) || file.path.ends_with(".cpp");
}
bool is_test(const SourceFile& file) {
  return file.path.starts_with("tests/");
}

// Characters, not bytes.
std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(
      line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

// The line without its comment. `://` does not start one.
std::string_view code_of(std::string_view line) {
  for (std::size_t at = line.find("//"); at != std::string_view::npos;
       at = line.find("//", at + 2)) {
    if (at == 0 || line[at - 1] != ':') {
      return line.substr(0, at);
    }
  }
  return line;
}

using Findings = std::vector<Finding>;

template <class Rule>
void for_each_line(const SourceFile& file, Findings& findings, Rule rule) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (auto what = rule(std::string_view(file.lines[i]))) {
      findings.push_back({file.path, i + 1, std::move(*what)});
    }
  }
}

using What = std::optional<std::string>;

void check_layout(const SourceFile& file, Findings& findings) {
  if (!is_code(file)) {
    return;
  }
  if (file.lines.size() > max_lines) {
    findings.push_back({file.path, 0, "more than 400 lines"});
  }
  if (is_header(file) &&
      std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end()) {
    findings.push_back({file.path, 0, "a header without #pragma once"});
  }
  for_each_line(file, findings, [](std::string_view line) -> What {
    if (line.find('\t') != std::string_view::npos) {
      return "a tab";
    }
    if (columns(line) > max_columns) {
      return "more than 100 columns";
    }
    return std::nullopt;
  });
}

// The brain is told the time; it does not ask.
void check_core_is_pure(const SourceFile& file, Findings& findings) {
  if (!is_code(file) || !file.path.starts_with("daemon/core/")) {
    return;
  }
  static const std::regex impure(R"(::now\(|\bstd::time\(|\bgetenv\(|\bthread_local\b)");
  for_each_line(file, findings, [](std::string_view line) -> What {
    const std::string code(code_of(line));
    if (std::regex_search(code, impure)) {
      return "core asks for the time, the environment or a thread";
    }
    return std::nullopt;
  });
}

void check_tests_do_not_sleep(const SourceFile& file, Findings& findings) {
  if (!is_code(file) || !is_test(file)) {
    return;
  }
  static const std::regex sleeping(
      R"(\b(sleep_for|sleep_until|usleep|nanosleep|uv_sleep|sleep)\s*\()");
  for_each_line(file, findings, [](std::string_view line) -> What {
    const std::string code(code_of(line));
    if (std::regex_search(code, sleeping)) {
      return "a test sleeps; wait for what it needs instead";
    }
    return std::nullopt;
  });
}

void check_systems_are_told_apart_by_file(const SourceFile& file, Findings& findings) {
  if (!is_code(file) || is_of_one_system(file.path)) {
    return;
  }
  static const std::regex system_macro(R"(^\s*#.*\b(_WIN32|__linux__|__APPLE__|__unix__)\b)");
  for_each_line(file, findings, [](std::string_view line) -> What {
    if (std::regex_search(line.begin(), line.end(), system_macro)) {
      return "operating systems are told apart by file (_linux, _windows)";
    }
    return std::nullopt;
  });
}

void check_markers(const SourceFile& file, Findings& findings) {
  // In pieces, so that this file passes its own rules.
  static const std::regex to_do(
      "\\bTO"
      "DO\\b(?!\\(#[0-9]+\\))");
  static const std::regex no_lint(
      "NO"
      "LINT(?!END)(?!(NEXTLINE|BEGIN)?\\([^)]+\\):? +\\S)");
  for_each_line(file, findings, [&file](std::string_view line) -> What {
    if (std::regex_search(line.begin(), line.end(), to_do)) {
      return "a TO"
             "DO without its issue, (#number)";
    }
    if (is_code(file) && std::regex_search(line.begin(), line.end(), no_lint)) {
      return "a check is switched off without (its name): and the reason";
    }
    return std::nullopt;
  });
}

// What belongs to the machine or the way the code was written, not to the project.
void check_traces(const SourceFile& file, Findings& findings) {
  static const std::regex traces(
      "(^|[^A-Za-z0-9_.])/(wo"
      "rk|ho"
      "me|ro"
      "ot)/|\\b(clau"
      "de|anthro"
      "pic|open"
      "ai|"
      "chat"
      "gpt|copi"
      "lot|language mo"
      "del)\\b",
      std::regex::icase);
  for_each_line(file, findings, [](std::string_view line) -> What {
    if (std::regex_search(line.begin(), line.end(), traces)) {
      return "a trace of the machine or the tools that the code was written with";
    }
    return std::nullopt;
  });
}

void check_links(const SourceFile& file, Findings& findings) {
  if (!file.path.ends_with(".md")) {
    return;
  }
  static const std::regex link(R"(\]\(([^)\s]+)\))");
  const fs::path folder = (file.root / file.path).parent_path();
  for_each_line(file, findings, [&folder](std::string_view line) -> What {
    using Matches = std::regex_iterator<std::string_view::const_iterator>;
    for (Matches match(line.begin(), line.end(), link); match != Matches(); ++match) {
      const std::string target = (*match)[1].str();
      const std::string name = target.substr(0, target.find('#'));
      const bool elsewhere =
          target.find("://") != std::string::npos || target.starts_with("mailto:") || name.empty();
      if (!elsewhere && !fs::exists(folder / name)) {
        return "the link to " + name + " leads nowhere";
      }
    }
    return std::nullopt;
  });
}

bool is_text(const fs::path& path) {
  static const std::vector<std::string> endings = {
      ".cpp", ".h",    ".md",   ".txt",     ".cmake",  ".yaml", ".yml", ".json",
      ".sh",  ".conf", ".html", ".service", ".socket", ".1",    ".5",   ".8"};
  const std::string name = path.filename().string();
  return name == "dev" || name == "run" ||
         std::find(endings.begin(), endings.end(), path.extension()) != endings.end();
}

}  // namespace

std::vector<SourceFile> read_house(const fs::path& root) {
  std::vector<SourceFile> files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name == "build" || (name.starts_with('.') && name != ".ci"))) {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file() || !is_text(entry->path())) {
      continue;
    }
    SourceFile file{root, fs::relative(entry->path(), root).generic_string(), {}};
    std::ifstream stream(entry->path());
    for (std::string line; std::getline(stream, line);) {
      file.lines.push_back(std::move(line));
    }
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

std::vector<Finding> check_house(const fs::path& root) {
  Findings findings;
  for (const SourceFile& file : read_house(root)) {
    check_layout(file, findings);
    check_includes(file, findings);
    check_core_is_pure(file, findings);
    check_tests_do_not_sleep(file, findings);
    check_systems_are_told_apart_by_file(file, findings);
    check_markers(file, findings);
    check_traces(file, findings);
    check_links(file, findings);
  }
  return findings;
}

}  // namespace reporterd
