#include <algorithm>
#include <filesystem>
#include <utility>

#include "daemon/collect/butler_config.h"
#include "daemon/collect/butler_version.h"
#include "daemon/collect/small_file.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

constexpr std::size_t max_file_bytes = 4U << 20;

void find_automatic_versions(ButlerReading& reading, const ButlerConfig& config) {
  if (config.version != "auto" && config.node_version != "auto") {
    return;
  }
  const ButlerVersions found = find_versions(config.config_file, reading.log_directory);
  if (config.version == "auto" && !found.butler.empty()) {
    reading.version = found.butler;
  }
  if (config.node_version == "auto" && !found.node.empty()) {
    reading.node_version = found.node;
  }
}

Result<std::vector<YamlLayer>> read_layers(const std::vector<std::string>& files,
                                           const std::string& config_file) {
  std::vector<YamlLayer> layers;
  for (const std::string& file : files) {
    auto text = read_small_file(file, max_file_bytes);
    if (text) {
      layers.push_back({.file = file, .text = *std::move(text)});
    } else if (text.error().code != ErrorCode::not_found || file == config_file) {
      return std::unexpected(text.error());
    }
  }
  return layers;
}

}  // namespace

std::vector<std::string> layer_files(const std::string& config_file) {
  const std::filesystem::path named = path_of(config_file);
  const std::string name = name_of(named.stem());
  const std::string extension = name_of(named.extension());
  std::vector<std::string> files;
  for (const std::string& layer :
       {std::string("default"), name, std::string("local"), "local-" + name}) {
    const auto file =
        layer == name ? config_file : name_of(named.parent_path() / path_of(layer + extension));
    if (std::ranges::find(files, file) == files.end()) {
      files.push_back(file);
    }
  }
  return files;
}

ButlerReading read_butler(const ButlerConfig& config) {
  const auto files = layer_files(config.config_file);
  ButlerReading reading;
  if (const auto layers = read_layers(files, config.config_file); layers) {
    reading = interpret(*layers, config);
    find_automatic_versions(reading, config);
  } else {
    reading.why = layers.error().what;
    reading.is_busy = layers.error().code == ErrorCode::unavailable;
  }
  reading.files = files;
  return reading;
}

}  // namespace reporterd
