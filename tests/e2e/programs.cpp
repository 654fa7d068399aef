#include "tests/e2e/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds look_again{10};  // for conditions that nothing tells

bool changes_behaviour(std::string_view variable) {
  constexpr std::array<std::string_view, 9> names = {
      "DO_NOT_TRACK=", "http_proxy=", "https_proxy=", "HTTP_PROXY=", "HTTPS_PROXY=",
      "all_proxy=",    "ALL_PROXY=",  "no_proxy=",    "NO_PROXY="};
  return std::ranges::any_of(names,
                             [&](std::string_view name) { return variable.starts_with(name); });
}

bool is_given(const Arguments& environment, std::string_view variable) {
  const std::string_view name = variable.substr(0, variable.find('=') + 1);
  return std::ranges::any_of(environment,
                             [&](const std::string& each) { return each.starts_with(name); });
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    list.push_back(text.data());
  }
  list.push_back(nullptr);
  return list;
}

int left_ms(SteadyClock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
  return static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
}

}  // namespace

Program::Program(const Arguments& command, const Arguments& environment) {
  std::array<int, 2> ends{};
  ASSERT(pipe2(ends.data(), O_CLOEXEC) == 0);
  pipe_ = ends[0];
  Arguments arguments = command;
  Arguments variables = environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!changes_behaviour(*variable) && !is_given(environment, *variable)) {
      variables.emplace_back(*variable);
    }
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  const int error = posix_spawn(&pid_, arguments.front().c_str(), &actions, nullptr,
                                pointers(arguments).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  ASSERT(error == 0);
}

Program::~Program() {
  if (!exit_) {
    signal(SIGKILL);
    wait();
  }
  close(pipe_);
}

void Program::signal(int number) const {
  if (!exit_) {
    kill(pid_, number);
  }
}

void Program::read_output(int wait_ms) {
  std::array<char, 16UZ * 1024> buffer{};
  pollfd said{pipe_, POLLIN, 0};
  while (!ended_ && poll(&said, 1, wait_ms) > 0) {
    const ssize_t count = read(pipe_, buffer.data(), buffer.size());
    if (count > 0) {
      output_.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      ended_ = true;
    }
    wait_ms = 0;
  }
  if (ended_ && wait_ms > 0) {
    poll(nullptr, 0, wait_ms);
  }
}

std::optional<int> Program::wait(milliseconds limit) {
  if (exit_) {
    return exit_;
  }
  const auto deadline = SteadyClock::now() + limit;
  int state = 0;
  while (waitpid(pid_, &state, WNOHANG) != pid_) {
    const int left = left_ms(deadline);
    if (left == 0) {
      return std::nullopt;
    }
    read_output(std::min(left, static_cast<int>(look_again.count())));
  }
  exit_ = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
  read_output(0);
  return exit_;
}

const std::string& Program::output() {
  read_output(0);
  return output_;
}

bool Program::wait_until(const std::function<bool()>& condition, milliseconds limit) {
  const auto deadline = SteadyClock::now() + limit;
  while (!condition()) {
    const int left = left_ms(deadline);
    if (left == 0) {
      return false;
    }
    read_output(std::min(left, static_cast<int>(look_again.count())));
  }
  return true;
}

int number_of(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): never set here
  return text == nullptr ? otherwise : std::atoi(text);
}

Ended run(const Arguments& command, const Arguments& environment) {
  Program program(command, environment);
  const auto exit = program.wait(std::chrono::minutes(2));
  return {exit.value_or(-1), program.output()};
}

LocalClient::LocalClient(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT(path.size() < sizeof address.sun_path);
  std::ranges::copy(path, address.sun_path);
  socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT(socket_ >= 0);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(std::exchange(socket_, -1));
  }
}

LocalClient::~LocalClient() {
  if (socket_ >= 0) {
    close(socket_);
  }
}

LocalClient::LocalClient(LocalClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}

bool LocalClient::send(std::string_view bytes, milliseconds limit) const {
  while (!bytes.empty()) {
    pollfd writable{socket_, POLLOUT, 0};
    if (poll(&writable, 1, static_cast<int>(limit.count())) <= 0) {
      return false;
    }
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return true;
}

void LocalClient::finish_sending() const {
  shutdown(socket_, SHUT_WR);
}

bool LocalClient::receive(milliseconds limit) {
  std::array<char, 64UZ * 1024> buffer{};
  pollfd readable{socket_, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(limit.count())) <= 0) {
    return false;
  }
  const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
  if (count <= 0) {
    close(std::exchange(socket_, -1));
    return false;
  }
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> LocalClient::line(milliseconds limit) {
  const auto deadline = SteadyClock::now() + limit;
  for (;;) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string found = received_.substr(0, end);
      received_.erase(0, end + 1);
      return found;
    }
    if (socket_ < 0 || !receive(milliseconds(left_ms(deadline)))) {
      return std::nullopt;
    }
  }
}

bool LocalClient::closed(milliseconds limit) {
  const auto deadline = SteadyClock::now() + limit;
  while (socket_ >= 0 && receive(milliseconds(left_ms(deadline)))) {
  }
  return socket_ < 0;
}

}  // namespace reporterd
