#pragma once
// Where the service finds its configuration, keeps its state and listens, unless it is told
// otherwise. All names are UTF-8.

#include <string>

namespace reporterd {

std::string default_config_file();
std::string default_state_dir();
// Where log lines of the service go; "": its system takes what it writes to stderr.
std::string default_log_file();
// The `--socket-dir` of both programs: a folder; on Windows the beginning of the pipes' names.
std::string default_socket_dir();

// The two sockets, or pipes, there.
std::string submit_socket(const std::string& socket_dir);
std::string control_socket(const std::string& socket_dir);

}  // namespace reporterd
