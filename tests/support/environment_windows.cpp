#include <windows.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "daemon/collect/wide_text_windows.h"
#include "tests/support/environment.h"

namespace reporterd {

void set_variable(const char* name, const std::string& value) {
  _putenv_s(name, value.c_str());
}

void remove_variable(const char* name) {
  _putenv_s(name, "");
}

std::vector<std::string> environment_now() {
  std::vector<std::string> variables;
  const std::unique_ptr<wchar_t, decltype(&FreeEnvironmentStringsW)> block(GetEnvironmentStringsW(),
                                                                           FreeEnvironmentStringsW);
  for (const wchar_t* next = block.get(); *next != L'\0';) {
    const std::wstring_view variable(next);
    variables.push_back(text_in_utf8(variable));
    next += variable.size() + 1;
  }
  return variables;
}

}  // namespace reporterd
