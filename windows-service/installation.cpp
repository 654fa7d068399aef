#include "windows-service/installation.h"

#include <windows.h>

#include <utility>

#include "daemon/places.h"
#include "windows-service/event_log.h"
#include "windows-service/image_path.h"
#include "windows-service/local_group.h"
#include "windows-service/manager.h"
#include "windows-service/preparation.h"
#include "windows-service/protected_folder.h"
#include "windows-service/service_settings.h"

namespace reporterd {
namespace {

// The access that write_settings() wants: a restart is a start.
constexpr DWORD set_up_access = SERVICE_CHANGE_CONFIG | SERVICE_QUERY_CONFIG | SERVICE_START;

// What the manager starts now; "" when it does not say.
std::string present_command_line(SC_HANDLE service) {
  DWORD bytes = 0;
  QueryServiceConfigW(service, nullptr, 0, &bytes);
  std::vector<QUERY_SERVICE_CONFIGW> room(bytes / sizeof(QUERY_SERVICE_CONFIGW) + 1);
  bytes = static_cast<DWORD>(room.size() * sizeof(QUERY_SERVICE_CONFIGW));
  return QueryServiceConfigW(service, room.data(), bytes, &bytes) == 0
             ? ""
             : narrow(room.front().lpBinaryPathName);
}

// The same service with what is new.
WindowsResult<Warnings> set_up(SC_HANDLE service, InstallOptions options) {
  options = with_places_of(present_command_line(service), std::move(options));
  Undo undo;
  auto warnings = prepare(options, undo);
  if (!warnings) {
    return warnings;
  }
  const std::wstring command = wide(service_command_line(options));
  if (ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                           SERVICE_ERROR_NORMAL, command.c_str(), nullptr, nullptr, nullptr,
                           service_account, L"", display_name) == 0) {
    return refused("cannot set up the service reporterd");
  }
  undo.keep();  // the service names it now
  auto more = write_settings(change_setting_of(service));
  if (!more) {
    return more;
  }
  warnings->insert(warnings->end(), more->begin(), more->end());
  return warnings;
}

// One that is there is whole: what it needs is there before.
WindowsResult<Warnings> make_service(SC_HANDLE manager, const InstallOptions& options) {
  Undo undo;
  auto warnings = prepare(options, undo);
  if (!warnings) {
    return warnings;
  }
  const std::wstring command = wide(service_command_line(options));
  const ScHandle service(CreateServiceW(manager, service_name, display_name, set_up_access | DELETE,
                                        SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                        SERVICE_ERROR_NORMAL, command.c_str(), nullptr, nullptr,
                                        nullptr, service_account, L""));
  if (!service) {
    return refused("cannot make the service reporterd");
  }
  auto more = write_settings(change_setting_of(service.get()));
  if (!more) {
    DeleteService(service.get());
    return more;
  }
  undo.keep();
  warnings->insert(warnings->end(), more->begin(), more->end());
  return warnings;
}

}  // namespace

std::string service_command_line(const InstallOptions& options) {
  std::vector<std::string> words = {"service", "run"};
  if (!options.config_file.empty()) {
    words.insert(words.end(), {"--config", absolute(options.config_file)});
  }
  if (!options.state_dir.empty()) {
    words.insert(words.end(), {"--state-dir", absolute(options.state_dir)});
  }
  return command_line(this_program(), words);
}

InstallOptions with_places_of(const std::string& command_line, InstallOptions options) {
  const std::vector<std::string> words = words_of(command_line);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    for (const auto& [name, place] : {std::pair("--config", &options.config_file),
                                      std::pair("--state-dir", &options.state_dir)}) {
      if (words[i] == name && place->empty()) {
        *place = words[i + 1];
      }
    }
  }
  return options;
}

WindowsResult<Warnings> install_service(const InstallOptions& options) {
  const auto there = open_service(set_up_access);
  if (there) {
    return set_up(there->get(), options);
  }
  if (there.error().number != ERROR_SERVICE_DOES_NOT_EXIST) {
    return std::unexpected(there.error());
  }
  const auto manager = open_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
  return manager ? make_service(manager->get(), options) : std::unexpected(manager.error());
}

WindowsResult<Warnings> configure_service(const InstallOptions& options) {
  auto service = open_service(set_up_access);
  if (!service) {
    return std::unexpected(service.error());
  }
  return set_up(service->get(), options);
}

WindowsStatus stop_service() {
  auto service = open_service(SERVICE_STOP | SERVICE_QUERY_STATUS);
  if (!service) {
    return std::unexpected(service.error());
  }
  SERVICE_STATUS ignored{};
  if (ControlService(service->get(), SERVICE_CONTROL_STOP, &ignored) == 0) {
    const DWORD error = GetLastError();
    if (error == ERROR_SERVICE_NOT_ACTIVE) {
      return {};
    }
    const auto status = query_status(service->get());
    if (!status || (status->dwCurrentState != SERVICE_STOP_PENDING &&
                    status->dwCurrentState != SERVICE_STOPPED)) {
      return refused("cannot stop the service reporterd", error);
    }
  }
  const auto status = wait_for(service->get(), SERVICE_STOPPED, patience_ms);
  if (!status) {
    return std::unexpected(status.error());
  }
  if (status->dwCurrentState != SERVICE_STOPPED) {
    return refused("the service reporterd is still stopping; try again",
                   ERROR_SERVICE_REQUEST_TIMEOUT);
  }
  return {};
}

WindowsStatus uninstall_service(bool purge) {
  auto service = open_service(DELETE);
  if (!service && service.error().number != ERROR_SERVICE_DOES_NOT_EXIST) {
    return std::unexpected(service.error());
  }
  if (service) {
    if (auto stopped = stop_service(); !stopped) {
      return stopped;
    }
    if (DeleteService(service->get()) == 0 && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE) {
      return refused("cannot remove the service reporterd");
    }
  }
  if (auto removed = remove_event_source(); !removed || !purge) {
    return removed;
  }
  remove_own_group();
  return remove_folder(folder_of(default_config_file()));
}

}  // namespace reporterd
