#include "tests/e2e/this_system.h"

#include <windows.h>

#include <regex>
#include <sstream>

#include "daemon/path.h"

namespace reporterd {

const std::string warning_mark = " warning: ";

bool is_log_line(std::string_view line) {
  static const std::regex time("[0-9]{2}:[0-9]{2}:[0-9]{2} .*");
  return std::regex_match(line.begin(), line.end(), time);
}

bool socket_exists(const std::string& name) {
  return WaitNamedPipeW(path_of(name).c_str(), 1) != 0 || GetLastError() != ERROR_FILE_NOT_FOUND;
}

testing::AssertionResult nothing_is_wrong(const Ended& doctor) {
  std::istringstream lines(doctor.output);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("problem") && line.find(" permissions ") == std::string::npos) {
      return testing::AssertionFailure() << line << " in\n" << doctor.output;
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace reporterd
