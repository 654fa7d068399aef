#include <windows.h>

#include "collector/ending.h"
#include "daemon/core/assert.h"

namespace reporterd {
namespace {

HANDLE asked = nullptr;

// On a thread of the system's own.
BOOL WINAPI on_console(DWORD event) {
  SetEvent(asked);
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) {
    Sleep(INFINITE);  // the console goes, and with our return so would we; main ends us before
  }
  return TRUE;
}

}  // namespace

void heed_ending() {
  asked = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  ASSERT(asked != nullptr);
  SetConsoleCtrlHandler(on_console, TRUE);
}

void wait_for_ending() {
  WaitForSingleObject(asked, INFINITE);
}

}  // namespace reporterd
