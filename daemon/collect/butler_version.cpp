#include "daemon/collect/butler_version.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/collect/small_file.h"
#include "daemon/core/letters.h"
#include "daemon/core/message_rules.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t package_bytes = 1U << 20;
constexpr std::size_t log_part_bytes = 512U << 10;
constexpr std::size_t log_files = 31;  // Butler keeps 30 days

// The value of "<time> info: LABEL   : VALUE"; "" for any other line.
std::string_view banner_value(std::string_view line, std::string_view label) {
  constexpr std::string_view level = " info: ";
  const auto start = line.find(level);
  if (start == std::string_view::npos) {
    return {};
  }
  line.remove_prefix(start + level.size());
  if (!line.starts_with(label)) {
    return {};
  }
  line = trimmed(line.substr(label.size()));
  return line.starts_with(':') ? trimmed(line.substr(1)) : std::string_view();
}

bool is_log_name(const fs::path& file) {
  constexpr std::string_view pattern = "butler.dddd-dd-dd.log";
  return std::ranges::equal(file.native(), pattern, [](auto actual, char expected) {
    return expected == 'd' ? actual >= '0' && actual <= '9' : actual == expected;
  });
}

// Newest first: the date is in the name.
std::vector<fs::path> newest_logs(const fs::path& folder) {
  std::vector<fs::path> logs;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (is_log_name(it->path().filename())) {
      logs.push_back(it->path());
    }
  }
  std::ranges::sort(logs, std::greater<>());
  logs.resize(std::min(logs.size(), log_files));
  return logs;
}

void fill_missing(ButlerVersions& versions, const ButlerVersions& older) {
  if (versions.butler.empty()) {
    versions.butler = older.butler;
  }
  if (versions.node.empty()) {
    versions.node = older.node;
  }
}

ButlerVersions log_versions(const fs::path& folder) {
  ButlerVersions versions;
  for (const fs::path& log : newest_logs(folder)) {
    if (const auto ends = read_file_ends(name_of(log), log_part_bytes)) {
      fill_missing(versions, banner_versions(ends->tail));
      fill_missing(versions, banner_versions(ends->head));
    }
    if (!versions.butler.empty() && !versions.node.empty()) {
      break;
    }
  }
  return versions;
}

}  // namespace

std::string package_version(std::string_view package_json) {
  const auto package = nlohmann::json::parse(package_json, nullptr, /*allow_exceptions=*/false);
  if (!package.is_object()) {
    return "";
  }
  const auto version = package.find("version");
  if (version == package.end() || !version->is_string()) {
    return "";
  }
  auto text = version->get<std::string>();
  return is_version(text) ? text : "";
}

ButlerVersions banner_versions(std::string_view log) {
  ButlerVersions versions;
  while (!log.empty()) {
    const auto end = std::min(log.find('\n'), log.size());
    const auto line = log.substr(0, end);
    if (const auto value = banner_value(line, "App version"); is_version(value)) {
      versions.butler = value;
    }
    if (const auto value = banner_value(line, "Node version"); is_version(value)) {
      versions.node = value;
    }
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  return versions;
}

ButlerVersions find_versions(const std::string& config_file, const std::string& log_directory) {
  std::error_code error;
  const fs::path file = absolute_path_of(config_file, error);
  const fs::path folder =
      (is_on_server(config_file) ? file : file.lexically_normal()).parent_path();
  ButlerVersions versions;
  for (const fs::path& place : {folder, folder.parent_path()}) {
    if (const auto text = read_small_file(name_of(place / "package.json"), package_bytes);
        text && versions.butler.empty()) {
      versions.butler = package_version(*text);
    }
  }
  fill_missing(versions, log_versions(path_in(folder.parent_path(), log_directory)));
  return versions;
}

}  // namespace reporterd
