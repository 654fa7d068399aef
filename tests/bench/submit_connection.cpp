#include "tests/bench/submit_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <string_view>

#include "daemon/core/assert.h"
#include "tests/bench/sample_messages.h"

namespace reporterd {

SubmitConnection::SubmitConnection(const std::filesystem::path& socket)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  const std::string& path = socket.native();
  ASSERT(socket_ >= 0 && path.size() < sizeof address.sun_path);
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, std::begin(address.sun_path));
  connected_ = connect(socket_, std::bit_cast<sockaddr*>(&address), sizeof address) == 0;
}

SubmitConnection::~SubmitConnection() {
  close(socket_);
}

void SubmitConnection::add(std::size_t number) {
  to_send_ +=
      fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"submit","params":{{"message":{}}}}})"
                  "\n",
                  number, sample_message(number));
  ++unanswered_;
}

bool SubmitConnection::send() {
  while (!all_sent()) {
    const ssize_t count = ::send(socket_, to_send_.data() + sent_, to_send_.size() - sent_,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    sent_ += static_cast<std::size_t>(count);
  }
  to_send_.clear();
  sent_ = 0;
  return true;
}

std::expected<std::size_t, std::string> SubmitConnection::receive() {
  std::array<char, 16UZ * 1024> buffer{};
  const ssize_t count = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count <= 0) {
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      return 0;
    }
    return std::unexpected("the connection is over");
  }
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  std::size_t answers = 0;
  std::size_t begin = 0;
  for (std::size_t end = received_.find('\n'); end != std::string::npos;
       end = received_.find('\n', begin)) {
    const std::string_view line = std::string_view(received_).substr(begin, end - begin);
    if (line.find(R"("state":"queued")") == std::string_view::npos) {
      return std::unexpected(std::string(line));
    }
    ++answers;
    begin = end + 1;
  }
  received_.erase(0, begin);
  unanswered_ -= answers;
  return answers;
}

}  // namespace reporterd
