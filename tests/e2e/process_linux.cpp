#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "daemon/core/assert.h"
#include "daemon/io/unique_fd_linux.h"
#include "tests/e2e/process.h"

namespace reporterd {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    list.push_back(text.data());
  }
  list.push_back(nullptr);
  return list;
}

}  // namespace

std::string built_program(const std::string& name) {
  return BINARY_DIR "/bin/" + name;
}

struct Process::State {
  pid_t pid = -1;
  UniqueFd output;
  bool silent = false;  // its output has ended
  std::optional<int> exit_code;
};

Process::Process(const Arguments& command, const Arguments& variables)
    : state_(std::make_unique<State>()) {
  std::array<int, 2> ends{};
  ASSERT(pipe2(ends.data(), O_CLOEXEC) == 0);
  state_->output = UniqueFd(ends[0]);
  const UniqueFd its_end(ends[1]);
  Arguments arguments = command;
  Arguments environment = variables;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, its_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, its_end.get(), STDERR_FILENO);
  const int error = posix_spawn(&state_->pid, arguments.front().c_str(), &actions, nullptr,
                                pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  ASSERT(error == 0);
}

Process::~Process() = default;

int Process::id() const {
  return state_->pid;
}

void Process::kill9() const {
  if (!state_->exit_code) {
    kill(state_->pid, SIGKILL);
  }
}

void Process::ask_to_stop() const {
  if (!state_->exit_code) {
    kill(state_->pid, SIGTERM);
  }
}

std::optional<int> Process::exit_code() {
  int state = 0;
  if (!state_->exit_code && waitpid(state_->pid, &state, WNOHANG) == state_->pid) {
    state_->exit_code = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
  }
  return state_->exit_code;
}

void Process::read(std::string& output, std::chrono::milliseconds wait) {
  auto wait_ms = static_cast<int>(wait.count());
  std::array<char, 16UZ * 1024> buffer{};
  pollfd said{state_->output.get(), POLLIN, 0};
  while (!state_->silent && poll(&said, 1, wait_ms) > 0) {
    const ssize_t count = ::read(state_->output.get(), buffer.data(), buffer.size());
    if (count > 0) {
      output.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      state_->silent = true;
    }
    wait_ms = 0;
  }
  if (state_->silent && wait_ms > 0) {
    poll(nullptr, 0, wait_ms);
  }
}

}  // namespace reporterd
