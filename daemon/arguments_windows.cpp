#include <windows.h>

#include <shellapi.h>

#include <memory>

#include "daemon/arguments.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

struct Free {
  void operator()(wchar_t** words) const { LocalFree(words); }
};

}  // namespace

// main's are in the machine's code page, which has not every letter.
std::vector<std::string> arguments_in_utf8(int, char**) {
  int count = 0;
  const std::unique_ptr<wchar_t*, Free> words(CommandLineToArgvW(GetCommandLineW(), &count));
  std::vector<std::string> arguments;
  for (int i = 1; words != nullptr && i < count; ++i) {
    arguments.push_back(name_of(words.get()[i]));
  }
  return arguments;
}

}  // namespace reporterd
