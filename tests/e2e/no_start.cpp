#include "tests/e2e/no_start.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "tests/e2e/this_system.h"

namespace reporterd {
namespace {

// The lines that are not log lines.
std::vector<std::string> complaints(const std::string& output) {
  std::vector<std::string> lines;
  std::istringstream text(output);
  for (std::string line; std::getline(text, line);) {
    if (line.find("reporterd: ") == 0) {
      lines.push_back(line);
    } else {
      EXPECT_TRUE(is_log_line(line)) << line;
    }
  }
  return lines;
}

}  // namespace

Ended expect_no_start(const Arguments& command, const std::string& place,
                      const std::string& words) {
  Ended ended = run(command);
  EXPECT_EQ(ended.exit, 1) << ended.output;
  const std::vector<std::string> lines = complaints(ended.output);
  EXPECT_EQ(lines.size(), 1U) << ended.output;
  for (const std::string& line : lines) {
    EXPECT_NE(line.find(place), std::string::npos) << line;
    EXPECT_NE(line.find(words), std::string::npos) << line;
  }
  return ended;
}

void expect_refused(const Site& site, const std::string& why) {
  const Ended ended = expect_no_start(site.command(), "outbox.db", why);
  EXPECT_EQ(std::ranges::count(ended.output, '\n'), 1) << ended.output;
}

}  // namespace reporterd
