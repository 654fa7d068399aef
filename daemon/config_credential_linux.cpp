#include <algorithm>
#include <cstdlib>

#include "daemon/config_credential.h"

namespace reporterd {

// systemd's LoadCredential=NAME:FILE
Reading<std::string> credential_file(const std::string& name) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (!plain || name.empty() || name.starts_with('.')) {
    return std::unexpected("names no credential; that takes letters, digits, ., _ and -");
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the daemon never changes this of its environment
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  // Outside the service, where its manager puts them, for whoever may look there.
  return std::string(folder == nullptr ? "/run/credentials/reporterd.service" : folder) + "/" +
         name;
}

}  // namespace reporterd
