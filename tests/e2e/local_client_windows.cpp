#include <windows.h>

#include <aclapi.h>

#include <array>

#include "daemon/path.h"
#include "daemon/unique_handle_windows.h"
#include "tests/e2e/local_client.h"

namespace reporterd {
namespace {

constexpr std::size_t piece = 64UZ << 10;  // what a pipe's buffer takes

UniqueHandle open_pipe(const std::wstring& name) {
  return owned(CreateFileW(
      name.c_str(), FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~FILE_CREATE_PIPE_INSTANCE), 0,
      nullptr, OPEN_EXISTING,
      FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr));
}

// wine's pipes have no owner until they get a list of rights: reporterctl trusts none of those.
bool has_owner(HANDLE pipe) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR found = nullptr;
  const DWORD failure = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner,
                                        nullptr, nullptr, nullptr, &found);
  const LocalMemory<void> descriptor(found);
  return failure == ERROR_SUCCESS && owner != nullptr;
}

}  // namespace

std::string socket_dir_of(const std::filesystem::path& folder) {
  return R"(\\.\pipe\)" + name_of(folder.filename());
}

struct LocalClient::State {
  UniqueHandle pipe;
  UniqueHandle done = owned(CreateEventW(nullptr, TRUE, FALSE, nullptr));

  // The bytes that went through when `begin` begins to move them; 0: none within the limit, or the
  // other end is gone, as GetLastError() tells.
  template <class Begin>
  DWORD move(std::chrono::milliseconds limit, Begin begin) const {
    OVERLAPPED moving{};
    moving.hEvent = done.get();
    if (begin(&moving) == 0 && GetLastError() != ERROR_IO_PENDING) {
      return 0;
    }
    if (WaitForSingleObject(done.get(), static_cast<DWORD>(limit.count())) != WAIT_OBJECT_0) {
      CancelIoEx(pipe.get(), &moving);
    }
    DWORD count = 0;
    return GetOverlappedResult(pipe.get(), &moving, &count, TRUE) != 0 ? count : 0;
  }
};

LocalClient::LocalClient(const std::string& name) : state_(std::make_unique<State>()) {
  const std::wstring pipe = path_of(name).native();
  state_->pipe = open_pipe(pipe);
  const Deadline deadline(event_limit);
  while (!state_->pipe && GetLastError() == ERROR_PIPE_BUSY && deadline.left().count() > 0) {
    WaitNamedPipeW(pipe.c_str(), static_cast<DWORD>(deadline.left().count()) + 1);
    state_->pipe = open_pipe(pipe);
  }
  if (state_->pipe && !has_owner(state_->pipe.get())) {
    state_->pipe.reset();
  }
}

LocalClient::~LocalClient() = default;
LocalClient::LocalClient(LocalClient&& other) noexcept = default;

bool LocalClient::connected() const {
  return state_->pipe != nullptr;
}

bool LocalClient::send(std::string_view bytes, std::chrono::milliseconds limit) const {
  while (!bytes.empty()) {
    const std::string_view next = bytes.substr(0, piece);
    const DWORD count = state_->move(limit, [&](OVERLAPPED* moving) {
      return WriteFile(state_->pipe.get(), next.data(), static_cast<DWORD>(next.size()), nullptr,
                       moving);
    });
    if (count == 0) {
      return false;
    }
    bytes.remove_prefix(count);
  }
  return true;
}

bool LocalClient::receive(std::chrono::milliseconds limit) {
  std::array<char, piece> buffer{};
  const DWORD count = state_->move(limit, [&](OVERLAPPED* moving) {
    return ReadFile(state_->pipe.get(), buffer.data(), static_cast<DWORD>(buffer.size()), nullptr,
                    moving);
  });
  if (count == 0 && GetLastError() != ERROR_OPERATION_ABORTED) {
    state_->pipe.reset();
  }
  received_.append(buffer.data(), count);
  return count > 0;
}

}  // namespace reporterd
