#include "tests/bench/bare_receiver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>

#include "daemon/core/assert.h"
#include "tests/bench/sample_messages.h"

namespace reporterd {
namespace {

constexpr std::string_view acceptance =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
constexpr std::string_view refusal =
    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

bool send_all(int connection, std::string_view text) {
  return send(connection, text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

void watch(int poller, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ASSERT(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0);
}

// The value of Content-Length; nullopt: there is none.
std::optional<std::size_t> content_length(std::string_view head) {
  constexpr std::string_view name = "\r\ncontent-length:";
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 1)) {
    if (head.size() - at <= name.size()) {
      return std::nullopt;
    }
    bool same = true;
    for (std::size_t i = 0; i < name.size() && same; ++i) {
      same = std::tolower(static_cast<unsigned char>(head[at + i])) == name[i];
    }
    if (same) {
      std::string_view value = head.substr(at + name.size());
      value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
      std::size_t length = 0;
      std::from_chars(value.data(), value.data() + value.size(), length);
      return length;
    }
  }
  return std::nullopt;
}

}  // namespace

BareReceiver::BareReceiver(std::size_t messages, Trouble trouble)
    : trouble_(trouble), seen_(messages, false) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  poller_ = epoll_create1(EPOLL_CLOEXEC);
  stop_ = eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT(listener_ >= 0 &&
         bind(listener_, std::bit_cast<sockaddr*>(&address), sizeof address) == 0);
}

BareReceiver::~BareReceiver() {
  if (thread_.joinable()) {
    ASSERT(eventfd_write(stop_, 1) == 0);
    thread_.join();
  }
  for (const auto& [connection, state] : connections_) {
    close(connection);
  }
  close(stop_);
  close(poller_);
  close(listener_);
}

std::string BareReceiver::url() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT(getsockname(listener_, std::bit_cast<sockaddr*>(&address), &size) == 0);
  return fmt::format("http://127.0.0.1:{}/messages", ntohs(address.sin_port));
}

void BareReceiver::start() {
  ASSERT(listen(listener_, SOMAXCONN) == 0);
  watch(poller_, listener_);
  watch(poller_, stop_);
  started_ = SteadyClock::now();
  thread_ = std::thread([this] { serve(); });
}

bool BareReceiver::wait_for_all(std::chrono::milliseconds limit) const {
  const auto deadline = SteadyClock::now() + limit;
  while (distinct_ < seen_.size() && SteadyClock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return distinct_ == seen_.size();
}

void BareReceiver::serve() {
  std::array<epoll_event, 128> events{};
  for (;;) {
    const int count =
        epoll_wait(poller_, events.data(), static_cast<int>(events.size()), until_next_reply());
    send_late_replies();
    for (int i = 0; i < count; ++i) {
      const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
      if (fd == stop_) {
        return;
      }
      if (fd == listener_) {
        accept_all();
      } else if (!read_from(fd)) {
        connections_.erase(fd);
        close(fd);
      }
    }
  }
}

void BareReceiver::accept_all() {
  for (;;) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0) {
      return;
    }
    const int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_[connection].id = ++accepted_;
    watch(poller_, connection);
  }
}

// false: the connection is over.
bool BareReceiver::read_from(int connection) {
  std::array<char, 64UZ * 1024> buffer;  // not filled: that would cost more than the rest
  const ssize_t count = recv(connection, buffer.data(), buffer.size(), 0);
  if (count <= 0) {
    return count < 0 && (errno == EAGAIN || errno == EINTR);
  }
  Connection& state = connections_[connection];
  state.received.append(buffer.data(), static_cast<std::size_t>(count));
  return answer(connection, state);
}

// Answers every whole request of what was received and takes it out. false: give the connection up.
bool BareReceiver::answer(int connection, Connection& state) {
  std::string& received = state.received;
  for (;;) {
    const std::size_t head = received.find("\r\n\r\n");
    if (head == std::string::npos) {
      return true;
    }
    const auto length = content_length(std::string_view(received).substr(0, head));
    if (!length) {
      return false;
    }
    const std::size_t end = head + 4 + *length;
    if (received.size() < end) {
      return true;
    }
    if (!reply_to(connection, state, std::string_view(received).substr(head + 4, *length))) {
      return false;
    }
    received.erase(0, end);
  }
}

bool BareReceiver::reply_to(int connection, const Connection& state, std::string_view body) {
  ++requests_;
  const auto now = SteadyClock::now();
  if (now < started_ + trouble_.silent) {
    return true;
  }
  const bool fails = trouble_.failing > 0 && std::bernoulli_distribution(trouble_.failing)(dice_);
  if (!fails) {
    note(body);
  }
  const std::string_view reply = fails ? refusal : acceptance;
  if (trouble_.late.count() > 0) {
    late_.push_back({now + trouble_.late, connection, state.id, reply});
    return true;
  }
  return send_all(connection, reply);
}

// Milliseconds for epoll_wait.
int BareReceiver::until_next_reply() const {
  if (late_.empty()) {
    return -1;
  }
  const auto wait =
      std::chrono::ceil<std::chrono::milliseconds>(late_.front().due - SteadyClock::now());
  return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
}

void BareReceiver::send_late_replies() {
  for (; !late_.empty() && late_.front().due <= SteadyClock::now(); late_.pop_front()) {
    const LateReply& reply = late_.front();
    const auto found = connections_.find(reply.connection);
    if (found != connections_.end() && found->second.id == reply.id) {
      send_all(reply.connection, reply.text);
    }
  }
}

void BareReceiver::note(std::string_view body) {
  const auto now = SteadyClock::now();
  if (distinct_ == 0) {
    first_ = now;
  }
  if (distinct_ < seen_.size()) {  // whoever waits for all of them reads it then
    last_ = now;
  }
  for_each_number(body, [&](std::size_t number) {
    if (number < seen_.size() && !seen_[number]) {
      seen_[number] = true;
      ++distinct_;
    } else {
      ++repeated_;
    }
  });
}

}  // namespace reporterd
