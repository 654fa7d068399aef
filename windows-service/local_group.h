#pragma once
// The local group `reporter`, whose members may submit messages.

#include <windows.h>

#include <lm.h>

#include "windows-service/windows_error.h"

namespace reporterd {

// Makes the group, and returns true; one that is there is left as it is, and false.
WindowsResult<bool> make_group();

// Removes the group if we made it: another one of that name may be what other programs need.
void remove_own_group();

// By its comment, which nobody but us writes.
bool is_own_group(const LOCALGROUP_INFO_1& group);

}  // namespace reporterd
