// press_ctrl_c PROCESS-ID: as its owner would, at that process's console. Exit code 0: it was done.
#include <windows.h>

#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  FreeConsole();
  const bool done = AttachConsole(static_cast<DWORD>(std::atoi(argv[1]))) != 0 &&
                    SetConsoleCtrlHandler(nullptr, TRUE) != 0 &&
                    GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) != 0;
  return done ? 0 : 1;
}
