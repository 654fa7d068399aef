#include <gtest/gtest.h>

#include "daemon/program.h"
#include "windows-service/service_main.h"

namespace reporterd {
namespace {

using State = ServiceNote::State;

TEST(ServiceStatus, IsWhatTheManagerWantsToHear) {
  const SERVICE_STATUS starting = status_of({State::starting, 3, Millis(1500), 0});
  EXPECT_EQ(starting.dwServiceType, DWORD{SERVICE_WIN32_OWN_PROCESS});
  EXPECT_EQ(starting.dwCurrentState, DWORD{SERVICE_START_PENDING});
  EXPECT_EQ(starting.dwCheckPoint, 3U);
  EXPECT_EQ(starting.dwWaitHint, 1500U);
  EXPECT_EQ(starting.dwWin32ExitCode, DWORD{NO_ERROR});
  EXPECT_EQ(status_of({State::stopping, 1, Millis(1), 0}).dwCurrentState,
            DWORD{SERVICE_STOP_PENDING});
  EXPECT_EQ(status_of({State::stopped, 0, Millis(0), 0}).dwCurrentState, DWORD{SERVICE_STOPPED});
}

TEST(ServiceStatus, ControlsAreTakenWhileItRunsOnly) {
  for (const State state : {State::starting, State::stopping, State::stopped}) {
    EXPECT_EQ(status_of({state, 0, Millis(0), 0}).dwControlsAccepted, 0U);
  }
  EXPECT_EQ(status_of({State::running, 0, Millis(0), 0}).dwControlsAccepted,
            DWORD{SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN |
                  SERVICE_ACCEPT_PARAMCHANGE});
}

TEST(ServiceStatus, AnExitCodeIsOurOwn) {
  const SERVICE_STATUS stopped = status_of({State::stopped, 0, Millis(0), exit_config});
  EXPECT_EQ(stopped.dwWin32ExitCode, DWORD{ERROR_SERVICE_SPECIFIC_ERROR});
  EXPECT_EQ(stopped.dwServiceSpecificExitCode, DWORD{exit_config});
  EXPECT_EQ(status_of({State::stopped, 0, Millis(0), 0}).dwWin32ExitCode, DWORD{NO_ERROR});
}

TEST(ServiceStatus, OnlyAFailureThatMayPassEndsWithoutAWord) {
  EXPECT_TRUE(ends_without_a_word(exit_failure));
  for (const int told : {0, exit_usage, exit_config}) {
    EXPECT_FALSE(ends_without_a_word(told));
  }
}

TEST(ServiceStatus, WithoutTheManagerThereIsNoLife) {
  bool lived = false;
  const auto ended = run_as_service([&] {
    lived = true;
    return 0;
  });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().number, DWORD{ERROR_FAILED_SERVICE_CONTROLLER_CONNECT});
  EXPECT_NE(ended.error().what.find("reporterd service start"), std::string::npos);
  EXPECT_FALSE(lived);
}

}  // namespace
}  // namespace reporterd
