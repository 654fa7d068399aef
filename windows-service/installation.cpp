#include "windows-service/installation.h"

#include <windows.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/config.h"
#include "daemon/path.h"
#include "daemon/places.h"
#include "windows-service/event_log.h"
#include "windows-service/image_path.h"
#include "windows-service/local_group.h"
#include "windows-service/manager.h"
#include "windows-service/protected_folder.h"
#include "windows-service/service_settings.h"

namespace reporterd {
namespace {

// As the packages have it.
constexpr const char* sample_file = "reporterd.sample.yaml";

std::string this_program() {
  constexpr std::size_t longest = 32'768;  // names of files on Windows
  std::wstring name(longest, L'\0');
  name.resize(GetModuleFileNameW(nullptr, name.data(), longest));
  return narrow(name);
}

std::string absolute(const std::string& file) {
  std::error_code failed;
  const auto full = absolute_path_of(file, failed);
  return failed ? file : name_of(full);
}

std::string folder_of(const std::string& file) {
  return name_of(path_of(file).parent_path());
}

// The configuration is the administrator's: the service reads it, and writes below only.
WindowsStatus make_folders() {
  const std::string own = folder_of(default_config_file());
  if (auto made = protect_folder(own, access_of_configuration); !made) {
    return made;
  }
  for (const std::string& folder : {default_state_dir(), folder_of(default_log_file())}) {
    if (auto made = protect_folder(folder, access_of_state); !made) {
      return made;
    }
  }
  return {};
}

WindowsStatus make_event_source() {
  return add_event_source(this_program());
}

// An owner's configuration is never written over: what is given is for the first time.
WindowsResult<Warnings> take_configuration(const InstallOptions& options) {
  const std::string config =
      options.config_file.empty() ? default_config_file() : absolute(options.config_file);
  std::error_code ignored;
  if (std::filesystem::exists(path_of(config), ignored)) {
    return options.initial_config.empty()
               ? Warnings()
               : Warnings{config + " is there already and kept as it is"};
  }
  const std::string initial = options.initial_config.empty()
                                  ? folder_of(this_program()) + "\\" + sample_file
                                  : absolute(options.initial_config);
  if (!options.initial_config.empty()) {
    // A wrong one would be kept, and no other one be taken after it.
    if (const auto usable = load_config(initial); !usable) {
      return refused(usable.error().what, ERROR_INVALID_DATA);
    }
  }
  if (CopyFileW(path_of(initial).c_str(), path_of(config).c_str(), TRUE) != 0) {
    return Warnings();
  }
  if (!options.initial_config.empty()) {
    return refused("cannot copy " + initial + " to " + config);
  }
  return Warnings{"there is no configuration yet: write " + config +
                  ", then `reporterd service start`"};
}

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

WindowsResult<Warnings> set_up(SC_HANDLE service, InstallOptions options) {
  options = with_places_of(present_command_line(service), std::move(options));
  for (const auto& step : {make_event_source, make_folders}) {
    if (auto done = step(); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto made = make_group(); !made) {
    return std::unexpected(made.error());
  }
  auto taken = take_configuration(options);
  if (!taken) {
    return taken;
  }
  Warnings warnings = std::move(*taken);
  if (!options.state_dir.empty()) {
    const auto made = make_protected_folder(absolute(options.state_dir), access_of_state);
    if (!made) {
      return std::unexpected(made.error());
    }
    if (!*made) {
      warnings.push_back("see that NT SERVICE\\reporterd may write in " +
                         absolute(options.state_dir) + ", which was there before");
    }
  }
  const std::wstring command = wide(service_command_line(options));
  if (ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                           SERVICE_ERROR_NORMAL, command.c_str(), nullptr, nullptr, nullptr,
                           service_account, L"", display_name) == 0) {
    return refused("cannot set up the service reporterd");
  }
  auto more = write_settings(change_setting_of(service));
  if (!more) {
    return std::unexpected(more.error());
  }
  warnings.insert(warnings.end(), more->begin(), more->end());
  return warnings;
}

// The access that write_settings() wants: a restart is a start.
constexpr DWORD set_up_access = SERVICE_CHANGE_CONFIG | SERVICE_QUERY_CONFIG | SERVICE_START;

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
  auto manager = open_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
  if (!manager) {
    return std::unexpected(manager.error());
  }
  const std::wstring command = wide(service_command_line(options));
  ScHandle service(CreateServiceW(manager->get(), service_name, display_name, set_up_access,
                                  SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                  SERVICE_ERROR_NORMAL, command.c_str(), nullptr, nullptr, nullptr,
                                  service_account, L""));
  if (!service && GetLastError() == ERROR_SERVICE_EXISTS) {
    return configure_service(options);
  }
  if (!service) {
    return refused("cannot make the service reporterd");
  }
  return set_up(service.get(), options);
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
