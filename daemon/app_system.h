#pragma once
// What App asks of the system itself. One .cpp per operating system.

#include <string>

#include "daemon/core/result.h"

namespace reporterd {

// Makes the folder if it is missing, for this user alone (and, on Windows, administrators). Its
// parent must be there already: a wrong name must not make folders anywhere.
Status make_state_folder(const std::string& folder);

}  // namespace reporterd
