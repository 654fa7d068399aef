#include "tests/house/include_rules.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace reporterd {
namespace {

// A room is named by the start of its files' paths; `knows` are starts of what it may include.
struct Room {
  std::string_view start;
  std::vector<std::string_view> knows;
};

// The first room that fits counts. Not named here: main and app, which join everything, and tests.
const std::vector<Room>& rooms() {
  static const std::vector<Room> all = {
      {"daemon/core/", {"daemon/core/"}},
      {"daemon/config", {"daemon/core/", "daemon/config", "daemon/path.h"}},
      {"daemon/collect/",
       {"daemon/core/", "daemon/config.h", "daemon/path.h", "daemon/unique_handle_windows.h",
        "daemon/collect/"}},
      {"daemon/destination/", {"daemon/core/", "daemon/destination/"}},
      {"daemon/io/", {"daemon/core/", "daemon/path.h", "daemon/security_windows.h", "daemon/io/"}},
      {"daemon/control/", {"daemon/core/", "daemon/control/"}},
      {"store/", {"daemon/core/", "daemon/path.h", "daemon/security_windows.h", "store/"}},
      {"ctl/",
       {"daemon/core/", "daemon/control/", "daemon/arguments.h", "daemon/config.h",
        "daemon/config_files.h", "daemon/doctor.h", "daemon/path.h", "daemon/places.h",
        "daemon/preview.h", "daemon/security_windows.h", "daemon/unique_handle_windows.h",
        "store/kept_state.h", "ctl/"}},
      {"collector/", {"daemon/core/", "daemon/arguments.h", "daemon/path.h", "collector/"}},
      {"windows-service/",
       {"daemon/core/", "daemon/config.h", "daemon/io/service_control_windows.h",
        "daemon/notable.h", "daemon/path.h", "daemon/places.h", "daemon/program.h",
        "daemon/security_windows.h", "daemon/unique_handle_windows.h", "windows-service/"}},
  };
  return all;
}

// The rooms where a library may be seen.
struct Library {
  std::string_view header;
  std::vector<std::string_view> seen_in;
};

const std::vector<Library>& handle_libraries() {
  static const std::vector<Library> all = {
      {"sqlite3.h", {"store/", "collector/", "tests/"}},
      {"uv.h", {"daemon/io/", "tests/"}},
      {"curl/curl.h", {"daemon/io/", "tests/"}},
      {"windows.h", {}},  // only in files of that system
  };
  return all;
}

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [text](std::string_view start) { return text.starts_with(start); });
}

template <std::size_t n>
bool is_one_of(std::string_view text, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

constexpr std::array<std::string_view, 3> core_libraries = {"simdjson.h", "nlohmann/json.hpp",
                                                            "nlohmann/json_fwd.hpp"};
// Of the standard library: threads, files, the environment, randomness.
constexpr std::array<std::string_view, 16> not_for_core = {
    "thread",     "mutex",     "shared_mutex", "condition_variable",
    "future",     "semaphore", "latch",        "barrier",
    "stop_token", "atomic",    "random",       "fstream",
    "filesystem", "iostream",  "ctime",        "syncstream"};

constexpr std::array<std::string_view, 8> system_folders = {
    "sys/", "net/", "netinet/", "netpacket/", "arpa/", "linux/", "bits/", "asm/"};
constexpr std::array<std::string_view, 15> system_headers = {
    "unistd.h",  "fcntl.h", "poll.h",    "dirent.h",  "pwd.h",   "grp.h",  "signal.h", "netdb.h",
    "ifaddrs.h", "dlfcn.h", "termios.h", "pthread.h", "sched.h", "time.h", "windows.h"};

bool is_system_header(std::string_view header) {
  return is_one_of(header, system_headers) ||
         std::any_of(system_folders.begin(), system_folders.end(),
                     [header](std::string_view folder) { return header.starts_with(folder); });
}

bool may_see(const SourceFile& file, const Library& library) {
  return is_of_one_system(file.path) || starts_with_any(file.path, library.seen_in);
}

using What = std::optional<std::string>;

What project_include(const SourceFile& file, std::string_view header) {
  const auto room = std::find_if(rooms().begin(), rooms().end(), [&](const Room& candidate) {
    return file.path.starts_with(candidate.start);
  });
  if (room == rooms().end() || header == "version.h" || starts_with_any(header, room->knows)) {
    return std::nullopt;
  }
  return std::string(room->start) + " may not know " + std::string(header);
}

What library_include(const SourceFile& file, std::string_view header) {
  const bool in_core = file.path.starts_with("daemon/core/");
  const bool is_standard = header.find_first_of("./") == std::string_view::npos;
  if (in_core &&
      (is_standard ? is_one_of(header, not_for_core) : !is_one_of(header, core_libraries))) {
    return "core may not include <" + std::string(header) + ">";
  }
  for (const Library& library : handle_libraries()) {
    if (header == library.header && !may_see(file, library)) {
      return "this room may not see <" + std::string(header) + ">";
    }
  }
  if (is_system_header(header) && !is_of_one_system(file.path) &&
      !file.path.starts_with("tests/")) {
    return "<" + std::string(header) + "> belongs into a file of one system (_linux, _windows)";
  }
  return std::nullopt;
}

struct Include {
  bool angled = false;
  std::string_view header;
};

// What stands behind `token` at the start of the line, blanks apart.
std::optional<std::string_view> after(std::string_view line, std::string_view token) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.starts_with(token) ? std::optional(line.substr(token.size())) : std::nullopt;
}

