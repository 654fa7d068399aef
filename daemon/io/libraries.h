#pragma once
// Which libraries do the work here, as they are loaded.

#include <string>
#include <vector>

namespace reporterd {

// "libuv 1.44.2", "libcurl/7.88.1 OpenSSL/3.0.17 ..."
std::vector<std::string> io_libraries();

}  // namespace reporterd
