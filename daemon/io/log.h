#pragma once
// Where log lines go: stderr or a file with rotation.

#include <spdlog/logger.h>

#include <cstddef>
#include <memory>
#include <string>

#include "daemon/core/result.h"

namespace reporterd {

struct LogSettings {
  spdlog::level::level_enum level = spdlog::level::info;
  std::string file = {};  // "": stderr
  std::size_t max_bytes = 10U << 20;
  std::size_t files = 5;  // with the current one
};

// A logger that several threads may use; every line is flushed. On a terminal, and on Windows,
// stderr gets lines with the time of day; anywhere else, with a sd-daemon priority ("<6>") in front
// and no time, which the journal adds. Files get UTC times. A line that cannot be written is told
// to stderr and to the logger's further sinks, once in an hour. Error: ErrorCode::io, the file
// cannot be written.
Result<std::shared_ptr<spdlog::logger>> make_logger(const LogSettings& settings);

}  // namespace reporterd
