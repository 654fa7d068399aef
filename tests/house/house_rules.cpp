#include "tests/house/house_rules.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "tests/house/doc_rules.h"
#include "tests/house/include_rules.h"
#include "tests/house/name_rules.h"

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

bool is_in_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_in_a_path(char c) {
  return is_in_a_word(c) || c == '.' || c == '-';
}

// Where `word` stands, from `from` on, with nothing of a word before and after it; npos: nowhere.
std::size_t find_word(std::string_view line, std::string_view word, std::size_t from = 0) {
  for (std::size_t at = line.find(word, from); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_in_a_word(line[at - 1])) &&
        (end == line.size() || !is_in_a_word(line[end]))) {
      return at;
    }
  }
  return std::string_view::npos;
}

bool has_word(std::string_view line, std::string_view word) {
  return find_word(line, word) != std::string_view::npos;
}

// The word with a parenthesis behind it.
bool calls(std::string_view code, std::string_view name) {
  for (std::size_t at = find_word(code, name); at != std::string_view::npos;
       at = find_word(code, name, at + 1)) {
    const std::size_t next = code.find_first_not_of(' ', at + name.size());
    if (next != std::string_view::npos && code[next] == '(') {
      return true;
    }
  }
  return false;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
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
  for_each_line(file, findings, [](std::string_view line) -> What {
    const std::string_view code = code_of(line);
    if (code.find("::now(") != std::string_view::npos || calls(code, "std::time") ||
        calls(code, "getenv") || has_word(code, "thread_local")) {
      return "core asks for the time, the environment or a thread";
    }
    return std::nullopt;
  });
}

// Benchmarks are no tests: they measure a length of time, so they let it pass.
void check_tests_do_not_sleep(const SourceFile& file, Findings& findings) {
  if (!is_code(file) || !is_test(file) || file.path.starts_with("tests/bench/")) {
    return;
  }
  for_each_line(file, findings, [](std::string_view line) -> What {
    for (const char* name :
         {"sleep_for", "sleep_until", "usleep", "nanosleep", "uv_sleep", "sleep"}) {
      if (calls(code_of(line), name)) {
        return "a test sleeps; wait for what it needs instead";
      }
    }
    return std::nullopt;
  });
}

// A guarantee (docs/guarantees.md): no child processes, no listening port.
void check_no_children(const SourceFile& file, Findings& findings) {
  if (!is_code(file) || !(file.path.starts_with("daemon/") || file.path.starts_with("store/"))) {
    return;
  }
  for_each_line(file, findings, [](std::string_view line) -> What {
    for (const char* call :
         {"fork", "vfork", "clone3", "execv", "execve", "execl", "execlp", "execvp", "posix_spawn",
          "posix_spawnp", "popen", "std::system", "uv_spawn", "uv_tcp_init", "uv_tcp_bind"}) {
      if (has_word(code_of(line), call)) {
        return std::string(call) + ": no child processes and no listening port here";
      }
    }
    return std::nullopt;
  });
}

void check_systems_are_told_apart_by_file(const SourceFile& file, Findings& findings) {
  if (!is_code(file) || is_of_one_system(file.path)) {
    return;
  }
  for_each_line(file, findings, [](std::string_view line) -> What {
    const std::size_t first = line.find_first_not_of(' ');
    if (first == std::string_view::npos || line[first] != '#') {
      return std::nullopt;
    }
    for (const char* macro : {"_WIN32", "__linux__", "__APPLE__", "__unix__"}) {
      if (has_word(line, macro)) {
        return "operating systems are told apart by file (_linux, _windows)";
      }
    }
    return std::nullopt;
  });
}

// The words are in pieces, here and below, so that this file passes its own rules.
constexpr std::string_view to_do =
    "TO"
    "DO";
constexpr std::string_view no_lint =
    "NO"
    "LINT";

// (#12) after a to-do
bool names_an_issue(std::string_view rest) {
  return rest.size() >= 4 && rest.starts_with("(#") && rest[2] >= '0' && rest[2] <= '9';
}

// (the-check): and why
bool names_check_and_reason(std::string_view rest) {
  for (const char* form : {"NEXTLINE", "BEGIN"}) {
    rest.remove_prefix(rest.starts_with(form) ? std::string_view(form).size() : 0);
  }
  const std::size_t end = rest.find("): ");
  return rest.starts_with("END") || (rest.starts_with('(') && end != std::string_view::npos &&
                                     end > 1 && end + 3 < rest.size());
}

void check_markers(const SourceFile& file, Findings& findings) {
  for_each_line(file, findings, [&file](std::string_view line) -> What {
    const std::size_t mark = find_word(line, to_do);
    if (mark != std::string_view::npos && !names_an_issue(line.substr(mark + to_do.size()))) {
      return std::string("a ") + std::string(to_do) + " without its issue, (#number)";
    }
    const std::size_t off = is_code(file) ? line.find(no_lint) : std::string_view::npos;
    if (off != std::string_view::npos &&
        !names_check_and_reason(line.substr(off + no_lint.size()))) {
      return "a check is switched off without (its name): and the reason";
    }
    return std::nullopt;
  });
}

// What belongs to the machine or the way the code was written, not to the project.
void check_traces(const SourceFile& file, Findings& findings) {
  for_each_line(file, findings, [](std::string_view line) -> What {
    for (const char* folder : {"/wo"
                               "rk/",
                               "/ho"
                               "me/",
                               "/ro"
                               "ot/"}) {
      const std::size_t at = line.find(folder);
      if (at != std::string_view::npos && (at == 0 || !is_in_a_path(line[at - 1]))) {
        return "a folder of one machine";
      }
    }
    const std::string lower = lower_case(line);
    for (const char* word : {"clau"
                             "de",
                             "anthro"
                             "pic",
                             "open"
                             "ai",
                             "chat"
                             "gpt",
                             "copi"
                             "lot",
                             "language mo"
                             "del"}) {
      if (has_word(lower, word)) {
        return "a word about the tools that the code was written with";
      }
    }
    return std::nullopt;
  });
}

bool is_text(const fs::path& path) {
  static const std::vector<std::string> endings = {
      ".cpp",  ".h",    ".md",      ".txt",    ".cmake", ".yaml", ".yml", ".json", ".sh",
      ".conf", ".html", ".service", ".socket", ".1",     ".5",    ".7",   ".8"};
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
  const std::vector<SourceFile> files = read_house(root);
  for (const SourceFile& file : files) {
    check_layout(file, findings);
    check_includes(file, findings);
    check_core_is_pure(file, findings);
    check_tests_do_not_sleep(file, findings);
    check_no_children(file, findings);
    check_systems_are_told_apart_by_file(file, findings);
    check_markers(file, findings);
    check_traces(file, findings);
    check_links(file, findings);
  }
  check_handles_stay(files, findings);
  check_types(files, findings);
  check_own_functions(files, findings);
  check_named_tests(files, findings);
  return findings;
}

}  // namespace reporterd
