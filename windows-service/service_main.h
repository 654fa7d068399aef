#pragma once
// A life as a Windows service.

#include <windows.h>

#include <functional>

#include "daemon/io/service_control_windows.h"
#include "windows-service/windows_error.h"

namespace reporterd {

// As the service control manager hears it.
SERVICE_STATUS status_of(const ServiceNote& note);

// Whether the manager shall start us again: it does when a process ends without a word. A wrong
// configuration or command line is told instead (service-specific exit code), and waits for people.
bool ends_without_a_word(int exit_code);

// Runs `life`, which returns the exit code, between the manager's start and stop. Error: the
// manager did not start this process, or does not listen.
WindowsResult<int> run_as_service(const std::function<int()>& life);

}  // namespace reporterd
