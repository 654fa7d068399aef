#pragma once
// credential:NAME in the configuration: a file that the service manager hands to the service alone.

#include <string>

#include "daemon/config_values.h"

namespace reporterd {

// The file's name, or why there is none.
Reading<std::string> credential_file(const std::string& name);

}  // namespace reporterd
