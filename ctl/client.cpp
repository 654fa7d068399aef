#include "ctl/client.h"

#include <fmt/format.h>

#include "ctl/duration.h"

namespace reporterd::ctl {

Outcome<std::string> Client::next_line(Millis patience) {
  std::string line;
  while (!take_line(line)) {
    if (const auto moved = exchange(patience); !moved) {
      return std::unexpected(moved.error());
    }
  }
  return line;
}

bool Client::take_line(std::string& line) {
  const std::size_t end = received_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = received_.size();
    return false;
  }
  line = received_.substr(0, end);
  received_.erase(0, end + 1);
  searched_ = 0;
  return true;
}

Outcome<void> Client::take_received(std::string_view bytes) {
  received_.append(bytes);
  if (received_.size() > longest_answer) {
    return give_up(Exit::failure, "the service's answer is too long");
  }
  return {};
}

std::unexpected<Failure> Client::not_connected(Exit exit, const std::string& socket_file,
                                               const std::string& why) {
  if (exit == Exit::permission) {
    return give_up(exit, fmt::format("no permission to open {}", socket_file));
  }
  if (exit == Exit::not_running) {
    return give_up(exit, fmt::format("nobody listens at {} ({})", socket_file, why));
  }
  if (exit == Exit::try_later) {
    return give_up(exit,
                   fmt::format("the service is too busy to take a connection ({})", socket_file));
  }
  return give_up(exit, fmt::format("cannot connect to {}: {}", socket_file, why));
}

std::unexpected<Failure> Client::silent(Millis patience) {
  return give_up(Exit::try_later, "the service has been silent for " + spoken(patience));
}

std::unexpected<Failure> Client::closed() {
  return give_up(Exit::try_later, "the service closed the connection before it answered");
}

}  // namespace reporterd::ctl
