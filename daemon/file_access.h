#pragma once
// Who may read and change a file that is not for all. One .cpp per operating system.

#include <optional>
#include <string>

#include "daemon/core/result.h"

namespace reporterd {

// Who may read a file besides its owner and the administrators. Nobody else may change it.
// The service's: on Linux the file's group; on Windows the accounts that it runs under.
enum class Readers { everyone, service, owner };

// What allows more than that: the command that takes it away, "" where nothing does, as with a file
// that is missing and a link. Nothing when it cannot be looked at.
std::optional<std::string> remedy_for_access(const std::string& file, Readers readers);

// Takes it away.
Status close_to_others(const std::string& file, Readers readers);

}  // namespace reporterd
