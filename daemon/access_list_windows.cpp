#include "daemon/access_list_windows.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/security_windows.h"

namespace reporterd {
namespace {

// Besides a file's owner: SYSTEM, administrators, whoever owns or makes a file, the service. Not
// its account, LOCAL SERVICE, which is that of other services, too.
constexpr std::array<const wchar_t*, 5> trusted = {L"S-1-5-18", L"S-1-5-32-544", L"S-1-3-4",
                                                   L"S-1-3-0", service_sid};
constexpr const wchar_t* everyone = L"S-1-1-0";
constexpr const wchar_t* account = L"S-1-5-19";

constexpr DWORD changes = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE |
                          WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;
constexpr DWORD reads = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL;

DWORD forbidden(Readers readers) {
  return readers == Readers::everyone ? changes : changes | reads;
}

std::vector<ACE_HEADER*> entries_of(PACL list) {
  std::vector<ACE_HEADER*> entries;
  for (WORD i = 0; list != nullptr && i < list->AceCount; ++i) {
    void* entry = nullptr;
    if (GetAce(list, i, &entry) != 0) {
      entries.push_back(static_cast<ACE_HEADER*>(entry));
    }
  }
  return entries;
}

// A denying entry takes rights away, which is not reckoned with.
ACCESS_ALLOWED_ACE* allowing(ACE_HEADER* entry) {
  return entry->AceType == ACCESS_ALLOWED_ACE_TYPE ||
                 entry->AceType == ACCESS_ALLOWED_CALLBACK_ACE_TYPE
             ? reinterpret_cast<ACCESS_ALLOWED_ACE*>(entry)
             : nullptr;
}

// What an entry allows somebody who is not trusted, and must not.
DWORD too_much(PSID owner, ACCESS_ALLOWED_ACE* entry, Readers readers) {
  PSID sid = &entry->SidStart;
  const bool is_owner = owner != nullptr && EqualSid(sid, owner) != 0;
  const bool is_trusted = is_owner || std::ranges::find(trusted, text_of(sid)) != trusted.end();
  return is_trusted ? 0 : entry->Mask & forbidden(readers);
}

// Of all its entries, since icacls knows them only by whose they are.
ACCESS_ALLOWED_ACE sum_of_entries(PACL list, const std::wstring& sid) {
  ACCESS_ALLOWED_ACE sum{};
  for (ACE_HEADER* entry : entries_of(list)) {
    ACCESS_ALLOWED_ACE* allowed = allowing(entry);
    if (allowed != nullptr && text_of(&allowed->SidStart) == sid) {
      sum.Header.AceFlags = static_cast<BYTE>(sum.Header.AceFlags | entry->AceFlags);
      sum.Mask |= allowed->Mask;
    }
  }
  return sum;
}

bool goes_on_reading(DWORD mask, Readers readers) {
  return readers == Readers::everyone && (mask & reads) != 0;
}

// What the service gets of its account's.
std::wstring handed_over(const ACCESS_ALLOWED_ACE& entry) {
  constexpr BYTE to_all = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE;
  return std::wstring(L" /grant \"*") + service_sid + L":" +
         ((entry.Header.AceFlags & to_all) == to_all ? L"(OI)(CI)" : L"") +
         ((entry.Mask & changes) != 0 ? L"M" : L"RX") + L"\"";
}

}  // namespace

std::wstring icacls_words(PSID owner, PACL list, Readers readers) {
  if (list == nullptr) {
    std::wstring words = L"/inheritance:d /grant *S-1-5-18:F *S-1-5-32-544:F *S-1-3-4:F";
    if (readers != Readers::owner) {
      words += L" *" + std::wstring(readers == Readers::everyone ? everyone : service_sid) + L":RX";
    }
    return words;
  }
  std::wstring removed;
  std::wstring granted;
  for (const std::wstring& sid : others_in(owner, list, readers)) {
    const ACCESS_ALLOWED_ACE entry = sum_of_entries(list, sid);
    if (goes_on_reading(entry.Mask, readers)) {
      granted += L" /grant:r *" + sid + L":RX";
      continue;
    }
    removed += (removed.empty() ? L" /remove:g *" : L" *") + sid;
    granted += sid == account ? handed_over(entry) : L"";
  }
  return removed.empty() && granted.empty() ? L"" : L"/inheritance:d" + removed + granted;
}

std::wstring closed_access(Readers readers) {
  constexpr const wchar_t* may_read = L"(A;;0x1200a9;;;";
  std::wstring access = private_access;
  if (readers != Readers::owner) {
    access += may_read + std::wstring(readers == Readers::everyone ? everyone : service_sid) + L")";
  }
  return access;
}

std::vector<std::wstring> others_in(PSID owner, PACL list, Readers readers) {
  std::vector<std::wstring> others;
  if (list == nullptr) {
    others.emplace_back(everyone);
  }
  for (ACE_HEADER* entry : entries_of(list)) {
    ACCESS_ALLOWED_ACE* allowed = allowing(entry);
    if (allowed != nullptr && too_much(owner, allowed, readers) != 0) {
      auto sid = text_of(&allowed->SidStart);
      if (std::ranges::find(others, sid) == others.end()) {
        others.push_back(std::move(sid));
      }
    }
  }
  return others;
}

std::vector<std::uint32_t> closed_list(PSID owner, PACL list, Readers readers) {
  // The service's SID is longer than its account's.
  const std::size_t most = list->AclSize + std::size_t{list->AceCount} * SECURITY_MAX_SID_SIZE;
  std::vector<std::uint32_t> bytes((most + 3U) / 4U);
  auto* closed = reinterpret_cast<ACL*>(bytes.data());
  InitializeAcl(closed, static_cast<DWORD>(bytes.size() * 4), list->AclRevision);
  for (ACE_HEADER* entry : entries_of(list)) {
    ACCESS_ALLOWED_ACE* allowed = allowing(entry);
    entry->AceFlags = static_cast<BYTE>(entry->AceFlags & ~INHERITED_ACE);
    if (allowed != nullptr && too_much(owner, allowed, readers) != 0) {
      constexpr DWORD kept = FILE_GENERIC_READ | FILE_GENERIC_EXECUTE;
      const bool reads_on = goes_on_reading(allowed->Mask, readers);
      if (!reads_on && text_of(&allowed->SidStart) == account) {
        AddAccessAllowedAceEx(closed, list->AclRevision, entry->AceFlags, allowed->Mask,
                              pointer(sid_of(service_sid)));
      }
      allowed->Mask = reads_on ? kept : 0;
    }
    if (allowed == nullptr || allowed->Mask != 0) {
      AddAce(closed, list->AclRevision, MAXDWORD, entry, entry->AceSize);
    }
  }
  return bytes;
}

}  // namespace reporterd
