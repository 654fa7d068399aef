#include "windows-service/service_settings.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "daemon/io/service_control_windows.h"

namespace reporterd {
namespace {

// What wine does not answer, it is told all the same: the test takes the manager's part.
struct FakeManager {
  std::optional<std::wstring> description;
  std::optional<DWORD> sid_type;
  std::optional<BOOL> delayed;
  std::optional<DWORD> preshutdown_ms;
  std::optional<BOOL> also_told_failures;
  std::vector<SC_ACTION> actions;
  DWORD reset_s = 0;
  std::map<DWORD, DWORD> refuses;  // level -> error

  bool change(DWORD level, void* information) {
    if (refuses.contains(level)) {
      SetLastError(refuses.at(level));
      return false;
    }
    switch (level) {
      case SERVICE_CONFIG_DESCRIPTION:
        description = static_cast<SERVICE_DESCRIPTIONW*>(information)->lpDescription;
        return true;
      case SERVICE_CONFIG_SERVICE_SID_INFO:
        sid_type = static_cast<SERVICE_SID_INFO*>(information)->dwServiceSidType;
        return true;
      case SERVICE_CONFIG_DELAYED_AUTO_START_INFO:
        delayed = static_cast<SERVICE_DELAYED_AUTO_START_INFO*>(information)->fDelayedAutostart;
        return true;
      case SERVICE_CONFIG_PRESHUTDOWN_INFO:
        preshutdown_ms = static_cast<SERVICE_PRESHUTDOWN_INFO*>(information)->dwPreshutdownTimeout;
        return true;
      case SERVICE_CONFIG_FAILURE_ACTIONS_FLAG:
        also_told_failures = static_cast<SERVICE_FAILURE_ACTIONS_FLAG*>(information)
                                 ->fFailureActionsOnNonCrashFailures;
        return true;
      case SERVICE_CONFIG_FAILURE_ACTIONS: {
        const auto& failure = *static_cast<SERVICE_FAILURE_ACTIONSW*>(information);
        actions.assign(failure.lpsaActions, failure.lpsaActions + failure.cActions);
        reset_s = failure.dwResetPeriod;
        return true;
      }
      default:
        ADD_FAILURE() << "level " << level;
        return false;
    }
  }
  WindowsResult<std::vector<std::string>> write() {
    return write_settings(
        [this](DWORD level, void* information) { return change(level, information); });
  }
};

TEST(ServiceSettings, AllOfThemAreWritten) {
  FakeManager manager;
  const auto warnings = manager.write();
  ASSERT_TRUE(warnings);
  EXPECT_TRUE(warnings->empty());
  EXPECT_NE(manager.description.value_or(L"").find(L"outbox"), std::wstring::npos);
  EXPECT_EQ(manager.sid_type, DWORD{SERVICE_SID_TYPE_UNRESTRICTED});
  EXPECT_EQ(manager.delayed, TRUE);
  EXPECT_EQ(manager.preshutdown_ms, static_cast<DWORD>(shutdown_hint.count()));
}

TEST(ServiceSettings, AServiceThatDiesIsStartedAgainLaterEachTimeAndOneThatTellsIsNot) {
  FakeManager manager;
  ASSERT_TRUE(manager.write());
  ASSERT_EQ(manager.actions.size(), 3U);
  DWORD before = 0;
  for (const SC_ACTION& action : manager.actions) {
    EXPECT_EQ(action.Type, SC_ACTION_RESTART);
    EXPECT_GT(action.Delay, before);
    before = action.Delay;
  }
  EXPECT_EQ(manager.reset_s, 86'400U);
  EXPECT_EQ(manager.also_told_failures, FALSE);
}

TEST(ServiceSettings, WhatTheSystemDoesNotKnowIsAWarningAndTheRestIsWritten) {
  FakeManager manager;
  manager.refuses = {{SERVICE_CONFIG_SERVICE_SID_INFO, ERROR_INVALID_LEVEL},
                     {SERVICE_CONFIG_DELAYED_AUTO_START_INFO, ERROR_INVALID_LEVEL}};
  const auto warnings = manager.write();
  ASSERT_TRUE(warnings);
  EXPECT_EQ(warnings->size(), 2U);
  EXPECT_EQ(manager.actions.size(), 3U);
  EXPECT_EQ(manager.also_told_failures, FALSE);
}

TEST(ServiceSettings, WhatTheSystemForbidsIsAFailureThatSaysWhat) {
  FakeManager manager;
  manager.refuses = {{SERVICE_CONFIG_FAILURE_ACTIONS, ERROR_ACCESS_DENIED}};
  const auto warnings = manager.write();
  ASSERT_FALSE(warnings);
  EXPECT_EQ(warnings.error().number, DWORD{ERROR_ACCESS_DENIED});
  EXPECT_NE(warnings.error().what.find("the restart after a failure"), std::string::npos);
  EXPECT_NE(warnings.error().what.find("administrator"), std::string::npos);
  EXPECT_EQ(warnings.error().what.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace reporterd
