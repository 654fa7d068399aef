#pragma once
// Who is who, and lists of rights in Windows' own language for them (SDDL). Shows windows.h.

#include <windows.h>

#include <string>
#include <vector>

#include "daemon/unique_handle_windows.h"

// NT SERVICE\reporterd, which the system makes of that name in capitals, as UTF-16: the same on
// every machine. A macro, to stand inside of lists of rights.
#define REPORTERD_SID L"S-1-5-80-975833115-3889946312-1206288415-876333829-3442042369"

namespace reporterd {

inline constexpr const wchar_t* service_sid = REPORTERD_SID;

// Of a file for the system, administrators and its owner; nothing comes from the folder.
inline constexpr const wchar_t* private_access = L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)";

// Whom lists of rights name for a process, as text of SIDs.
struct Identity {
  std::wstring user;
  // The service's, where the manager started us: its account is shared with other services, which
  // must not get what is ours. "": a console; or a manager that knows no such SIDs.
  std::wstring service;

  const std::wstring& name() const { return service.empty() ? user : service; }
};
Identity own_identity();

// What this process makes from now on belongs to the service, and not to the account that it
// shares; nothing changes for a process without the service's SID. Returns a number of
// GetLastError().
DWORD own_as_the_service();

// As private_access: a file of the service's is for the service, whoever owns it later.
std::wstring private_access_of(const Identity& maker);

// A SID, by value.
using Sid = std::vector<char>;
Sid copy_of(PSID sid);
PSID pointer(const Sid& sid);
std::wstring text_of(PSID sid);  // "S-1-5-18"
Sid sid_of(const std::wstring& text);

// Whom a token speaks for. Empty: it does not say.
Sid user_of(HANDLE token);
// The token of this process, to ask it.
UniqueHandle own_token();
// Whether it is the user that this process runs as.
bool is_own_user(PSID sid);

// What `sddl` says, as a security descriptor. Null: GetLastError() knows why.
LocalMemory<void> descriptor_of(const std::wstring& sddl);
// The list of rights in a descriptor; null: everyone may do everything.
PACL list_in(PSECURITY_DESCRIPTOR descriptor);

}  // namespace reporterd
