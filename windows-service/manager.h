#pragma once
// The service control manager, opened.

#include <windows.h>

#include <memory>

#include "windows-service/windows_error.h"

namespace reporterd {

inline constexpr const wchar_t* service_name = L"reporterd";

struct CloseScHandle {
  using pointer = SC_HANDLE;
  void operator()(SC_HANDLE handle) const { CloseServiceHandle(handle); }
};
using ScHandle = std::unique_ptr<SC_HANDLE, CloseScHandle>;

// `access` are SC_MANAGER_* rights.
WindowsResult<ScHandle> open_manager(DWORD access);
// Our service; `access` are SERVICE_* rights. ERROR_SERVICE_DOES_NOT_EXIST: it is not installed.
WindowsResult<ScHandle> open_service(DWORD access);

// Asks until the service is in `state` (SERVICE_RUNNING, ...), or it stopped instead, for so long
// at most.
WindowsResult<SERVICE_STATUS_PROCESS> wait_for(SC_HANDLE service, DWORD state, DWORD limit_ms);
WindowsResult<SERVICE_STATUS_PROCESS> query_status(SC_HANDLE service);

}  // namespace reporterd
