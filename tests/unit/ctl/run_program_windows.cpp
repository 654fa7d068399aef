#include <windows.h>

#include <array>

#include "daemon/core/assert.h"
#include "daemon/path.h"
#include "daemon/unique_handle_windows.h"
#include "tests/unit/ctl/run_program.h"

namespace reporterd {
namespace {

// For the child to inherit.
UniqueHandle open_file(const std::string& path, DWORD access, DWORD creation) {
  SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  UniqueHandle file =
      owned(CreateFileW(path_of(path).c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        &inherited, creation, FILE_ATTRIBUTE_NORMAL, nullptr));
  ASSERT(file);
  return file;
}

}  // namespace

std::string program_under_test() {
  return BINARY_DIR "/bin/reporterctl.exe";
}

int run_program(const std::string& folder, const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& word : command) {
    line += "\"" + word + "\" ";  // no word of these tests has a quote, or ends with a backslash
  }
  const UniqueHandle in = open_file(folder + "/in", GENERIC_READ, OPEN_EXISTING);
  const UniqueHandle out = open_file(folder + "/out", GENERIC_WRITE, CREATE_ALWAYS);
  const UniqueHandle err = open_file(folder + "/err", GENERIC_WRITE, CREATE_ALWAYS);
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = in.get();
  startup.hStdOutput = out.get();
  startup.hStdError = err.get();
  PROCESS_INFORMATION started{};
  std::wstring words = path_of(line).native();
  ASSERT(CreateProcessW(nullptr, words.data(), nullptr, nullptr, TRUE, 0, nullptr,
                        path_of(folder).c_str(), &startup, &started) != 0);
  const UniqueHandle process(started.hProcess);
  const UniqueHandle thread(started.hThread);
  DWORD exit = 0;
  WaitForSingleObject(process.get(), INFINITE);
  GetExitCodeProcess(process.get(), &exit);
  return static_cast<int>(exit);
}

}  // namespace reporterd
