#include "windows-service/service_settings.h"

#include <array>

#include "daemon/io/service_control_windows.h"

namespace reporterd {
namespace {

// A failure that passes is over soon; one that lasts is asked about twelve times an hour.
constexpr DWORD second_ms = 1000;
constexpr std::array<DWORD, 3> restart_after_ms = {5 * second_ms, 30 * second_ms, 300 * second_ms};
constexpr DWORD forget_failures_after_s = 24 * 60 * 60;

struct Setting {
  DWORD level;
  void* information;
  const char* what;
};

}  // namespace

ChangeSetting change_setting_of(SC_HANDLE service) {
  return [service](DWORD level, void* information) {
    return ChangeServiceConfig2W(service, level, information) != 0;
  };
}

WindowsResult<std::vector<std::string>> write_settings(const ChangeSetting& change) {
  std::wstring text =
      L"Keeps Butler's telemetry in a local outbox and delivers it, each message stored once.";
  SERVICE_DESCRIPTIONW description{text.data()};
  SERVICE_SID_INFO sid{SERVICE_SID_TYPE_UNRESTRICTED};
  SERVICE_DELAYED_AUTO_START_INFO delayed{TRUE};
  SERVICE_PRESHUTDOWN_INFO preshutdown{static_cast<DWORD>(shutdown_hint.count())};
  std::array<SC_ACTION, restart_after_ms.size()> actions{};
  for (std::size_t i = 0; i < actions.size(); ++i) {
    actions[i] = {SC_ACTION_RESTART, restart_after_ms[i]};  // the last one again and again
  }
  SERVICE_FAILURE_ACTIONSW failure{forget_failures_after_s, nullptr, nullptr,
                                   static_cast<DWORD>(actions.size()), actions.data()};
  // Only a process that ends without a word has failed (ends_without_a_word): a wrong configuration
  // is told, with its exit code, and another start would find the same one.
  SERVICE_FAILURE_ACTIONS_FLAG flag{FALSE};
  std::vector<std::string> warnings;
  for (const Setting& setting :
       {Setting{SERVICE_CONFIG_DESCRIPTION, &description, "the description"},
        Setting{SERVICE_CONFIG_SERVICE_SID_INFO, &sid, "a SID of the service's own"},
        Setting{SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed, "the start after others"},
        Setting{SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown, "the time to shut down in"},
        Setting{SERVICE_CONFIG_FAILURE_ACTIONS, &failure, "the restart after a failure"},
        Setting{SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag, "what counts as a failure"}}) {
    if (change(setting.level, setting.information)) {
      continue;
    }
    const DWORD error = GetLastError();
    auto failed = refused(std::string("cannot set ") + setting.what, error);
    if (error != ERROR_INVALID_LEVEL) {
      return failed;
    }
    warnings.push_back(failed.error().what + "; the service works without");
  }
  return warnings;
}

}  // namespace reporterd
