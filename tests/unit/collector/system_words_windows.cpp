#include <windows.h>

#include <system_error>

#include "tests/unit/collector/system_words.h"

namespace reporterd {

std::string missing_file() {
  return std::system_category().message(ERROR_FILE_NOT_FOUND);
}

}  // namespace reporterd
