#include "windows-service/manager.h"

#include "daemon/unique_handle_windows.h"

namespace reporterd {
namespace {

bool has_ended(DWORD process) {
  const UniqueHandle opened(OpenProcess(SYNCHRONIZE, FALSE, process));
  return opened ? WaitForSingleObject(opened.get(), 0) == WAIT_OBJECT_0
                : GetLastError() == ERROR_INVALID_PARAMETER;  // there is none of that number
}

}  // namespace

WindowsResult<ScHandle> open_manager(DWORD access) {
  ScHandle manager(OpenSCManagerW(nullptr, nullptr, access));
  if (!manager) {
    return refused("cannot open the service control manager");
  }
  return manager;
}

WindowsResult<ScHandle> open_service(DWORD access) {
  auto manager = open_manager(SC_MANAGER_CONNECT);
  if (!manager) {
    return std::unexpected(manager.error());
  }
  ScHandle service(OpenServiceW(manager->get(), service_name, access));
  if (!service) {
    return refused("cannot open the service reporterd");
  }
  return service;
}

WindowsResult<SERVICE_STATUS_PROCESS> query_status(SC_HANDLE service) {
  SERVICE_STATUS_PROCESS status{};
  DWORD needed = 0;
  if (QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status),
                           sizeof status, &needed) == 0) {
    return refused("cannot ask how the service is");
  }
  if (status.dwProcessId != 0 && has_ended(status.dwProcessId)) {
    status.dwCurrentState = SERVICE_STOPPED;  // the manager hears of it later (wine's: never)
  }
  return status;
}

WindowsResult<SERVICE_STATUS_PROCESS> wait_for(SC_HANDLE service, DWORD state, DWORD limit_ms) {
  constexpr DWORD between_ms = 20;
  for (const ULONGLONG begin = GetTickCount64();;) {
    auto status = query_status(service);
    const bool there =
        status && (status->dwCurrentState == state || status->dwCurrentState == SERVICE_STOPPED);
    if (!status || there || GetTickCount64() - begin > limit_ms) {
      return status;
    }
    Sleep(between_ms);
  }
}

}  // namespace reporterd
