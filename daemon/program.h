#pragma once
// The program reporterd, whoever starts it: its command line, a life of the service, exit codes.

#include <spdlog/common.h>

#include <functional>
#include <string>
#include <vector>

namespace reporterd {

// sysexits.h, as systemd knows them: a configuration error is not worth a restart.
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_config = 78;

// What depends on who started it.
struct Surroundings {
  // Told in one line why it ends with one of the codes above.
  std::function<void(const std::string& line, int exit_code)> complain;
  // Where log lines go while the configuration names no file. "": stderr.
  std::string log_file = {};
  // Get all log lines besides.
  std::vector<spdlog::sink_ptr> sinks = {};
  // For --help, of what else the program can do.
  std::string more_help = {};
};

// Does what the command line says, and returns the exit code. `words` is without the program's own
// name.
int run_program(std::vector<std::string> words, const Surroundings& surroundings);

}  // namespace reporterd
