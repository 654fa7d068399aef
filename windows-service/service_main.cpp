#include "windows-service/service_main.h"

#include <memory>
#include <utility>

#include "daemon/program.h"
#include "windows-service/manager.h"

namespace reporterd {
namespace {

// Until the state folder has been looked at, which knows better.
constexpr Millis first_hint = std::chrono::seconds(30);

// The manager calls service_main() with nothing of ours, on a thread of its own; what it asks for
// comes on that of run_as_service(). Once the end is told, either thread may be gone first, so a
// life that began is never destroyed.
struct Life {
  explicit Life(std::function<int()> begin) : live(std::move(begin)) {}

  std::function<int()> live;
  int exit_code = exit_failure;
  SERVICE_STATUS_HANDLE manager = nullptr;
  ServiceControl control{[this](const ServiceNote& note) {
    SERVICE_STATUS status = status_of(note);
    SetServiceStatus(manager, &status);
  }};
};
Life* of_this_process = nullptr;

DWORD WINAPI on_control(DWORD control, DWORD, void*, void* context) {
  return static_cast<ServiceControl*>(context)->handle(control);
}

// A user who logs off ends every process with a console that does not object.
BOOL WINAPI on_console(DWORD event) {
  return event == CTRL_LOGOFF_EVENT || event == CTRL_SHUTDOWN_EVENT ? TRUE : FALSE;
}

void WINAPI service_main(DWORD, wchar_t**) {
  Life& life = *of_this_process;
  life.manager = RegisterServiceCtrlHandlerExW(service_name, on_control, &life.control);
  if (life.manager == nullptr) {
    return;
  }
  life.control.needs(first_hint);
  life.exit_code = life.live();
  if (ends_without_a_word(life.exit_code)) {
    TerminateProcess(GetCurrentProcess(), static_cast<UINT>(life.exit_code));
  }
  life.control.stopped(life.exit_code);
}

DWORD state_of(ServiceNote::State state) {
  switch (state) {
    case ServiceNote::State::starting:
      return SERVICE_START_PENDING;
    case ServiceNote::State::running:
      return SERVICE_RUNNING;
    case ServiceNote::State::stopping:
      return SERVICE_STOP_PENDING;
    case ServiceNote::State::stopped:
      return SERVICE_STOPPED;
  }
  return SERVICE_STOPPED;
}

}  // namespace

SERVICE_STATUS status_of(const ServiceNote& note) {
  SERVICE_STATUS status{};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state_of(note.state);
  if (note.state == ServiceNote::State::running) {
    status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN |
                                SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE;
  }
  if (note.exit_code != 0) {
    status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
    status.dwServiceSpecificExitCode = static_cast<DWORD>(note.exit_code);
  }
  status.dwCheckPoint = note.checkpoint;
  status.dwWaitHint = static_cast<DWORD>(note.wait_hint.count());
  return status;
}

bool ends_without_a_word(int exit_code) {
  return exit_code != 0 && exit_code != exit_config && exit_code != exit_usage;
}

WindowsResult<int> run_as_service(const std::function<int()>& life) {
  auto one = std::make_unique<Life>(life);
  of_this_process = one.get();
  SetConsoleCtrlHandler(on_console, TRUE);
  std::wstring name = service_name;
  const SERVICE_TABLE_ENTRYW table[] = {{name.data(), service_main}, {nullptr, nullptr}};
  if (StartServiceCtrlDispatcherW(table) == 0) {
    return refused(
        "`service run` is for the service control manager alone; use `reporterd service "
        "start`, or reporterd without it in a console");
  }
  return one.release()->exit_code;
}

}  // namespace reporterd
