#pragma once
// Folders that only those named may use, whatever the folder above allows.

#include <string>

#include "windows-service/windows_error.h"

namespace reporterd {

// Lists of rights in SDDL. The service is known by a name of its own (its service SID):
// LocalService is many. For the system, administrators, and the owner: of who runs reporterd by
// hand.
extern const wchar_t* const access_of_owner;
// For the system and administrators; the service reads.
extern const wchar_t* const access_of_configuration;
// For the system and administrators; the service reads, writes and removes.
extern const wchar_t* const access_of_state;

// Makes the folder with this access (true), or gives it to the one that is there and all in it, as
// far as they have none of their own. Refused: a link, or the folder of somebody who is no
// administrator and not us (ERROR_INVALID_OWNER).
WindowsResult<bool> protect_folder(const std::string& folder, const wchar_t* access);

// Makes the folder with this access; one that is there is left as it is, and false.
WindowsResult<bool> make_protected_folder(const std::string& folder, const wchar_t* access);

// Removes the folder and all in it. Links go, and what they lead to stays: the service may have
// made some, and this is an administrator's. None there is fine.
WindowsStatus remove_folder(const std::string& folder);

}  // namespace reporterd
