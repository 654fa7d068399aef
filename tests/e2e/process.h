#pragma once
// A child process as its system knows it. Not for several threads at once.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reporterd {

using Arguments = std::vector<std::string>;

// A program of this build, from its name.
std::string built_program(const std::string& name);

class Process {
 public:
  // Starts command[0] with nothing to read, and these variables ("NAME=value") alone.
  Process(const Arguments& command, const Arguments& variables);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int id() const;
  // The process hears nothing of it.
  void kill9() const;
  // As an owner who presses Ctrl+C, or the service manager.
  void ask_to_stop() const;
  // Its exit code, or 128 and its signal; nullopt: it still runs.
  std::optional<int> exit_code();
  // Appends what it has said, both channels, and waits so long for more when there is nothing.
  void read(std::string& output, std::chrono::milliseconds wait);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
