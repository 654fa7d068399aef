#include <windows.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "ctl/client.h"
#include "ctl/pipe_windows.h"
#include "daemon/path.h"
#include "daemon/unique_handle_windows.h"

namespace reporterd::ctl {
namespace {

using SteadyClock = std::chrono::steady_clock;

// In one piece; what is longer is sent and received in several.
constexpr std::size_t most_at_once = 64UZ * 1024;

// To read, to write and to see whose it is, without the right to serve the pipe: that is in
// GENERIC_WRITE, and the service gives it to no client.
constexpr DWORD access_wanted =
    (FILE_GENERIC_READ | FILE_GENERIC_WRITE) & ~FILE_CREATE_PIPE_INSTANCE;

std::string describe(DWORD error) {
  return std::system_category().message(static_cast<int>(error));
}

// The other end is gone, or goes.
bool means_closed(DWORD error) {
  return error == ERROR_BROKEN_PIPE || error == ERROR_PIPE_NOT_CONNECTED || error == ERROR_NO_DATA;
}

DWORD in_ms(std::chrono::milliseconds time) {
  return static_cast<DWORD>(std::clamp<std::int64_t>(time.count(), 0, INFINITE - 1));
}

bool is_a_pipe_here(std::string_view name) {
  constexpr std::string_view beginning = R"(\\.\pipe\)";
  return name.size() > beginning.size() &&
         std::ranges::equal(name.substr(0, beginning.size()), beginning, [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
         });
}

// Whoever serves the pipe may learn who asks, and cannot act as them.
UniqueHandle open_pipe(const std::string& name) {
  return owned(CreateFileW(path_of(name).c_str(), access_wanted, 0, nullptr, OPEN_EXISTING,
                           FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                           nullptr));
}

// Bytes on their way in one direction. The system writes here until they are through, or given up.
struct Transfer {
  Transfer() { state.hEvent = done.get(); }

  // With what the call to begin it returned.
  void begin(BOOL through_at_once) {
    const DWORD error = through_at_once != 0 ? ERROR_SUCCESS : GetLastError();
    failed = error == ERROR_IO_PENDING ? ERROR_SUCCESS : error;
    if (failed != ERROR_SUCCESS) {
      SetEvent(done.get());
    }
    begun = true;
  }

  // ERROR_IO_INCOMPLETE while it goes on.
  DWORD end(HANDLE pipe) {
    DWORD error = failed;
    if (error == ERROR_SUCCESS && GetOverlappedResult(pipe, &state, &bytes, FALSE) == 0) {
      error = GetLastError();
    }
    begun = error == ERROR_IO_INCOMPLETE;
    return error;
  }

  void cancel(HANDLE pipe) {
    if (begun && failed == ERROR_SUCCESS) {
      CancelIoEx(pipe, &state);
      GetOverlappedResult(pipe, &state, &bytes, TRUE);
    }
  }

  UniqueHandle done = UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  OVERLAPPED state{};
  bool begun = false;
  DWORD failed = ERROR_SUCCESS;  // why it could not begin
  DWORD bytes = 0;               // that went through
};

}  // namespace

struct Client::Connection {
  explicit Connection(UniqueHandle opened) : pipe(std::move(opened)) {}
  ~Connection() {
    sending.cancel(pipe.get());
    receiving.cancel(pipe.get());
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  UniqueHandle pipe;
  Transfer sending;
  Transfer receiving;
  std::string sent;
  std::array<char, most_at_once> received{};
};

Outcome<Client> Client::connect(const std::string& socket_file, Millis patience) {
  if (!is_a_pipe_here(socket_file)) {
    return give_up(
        Exit::usage,
        fmt::format(R"(not the name of a pipe here, such as \\.\pipe\reporterd-control: {})",
                    socket_file));
  }
  const auto deadline = SteadyClock::now() + patience;
  UniqueHandle pipe = open_pipe(socket_file);
  while (!pipe) {
    const DWORD error = GetLastError();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (error != ERROR_PIPE_BUSY || left.count() <= 0) {
      return not_connected(exit_of_open(error), socket_file, describe(error));
    }
    WaitNamedPipeW(path_of(socket_file).c_str(), in_ms(left));
    pipe = open_pipe(socket_file);
  }
  if (const std::string owner = strange_owner_of(pipe.get()); !owner.empty()) {
    return give_up(Exit::failure,
                   fmt::format("{} was made by {}, who is not the service, an administrator or "
                               "you; nothing was sent; find that program and stop it",
                               socket_file, owner));
  }
  return Client(std::make_unique<Connection>(std::move(pipe)));
}

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

Outcome<void> Client::exchange(Millis patience) {
  auto& [pipe, sending, receiving, sent, received] = *connection_;
  if (!sending.begun && !unsent_.empty()) {
    sent = unsent_.substr(0, most_at_once);
    unsent_.erase(0, sent.size());
    sending.begin(WriteFile(pipe.get(), sent.data(), static_cast<DWORD>(sent.size()), nullptr,
                            &sending.state));
  }
  if (!receiving.begun) {
    receiving.begin(ReadFile(pipe.get(), received.data(), static_cast<DWORD>(received.size()),
                             nullptr, &receiving.state));
  }
  const std::array<HANDLE, 2> events = {receiving.done.get(), sending.done.get()};
  const DWORD count = sending.begun ? 2 : 1;
  const DWORD ready = WaitForMultipleObjects(count, events.data(), FALSE, in_ms(patience));
  if (ready == WAIT_TIMEOUT) {
    return silent(patience);
  }
  if (ready >= count) {
    return give_up(Exit::failure, fmt::format("cannot wait: {}", describe(GetLastError())));
  }
  if (auto done = send_some(); !done) {
    return done;
  }
  return receive_some();
}

Outcome<void> Client::send_some() {
  Transfer& sending = connection_->sending;
  const DWORD error = sending.begun ? sending.end(connection_->pipe.get()) : ERROR_SUCCESS;
  if (means_closed(error)) {
    unsent_.clear();  // answers to what was taken may still be there to read
  } else if (error != ERROR_SUCCESS && error != ERROR_IO_INCOMPLETE) {
    return give_up(Exit::failure, fmt::format("cannot send: {}", describe(error)));
  }
  return {};
}

Outcome<void> Client::receive_some() {
  Transfer& receiving = connection_->receiving;
  const DWORD error = receiving.end(connection_->pipe.get());
  if (error == ERROR_SUCCESS) {
    return take_received({connection_->received.data(), receiving.bytes});
  }
  if (means_closed(error)) {
    return closed();
  }
  if (error != ERROR_IO_INCOMPLETE) {
    return give_up(Exit::failure, fmt::format("cannot receive: {}", describe(error)));
  }
  return {};
}

}  // namespace reporterd::ctl
