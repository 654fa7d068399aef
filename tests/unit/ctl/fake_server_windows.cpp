#include <windows.h>

#include <array>
#include <filesystem>
#include <utility>

#include "daemon/core/assert.h"
#include "tests/support/make_pipe_windows.h"
#include "tests/unit/ctl/fake_server.h"

namespace reporterd::testing {
namespace {

UniqueHandle make_event() {
  return UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
}

}  // namespace

struct FakeServer::Socket {
  // Bytes that went through; nullopt: the other end is gone, or the server stops. `begun` is what
  // the call returned that began it.
  std::optional<DWORD> finish(BOOL begun) {
    if (begun == 0 && GetLastError() != ERROR_IO_PENDING) {
      return GetLastError() == ERROR_PIPE_CONNECTED ? std::optional<DWORD>(0) : std::nullopt;
    }
    const std::array<HANDLE, 2> events = {stop.get(), done.get()};
    if (WaitForMultipleObjects(events.size(), events.data(), FALSE, INFINITE) == WAIT_OBJECT_0) {
      CancelIoEx(pipe.get(), &state);
    }
    DWORD bytes = 0;
    const BOOL well = GetOverlappedResult(pipe.get(), &state, &bytes, TRUE);
    return well != 0 ? std::optional(bytes) : std::nullopt;
  }
  OVERLAPPED* anew() {
    state = {};
    state.hEvent = done.get();
    return &state;
  }

  UniqueHandle pipe;
  UniqueHandle stop = make_event();
  UniqueHandle done = make_event();
  OVERLAPPED state{};
};

std::string FakeServer::socket_in(const std::string& folder) {
  return R"(\\.\pipe\)" + name_of(path_of(folder).filename());
}

FakeServer::FakeServer(const std::string& file, Script script)
    : script_(std::move(script)), socket_(std::make_unique<Socket>()) {
  socket_->pipe = make_pipe(file);
  thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
  SetEvent(socket_->stop.get());
  thread_.join();
}

void FakeServer::serve() {
  Socket& socket = *socket_;
  while (WaitForSingleObject(socket.stop.get(), 0) == WAIT_TIMEOUT) {
    if (socket.finish(ConnectNamedPipe(socket.pipe.get(), socket.anew()))) {
      serve_client();
    }
    DisconnectNamedPipe(socket.pipe.get());
  }
}

void FakeServer::serve_client() {
  Socket& socket = *socket_;
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto count = socket.finish(
        ReadFile(socket.pipe.get(), buffer.data(), buffer.size(), nullptr, socket.anew()));
    const auto answers = count ? answers_to({buffer.data(), *count}) : std::optional<std::string>();
    if (!answers ||
        (!answers->empty() &&
         !socket.finish(WriteFile(socket.pipe.get(), answers->data(),
                                  static_cast<DWORD>(answers->size()), nullptr, socket.anew())))) {
      return;
    }
  }
}

}  // namespace reporterd::testing
