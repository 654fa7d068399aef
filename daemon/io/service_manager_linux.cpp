// sd_notify(3) and sd_watchdog_enabled(3), spoken directly: a library for them would bring six
// more.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <string>

#include "daemon/io/service_manager.h"
#include "daemon/io/unique_fd_linux.h"

namespace reporterd {
namespace {

// What stands there, gone afterwards: children and libraries are not meant. Absent: "".
std::string take(const char* name) {
  // NOLINTBEGIN(concurrency-mt-unsafe): read at the start, before any other thread is
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  unsetenv(name);
  // NOLINTEND(concurrency-mt-unsafe)
  return text;
}

std::optional<std::int64_t> number_in(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

struct ServiceManager::State {
  UniqueFd fd;
  sockaddr_un address{};
  socklen_t length = 0;  // 0: there is no manager
  std::optional<Millis> patience;

  void tell(const std::string& note) const {
    if (length > 0) {
      // Lost when nobody listens: there is nothing that we would do then.
      sendto(fd.get(), note.data(), note.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), length);
    }
  }
};

ServiceManager::ServiceManager() : state_(std::make_unique<State>()) {
  const std::string name = take("NOTIFY_SOCKET");
  const auto patience = number_in(take("WATCHDOG_USEC"));
  const std::string watched = take("WATCHDOG_PID");
  sockaddr_un& address = state_->address;
  const bool usable = name.size() > 1 && name.size() < sizeof address.sun_path &&
                      (name.front() == '/' || name.front() == '@');
  if (!usable) {
    return;
  }
  state_->fd = UniqueFd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!state_->fd) {
    return;
  }
  // A manager that hangs must not make us hang.
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  setsockopt(state_->fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, name.size());
  if (name.front() == '@') {  // an abstract name
    address.sun_path[0] = '\0';
  }
  state_->length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (patience && (watched.empty() || number_in(watched) == getpid())) {
    state_->patience = std::chrono::ceil<Millis>(Micros(*patience));
  }
}

ServiceManager::~ServiceManager() = default;

void ServiceManager::needs(Millis more) const {
  state_->tell(fmt::format("EXTEND_TIMEOUT_USEC={}", Micros(more).count()));
}

void ServiceManager::ready() const {
  state_->tell("READY=1");
}

void ServiceManager::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto since = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  state_->tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                           std::chrono::duration_cast<Micros>(since).count()));
}

void ServiceManager::stopping() const {
  state_->tell("STOPPING=1");
}

void ServiceManager::status(std::string_view line) const {
  std::string text(line);
  for (char& c : text) {  // a line end would begin another note
    c = c == '\n' || c == '\r' ? ' ' : c;
  }
  state_->tell("STATUS=" + text);
}

void ServiceManager::alive() const {
  state_->tell("WATCHDOG=1");
}

std::optional<Millis> ServiceManager::patience() const {
  return state_->patience;
}

}  // namespace reporterd