std::optional<Include> parse_include(std::string_view line) {
  const auto directive = after(line, "#");
  const auto argument = directive ? after(*directive, "include") : std::nullopt;
  if (!argument) {
    return std::nullopt;
  }
  for (const bool angled : {true, false}) {
    const auto header = after(*argument, angled ? "<" : "\"");
    const std::size_t end = header ? header->find(angled ? '>' : '"') : std::string_view::npos;
    if (end != std::string_view::npos) {
      return Include{angled, header->substr(0, end)};
    }
  }
  return std::nullopt;
}

// Headers that include the library, themselves or by way of another.
std::set<std::string> headers_that_show(const Library& library,
                                        const std::vector<SourceFile>& files) {
  std::set<std::string> showing = {std::string(library.header)};
  for (std::size_t before = 0; before != showing.size();) {
    before = showing.size();
    for (const SourceFile& file : files) {
      const auto shows = [&showing](const std::string& line) {
        const auto include = parse_include(line);
        return include && showing.contains(std::string(include->header));
      };
      if (file.path.ends_with(".h") && std::ranges::any_of(file.lines, shows)) {
        showing.insert(file.path);
      }
    }
  }
  showing.erase(std::string(library.header));
  return showing;
}

}  // namespace

bool is_of_one_system(std::string_view path) {
  const std::string_view stem = path.substr(0, std::min(path.rfind("_test."), path.rfind('.')));
  return stem.ends_with("_linux") || stem.ends_with("_windows") ||
         path.starts_with("windows-service/") || path.starts_with("tests/unit/windows_service/");
}

void check_includes(const SourceFile& file, std::vector<Finding>& findings) {
  if (!file.path.ends_with(".h") && !file.path.ends_with(".cpp")) {
    return;
  }
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const auto include = parse_include(file.lines[i]);
    if (!include) {
      continue;
    }
    auto what = include->angled ? library_include(file, include->header)
                                : project_include(file, include->header);
    if (what) {
      findings.push_back({file.path, i + 1, *std::move(what)});
    }
  }
}

void check_handles_stay(const std::vector<SourceFile>& files, std::vector<Finding>& findings) {
  for (const Library& library : handle_libraries()) {
    const std::set<std::string> showing = headers_that_show(library, files);
    for (const SourceFile& file : files) {
      for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const auto include = parse_include(file.lines[i]);
        if (include && !may_see(file, library) && showing.contains(std::string(include->header))) {
          findings.push_back({file.path, i + 1,
                              std::string(include->header) + " shows <" +
                                  std::string(library.header) + "> to this room"});
        }
      }
    }
  }
}

}  // namespace reporterd
