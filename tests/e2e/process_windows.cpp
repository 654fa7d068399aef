#include <windows.h>

#include <array>
#include <span>

#include "daemon/core/assert.h"
#include "daemon/path.h"
#include "daemon/unique_handle_windows.h"
#include "tests/e2e/process.h"
#include "windows-service/image_path.h"

namespace reporterd {
namespace {

// In one block, each with a zero behind it, as CreateProcessW() wants them.
std::wstring block_of(const Arguments& variables) {
  std::wstring block;
  for (const std::string& variable : variables) {
    block += path_of(variable).native() + L'\0';
  }
  return block + L'\0';
}

// Of what a child could inherit, these alone: the sockets of the test's servers are none of its.
class Inheritance {
 public:
  explicit Inheritance(std::span<HANDLE> handles) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    memory_.resize(size);
    ASSERT(InitializeProcThreadAttributeList(list(), 1, 0, &size) != 0);
    ASSERT(UpdateProcThreadAttribute(list(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles.data(),
                                     handles.size_bytes(), nullptr, nullptr) != 0);
  }
  ~Inheritance() { DeleteProcThreadAttributeList(list()); }
  Inheritance(const Inheritance&) = delete;
  Inheritance& operator=(const Inheritance&) = delete;

  LPPROC_THREAD_ATTRIBUTE_LIST list() {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
  }

 private:
  std::vector<char> memory_;
};

}  // namespace

std::string built_program(const std::string& name) {
  return BINARY_DIR "/bin/" + name + ".exe";
}

struct Process::State {
  UniqueHandle process;
  DWORD id = 0;
  UniqueHandle output;
};

Process::Process(const Arguments& command, const Arguments& variables)
    : state_(std::make_unique<State>()) {
  SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  std::array<HANDLE, 2> ends{};
  ASSERT(CreatePipe(&ends[0], &ends[1], &inherited, 0) != 0);
  state_->output = owned(ends[0]);
  const UniqueHandle its_end = owned(ends[1]);
  SetHandleInformation(ends[0], HANDLE_FLAG_INHERIT, 0);
  const UniqueHandle nothing = owned(
      CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ, &inherited, OPEN_EXISTING, 0, nullptr));
  std::array<HANDLE, 2> given = {nothing.get(), its_end.get()};
  Inheritance inheritance(given);
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = nothing.get();
  startup.StartupInfo.hStdOutput = its_end.get();
  startup.StartupInfo.hStdError = its_end.get();
  startup.lpAttributeList = inheritance.list();
  std::wstring line =
      path_of(command_line(command.front(), {command.begin() + 1, command.end()})).native();
  std::wstring block = block_of(variables);
  PROCESS_INFORMATION started{};
  // With a console of its own that nobody sees: Ctrl+C is pressed there.
  ASSERT(
      CreateProcessW(nullptr, line.data(), nullptr, nullptr, TRUE,
                     CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT,
                     block.data(), nullptr, &startup.StartupInfo, &started) != 0);
  CloseHandle(started.hThread);
  state_->process = owned(started.hProcess);
  state_->id = started.dwProcessId;
}

Process::~Process() = default;

int Process::id() const {
  return static_cast<int>(state_->id);
}

void Process::kill9() const {
  constexpr UINT as_on_linux = 128 + 9;
  TerminateProcess(state_->process.get(), as_on_linux);
}

// Who sends the event must share the console: another process does, and this one keeps its own.
void Process::ask_to_stop() const {
  DWORD refused = 1;  // it may have no console yet
  for (int tries = 0; refused != 0 && tries < 100; ++tries) {
    if (WaitForSingleObject(state_->process.get(), 10) == WAIT_OBJECT_0) {
      return;
    }
    const Process sender({built_program("press_ctrl_c"), std::to_string(id())}, {});
    WaitForSingleObject(sender.state_->process.get(), INFINITE);
    ASSERT(GetExitCodeProcess(sender.state_->process.get(), &refused) != 0);
  }
}

std::optional<int> Process::exit_code() {
  DWORD code = 0;
  if (WaitForSingleObject(state_->process.get(), 0) != WAIT_OBJECT_0 ||
      GetExitCodeProcess(state_->process.get(), &code) == 0) {
    return std::nullopt;
  }
  return static_cast<int>(code);
}

// Such a pipe cannot be waited for: what is waited for is the process's end. Lines end as on Linux.
void Process::read(std::string& output, std::chrono::milliseconds wait) {
  std::array<char, 16UZ * 1024> buffer{};
  bool waited = false;
  for (;;) {
    DWORD there = 0;
    if (PeekNamedPipe(state_->output.get(), nullptr, 0, nullptr, &there, nullptr) != 0 &&
        there > 0) {
      DWORD count = 0;
      ReadFile(state_->output.get(), buffer.data(), static_cast<DWORD>(buffer.size()), &count,
               nullptr);
      output.append(buffer.data(), count);
      waited = true;
    } else if (!waited && wait.count() > 0) {
      // Once it has ended there is nothing to wake us.
      WaitForSingleObject(exit_code() ? GetCurrentProcess() : state_->process.get(),
                          static_cast<DWORD>(wait.count()));
      waited = true;
    } else {
      break;
    }
  }
  std::size_t end = 0;
  while ((end = output.find("\r\n", end)) != std::string::npos) {
    output.erase(end, 1);
  }
}

}  // namespace reporterd
