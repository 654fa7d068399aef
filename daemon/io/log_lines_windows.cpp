// Nobody there knows the priorities of a journal, or adds a time.

#include <spdlog/pattern_formatter.h>

#include "daemon/io/log_lines.h"

namespace reporterd {

std::unique_ptr<spdlog::formatter> lines_for_whoever_reads_stderr() {
  return std::make_unique<spdlog::pattern_formatter>(time_of_day);
}

}  // namespace reporterd
