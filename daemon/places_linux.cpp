#include "daemon/places.h"

namespace reporterd {

std::string default_config_file() {
  return "/etc/reporterd/reporterd.yaml";
}

std::string default_state_dir() {
  return "/var/lib/reporterd";
}

std::string default_log_file() {
  return "";
}

std::string default_socket_dir() {
  return "/run/reporterd";
}

std::string submit_socket(const std::string& socket_dir) {
  return socket_dir + "/submit/socket";
}

std::string control_socket(const std::string& socket_dir) {
  return socket_dir + "/control/socket";
}

}  // namespace reporterd
