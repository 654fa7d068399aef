#include "tests/e2e/this_system.h"

#include <filesystem>

namespace reporterd {

const std::string warning_mark = "<4>";

bool is_log_line(std::string_view line) {
  return line.starts_with('<');
}

bool socket_exists(const std::string& name) {
  return std::filesystem::exists(name);
}

testing::AssertionResult nothing_is_wrong(const Ended& doctor) {
  return doctor.exit == 0 ? testing::AssertionSuccess()
                          : testing::AssertionFailure() << doctor.exit << "\n"
                                                        << doctor.output;
}

}  // namespace reporterd
