#include "tests/unit/collector/system_words.h"

namespace reporterd {

std::string missing_file() {
  return "No such file or directory";
}

}  // namespace reporterd
