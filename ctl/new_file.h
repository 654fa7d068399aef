#pragma once

#include <string>
#include <string_view>

#include "daemon/core/result.h"

namespace reporterd::ctl {

// Makes a file that only its owner may read (mode 0600). Never writes over one that is there:
// not_possible. io: it could not be written; what was made of it is gone again.
Status write_new_file(const std::string& path, std::string_view text);

}  // namespace reporterd::ctl
