#pragma once
// How the service control manager is to treat us, beside what CreateService() takes.

#include <windows.h>

#include <functional>
#include <string>
#include <vector>

#include "windows-service/windows_error.h"

namespace reporterd {

inline constexpr const wchar_t* service_account = L"NT AUTHORITY\\LocalService";
inline constexpr const wchar_t* display_name = L"reporterd (Butler telemetry)";

// ChangeServiceConfig2() on our service: level, information. false: GetLastError() says why.
using ChangeSetting = std::function<bool(DWORD level, void* information)>;
ChangeSetting change_setting_of(SC_HANDLE service);

// Writes all of it: description, a SID of its own, automatic start after the others, how long it
// may take when the machine goes down, restarts. Returns warnings, a line each: a level that the
// system does not know (ERROR_INVALID_LEVEL) is none to fail for.
WindowsResult<std::vector<std::string>> write_settings(const ChangeSetting& change);

}  // namespace reporterd
