#pragma once
// What a file's list of rights allows others; apart from the file, so that tests can give any list.

#include <windows.h>

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/file_access.h"

namespace reporterd {

// Whom it allows more than `readers` say, each once: "S-1-1-0". Not looked at: what the owner, the
// system, administrators and the service may do. Without a list (null) everyone may do everything.
std::vector<std::wstring> others_in(PSID owner, PACL list, Readers readers);

// What makes icacls close it: "/inheritance:d /remove:g *S-1-1-0". Whoever may read goes on reading
// what is for everyone, and the service has what its account had. "": there is nothing to close.
std::wstring icacls_words(PSID owner, PACL list, Readers readers);

// An ACL: a copy of the list without what is too much, as those words would make it; nothing in it
// is inherited.
std::vector<std::uint32_t> closed_list(PSID owner, PACL list, Readers readers);

// In SDDL: what a file gets instead of no list at all.
std::wstring closed_access(Readers readers);

}  // namespace reporterd
