#pragma once
// Reads one Butler's configuration: may we report about it, and what is switched on in it.
//
// Only what is listed here leaves this file: Butler's configuration is full of passwords and
// addresses, and no value of it ends up in a message, a warning or a log unless it is a flag.

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.h"

namespace reporterd {

struct ButlerReading {
  // Butler's own switch, anonTelemetry: on when it is absent or YAML true, off when it is anything
  // else. unknown: the configuration cannot be read or understood; what waits is held, not sent.
  enum class State { on, off, unknown };

  State state = State::unknown;
  bool is_busy =
      false;        // unknown for the moment only: somebody else has a file; read it again soon
  std::string why;  // off, unknown: the key or file that decided, one line
  std::string qrs_host;  // Butler.configQRS.host; goes into the instance id and nowhere else
  std::string log_directory = "log";        // Butler.logDirectory; only to look for versions
  nlohmann::ordered_json enabled_features;  // {"api":{...},"feature":{...}}; also read when off
  std::string version = "unknown";          // [A-Za-z0-9._+-]{1,64}
  std::string node_version = "unknown";     // likewise
  std::vector<std::string> withheld;        // dotted paths of keys whose value does not leave
  std::vector<std::string> files;     // each can change the state: to be watched, even when missing
  std::vector<std::string> warnings;  // one line each: "FILE:LINE: KEY: ...", never a value
};

// One file of the configuration, as node-config lays them over each other: later ones win.
struct YamlLayer {
  std::string file;
  std::string text;
};

// The files that make up the configuration of `config_file` (DIR/NAME.yaml), lowest first:
// default.yaml, NAME.yaml, local.yaml, local-NAME.yaml, all in DIR. Only NAME.yaml must exist.
std::vector<std::string> layer_files(const std::string& config_file);

// Pure: everything of a reading but `files` and the automatic versions. The layer named
// config.config_file must be among `layers`, with a `Butler` map after merging.
ButlerReading interpret(std::span<const YamlLayer> layers, const ButlerConfig& config);

// Reads the files (at most 4 MiB each) and interprets them; looks for the versions that are `auto`
// in package.json and in Butler's log. Blocks on disk only. An interrupted write can look like a
// shorter file: after a change, wait until the files have been quiet for a moment before reading.
ButlerReading read_butler(const ButlerConfig& config);

std::string_view name_of(ButlerReading::State state);  // "on", "off", "unknown"

}  // namespace reporterd
