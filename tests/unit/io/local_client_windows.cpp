#include <windows.h>

#include <algorithm>

#include "daemon/path.h"
#include "daemon/unique_handle_windows.h"
#include "tests/unit/io/local_client.h"

namespace reporterd {
namespace {

constexpr std::size_t piece = 64U << 10;  // what a pipe's buffer takes

}  // namespace

std::string server_name(const TempFolder& folder) {
  return R"(\\.\pipe\)" + name_of(folder.path().filename());
}

struct LocalClient::State {
  UniqueHandle pipe;
  OVERLAPPED writing{};
  std::string outgoing;  // the system takes it from here, in its own time
  bool busy = false;

  bool may_write() {
    DWORD count = 0;
    busy = busy && GetOverlappedResult(pipe.get(), &writing, &count, FALSE) == 0 &&
           GetLastError() == ERROR_IO_INCOMPLETE;
    return pipe != nullptr && !busy;
  }
};

LocalClient::LocalClient(const std::string& server) : state_(std::make_unique<State>()) {
  state_->pipe = owned(
      CreateFileW(path_of(server).c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                  FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr));
}

LocalClient::~LocalClient() {
  leave();
}

bool LocalClient::is_connected() const {
  return state_->pipe != nullptr;
}

std::size_t LocalClient::send_some(std::string_view bytes) {
  if (!state_->may_write()) {
    return 0;
  }
  state_->outgoing = bytes.substr(0, piece);
  const BOOL done =
      WriteFile(state_->pipe.get(), state_->outgoing.data(),
                static_cast<DWORD>(state_->outgoing.size()), nullptr, &state_->writing);
  state_->busy = done == 0 && GetLastError() == ERROR_IO_PENDING;
  return done != 0 || state_->busy ? state_->outgoing.size() : 0;
}

void LocalClient::read_all() {
  DWORD there = 0;
  while (PeekNamedPipe(state_->pipe.get(), nullptr, 0, nullptr, &there, nullptr) != 0) {
    if (there == 0) {
      return;
    }
    std::string bytes(there, '\0');
    OVERLAPPED reading{};
    DWORD got = 0;
    ReadFile(state_->pipe.get(), bytes.data(), there, nullptr, &reading);
    GetOverlappedResult(state_->pipe.get(), &reading, &got, TRUE);
    received.append(bytes, 0, got);
  }
  ended = true;
}

void LocalClient::leave() {
  if (state_->busy) {
    DWORD count = 0;
    CancelIoEx(state_->pipe.get(), &state_->writing);
    GetOverlappedResult(state_->pipe.get(), &state_->writing, &count, TRUE);
    state_->busy = false;
  }
  state_->pipe.reset();
}

}  // namespace reporterd
