#include "daemon/io/libraries.h"

#include <curl/curl.h>
#include <uv.h>

namespace reporterd {

std::vector<std::string> io_libraries() {
  return {std::string("libuv ") + uv_version_string(), curl_version()};
}

}  // namespace reporterd
