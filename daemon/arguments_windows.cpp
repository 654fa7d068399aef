#include <windows.h>

#include <shellapi.h>

#include "daemon/arguments.h"
#include "daemon/path.h"
#include "daemon/unique_handle_windows.h"

namespace reporterd {

// main's are in the machine's code page, which has not every letter.
std::vector<std::string> arguments_in_utf8(int, char**) {
  int count = 0;
  const LocalMemory<wchar_t*> words(CommandLineToArgvW(GetCommandLineW(), &count));
  std::vector<std::string> arguments;
  for (int i = 1; words != nullptr && i < count; ++i) {
    arguments.push_back(name_of(words.get()[i]));
  }
  return arguments;
}

}  // namespace reporterd
