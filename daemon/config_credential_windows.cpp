#include "daemon/config_credential.h"

namespace reporterd {

// The rights of a file do here what credentials do there.
Reading<std::string> credential_file(const std::string&) {
  return std::unexpected("is a credential of systemd's, which Windows has not; name the file");
}

}  // namespace reporterd
