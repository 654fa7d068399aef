#include "daemon/security_windows.h"

#include <sddl.h>

#include <array>

#include "daemon/core/assert.h"

namespace reporterd {

Sid copy_of(PSID sid) {
  const auto* bytes = static_cast<const char*>(sid);
  return {bytes, bytes + GetLengthSid(sid)};
}

PSID pointer(const Sid& sid) {
  return const_cast<char*>(sid.data());  // no function writes it
}

std::wstring text_of(PSID sid) {
  wchar_t* text = nullptr;
  return ConvertSidToStringSidW(sid, &text) == 0 ? L"?" : LocalMemory<wchar_t>(text).get();
}

Sid sid_of(const std::wstring& text) {
  PSID made = nullptr;
  const BOOL read = ConvertStringSidToSidW(text.c_str(), &made);
  ASSERT(read != 0);
  return copy_of(LocalMemory<void>(made).get());
}

Sid user_of(HANDLE token) {
  alignas(TOKEN_USER) std::array<char, sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE> user{};
  DWORD size = user.size();
  if (GetTokenInformation(token, TokenUser, user.data(), size, &size) == 0) {
    return {};
  }
  return copy_of(reinterpret_cast<const TOKEN_USER*>(user.data())->User.Sid);
}

UniqueHandle own_token() {
  HANDLE opened = nullptr;
  const BOOL got = OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &opened);
  ASSERT(got != 0);
  return UniqueHandle(opened);
}

// CheckTokenMembership() should know users as well, but wine's knows only groups.
bool is_own_user(PSID sid) {
  const Sid user = user_of(own_token().get());
  return !user.empty() && EqualSid(sid, pointer(user)) != 0;
}

Identity own_identity() {
  Identity identity{text_of(pointer(user_of(own_token().get()))), L""};
  BOOL has_it = FALSE;
  if (CheckTokenMembership(nullptr, pointer(sid_of(service_sid)), &has_it) != 0 &&
      has_it != FALSE) {
    identity.service = service_sid;
  }
  return identity;
}

DWORD own_as_the_service() {
  const Identity identity = own_identity();
  if (identity.service.empty()) {
    return ERROR_SUCCESS;
  }
  HANDLE opened = nullptr;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_DEFAULT, &opened) == 0) {
    return GetLastError();
  }
  const UniqueHandle token(opened);
  const Sid service = sid_of(identity.service);
  TOKEN_OWNER owner{pointer(service)};
  return SetTokenInformation(token.get(), TokenOwner, &owner, sizeof owner) == 0 ? GetLastError()
                                                                                 : ERROR_SUCCESS;
}

std::wstring private_access_of(const Identity& maker) {
  return maker.service.empty() ? private_access
                               : L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + maker.service + L")";
}

LocalMemory<void> descriptor_of(const std::wstring& sddl) {
  PSECURITY_DESCRIPTOR made = nullptr;
  const BOOL read = ConvertStringSecurityDescriptorToSecurityDescriptorW(
      sddl.c_str(), SDDL_REVISION_1, &made, nullptr);
  return LocalMemory<void>(read == 0 ? nullptr : made);
}

PACL list_in(PSECURITY_DESCRIPTOR descriptor) {
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  PACL list = nullptr;
  GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted);
  return list;
}

}  // namespace reporterd
