#include <windows.h>

#include <fcntl.h>
#include <io.h>

#include <cstdio>
#include <initializer_list>

#include "ctl/terminal.h"

namespace reporterd::ctl {

// Nothing for the console: fmt writes to it in UTF-16, whatever its code page is.
void prepare_streams() {
  for (std::FILE* const stream : {stdin, stdout, stderr}) {
    if (_fileno(stream) >= 0) {  // below: started without it
      _setmode(_fileno(stream), _O_BINARY);
    }
  }
}

bool stdout_takes_colour() {
  const HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
  DWORD mode = 0;
  return GetConsoleMode(console, &mode) != 0 &&
         SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

}  // namespace reporterd::ctl
