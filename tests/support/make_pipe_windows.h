#pragma once
// The listening end of a named pipe for tests.

#include <windows.h>

#include <string>

#include "daemon/core/assert.h"
#include "daemon/path.h"
#include "daemon/security_windows.h"

namespace reporterd::testing {

// For whoever runs the test. wine's pipes have no owner unless they are made with such a list.
inline constexpr const wchar_t* own_access = L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;OW)";

// One instance: a second client has to wait. `access`: its descriptor in SDDL; null: the system's
// default.
inline UniqueHandle make_pipe(const std::string& name, const wchar_t* access = own_access,
                              DWORD direction = PIPE_ACCESS_DUPLEX) {
  const LocalMemory<void> descriptor = access == nullptr ? nullptr : descriptor_of(access);
  ASSERT(access == nullptr || descriptor);
  SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), descriptor.get(), FALSE};
  UniqueHandle pipe = owned(CreateNamedPipeW(
      path_of(name).c_str(), direction | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
      PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, 65536, 65536, 0, &attributes));
  ASSERT(pipe);
  return pipe;
}

}  // namespace reporterd::testing
