// Two locks, so that one that is wrong is no hole: the pipe's list of rights, and a look at each
// client's token. All instances of a pipe share one list (it is the pipe's, not the instance's), so
// it is set once.

#include "daemon/io/local_access.h"

#include <windows.h>

#include <aclapi.h>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <string_view>
#include <system_error>

#include "daemon/core/assert.h"
#include "daemon/io/local_access_windows.h"
#include "daemon/path.h"
#include "daemon/security_windows.h"

namespace reporterd {
namespace {

constexpr std::string_view pipes = R"(\\.\pipe\)";
constexpr std::size_t longest_name = 256;  // CreateNamedPipe
constexpr DWORD pipe_buffer = 65536;       // as libuv's
constexpr const wchar_t* reporter_group = L"reporter";

// To read and to write, and not to make further instances, which would be to take our clients: that
// is in GENERIC_WRITE.
constexpr const wchar_t* to_talk = L"0x12019b";

Sid well_known(WELL_KNOWN_SID_TYPE which) {
  Sid sid(SECURITY_MAX_SID_SIZE);
  DWORD size = SECURITY_MAX_SID_SIZE;
  const BOOL made = CreateWellKnownSid(which, nullptr, sid.data(), &size);
  ASSERT(made != 0);
  sid.resize(GetLengthSid(sid.data()));
  return sid;
}

// The local group of programs that may hand messages over. Empty: there is none. Asked of this
// computer alone: a domain would be asked over the network, and may have one of that name.
Sid reporters() {
  std::array<wchar_t, MAX_COMPUTERNAME_LENGTH + 1> computer;
  DWORD computer_size = computer.size();
  if (GetComputerNameW(computer.data(), &computer_size) == 0) {
    return {};
  }
  const std::wstring group = std::wstring(computer.data()) + L"\\" + reporter_group;
  Sid sid(SECURITY_MAX_SID_SIZE);
  DWORD size = SECURITY_MAX_SID_SIZE;
  std::array<wchar_t, 256> domain;
  DWORD domain_size = domain.size();
  SID_NAME_USE use = SidTypeUnknown;
  if (LookupAccountNameW(nullptr, group.c_str(), sid.data(), &size, domain.data(), &domain_size,
                         &use) == 0 ||
      use != SidTypeAlias) {  // a user only bears the name
    return {};
  }
  sid.resize(GetLengthSid(sid.data()));
  return sid;
}

HANDLE handle_of(const uv_pipe_t& pipe) {
  uv_os_fd_t handle = INVALID_HANDLE_VALUE;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(&pipe), &handle);
  return handle;
}

bool is_member(HANDLE token, const Sid& sid) {
  BOOL member = FALSE;
  return !sid.empty() && CheckTokenMembership(token, pointer(sid), &member) != 0 && member != FALSE;
}

// Null: the client lets nobody know who it is.
UniqueHandle token_of_client(HANDLE pipe) {
  if (ImpersonateNamedPipeClient(pipe) == 0) {
    return nullptr;
  }
  HANDLE opened = nullptr;
  const BOOL got = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &opened);
  const BOOL reverted = RevertToSelf();
  ASSERT(reverted != 0);  // we must not go on as somebody else
  return UniqueHandle(got != 0 ? opened : nullptr);
}

// Null: no instance is free.
UniqueHandle connect_to(const std::wstring& name) {
  return owned(CreateFileW(name.c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING,
                           SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr));
}

std::string system_text(DWORD error) {
  return std::system_category().message(static_cast<int>(error));
}

}  // namespace

Status prepare_listening(const std::string& path, Clients /*clients*/) {
  const std::string_view name = path;
  const bool usable = name.starts_with(pipes) && name.size() > pipes.size() &&
                      name.size() <= longest_name &&
                      name.find('\\', pipes.size()) == std::string_view::npos;
  if (!usable) {
    return fail(ErrorCode::io,
                fmt::format("{} is no name of a pipe: give a --socket-dir as {}reporterd, with {} "
                            "bytes at most",
                            path, pipes, longest_name));
  }
  // libuv asks for the first instance, too, and so closes the moment between; wine grants it to
  // everybody.
  if (WaitNamedPipeW(path_of(path).c_str(), 1) != 0 || GetLastError() == ERROR_SEM_TIMEOUT) {
    return name_is_taken(path);
  }
  return {};
}

// Nothing is inherited; whoever comes over the network is refused before anything else.
std::wstring pipe_access_of(const Identity& server, const std::wstring& reporters) {
  std::wstring rights = L"D:P(D;;FA;;;NU)(A;;FA;;;SY)(A;;FA;;;BA)";
  rights += L"(A;;FA;;;" + server.name() + L")";  // or no further instance could be made
  if (!reporters.empty()) {
    rights += std::wstring(L"(A;;") + to_talk + L";;;" + reporters + L")";
  }
  return rights;
}

// A pipe goes with its last instance, and its list with it; libuv would make it anew with the
// system's. It gives an instance up when a client came and went before it asked for one: until it
// listens there is one instance only, which anybody may connect to. So that one is taken out of
// reach until then, and one more for as long as the admission lives.
Result<Admission> admit(const uv_pipe_t& listener, const std::string& path, Clients clients) {
  const Sid group = clients == Clients::reporters ? reporters() : Sid();
  const LocalMemory<void> descriptor =
      descriptor_of(pipe_access_of(own_identity(), group.empty() ? L"" : text_of(pointer(group))));
  ASSERT(descriptor);
  const auto failed = [&](DWORD error) {
    return fail(ErrorCode::io,
                fmt::format("cannot say who may use the pipe {}: {}", path, system_text(error)));
  };
  const HANDLE first = handle_of(listener);
  const DWORD error = SetSecurityInfo(
      first, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
      nullptr, nullptr, list_in(descriptor.get()), nullptr);
  if (error != ERROR_SUCCESS) {
    return failed(error);
  }
  const std::wstring name = path_of(path).native();
  UniqueHandle kept = owned(
      CreateNamedPipeW(name.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE,
                       PIPE_UNLIMITED_INSTANCES, pipe_buffer, pipe_buffer, 0, nullptr));
  if (!kept) {
    return failed(GetLastError());
  }
  // wine disconnects none without a client: each has ours then, or one who came before.
  const std::array<UniqueHandle, 2> clients_of_both = {connect_to(name), connect_to(name)};
  for (const HANDLE instance : {first, kept.get()}) {
    if (DisconnectNamedPipe(instance) == 0) {
      return failed(GetLastError());
    }
  }
  return kept;
}

bool is_one_of(Clients clients, HANDLE token, PSID own) {
  if (is_member(token, well_known(WinNetworkSid))) {
    return false;
  }
  // CheckTokenMembership() should know users as well, but wine's knows only groups.
  const Sid user = user_of(token);
  return (!user.empty() && EqualSid(pointer(user), own) != 0) || is_member(token, copy_of(own)) ||
         user == well_known(WinLocalSystemSid) ||
         is_member(token, well_known(WinBuiltinAdministratorsSid)) ||
         (clients == Clients::reporters && is_member(token, reporters()));
}

bool is_one_of(Clients clients, const uv_pipe_t& connection) {
  const UniqueHandle token = token_of_client(handle_of(connection));
  const Sid own = sid_of(own_identity().name());
  return token != nullptr && is_one_of(clients, token.get(), pointer(own));
}

}  // namespace reporterd
