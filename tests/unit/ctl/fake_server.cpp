#include "tests/unit/ctl/fake_server.h"

namespace reporterd::testing {

std::optional<std::string> FakeServer::answers_to(std::string_view bytes) {
  std::string answers;
  received_.append(bytes);
  for (std::size_t end = 0; (end = received_.find('\n')) != std::string::npos;) {
    lines_.push_back(received_.substr(0, end));
    received_.erase(0, end + 1);
    const std::string answer = script_(lines_.back());
    if (answer == hang_up) {
      received_.clear();
      return std::nullopt;
    }
    answers += answer;
  }
  return answers;
}

}  // namespace reporterd::testing
