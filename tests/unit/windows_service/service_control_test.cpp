// What the service control manager asks for and is told; its part is played by the test.
#include "daemon/io/service_control_windows.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <thread>
#include <vector>

#include "daemon/io/service_manager.h"
#include "tests/support/loop_runner.h"

namespace reporterd {
namespace {

using State = ServiceNote::State;
using Notes = std::vector<ServiceNote>;
using Asked = std::vector<Signal>;

class ServiceControlTest : public testing::Test {
 protected:
  void listen() {
    control_.listen([this](Signal signal) { asked_.push_back(signal); });
  }
  void run() {
    control_.running();
    told_.clear();
  }
  void expect_stop(DWORD asked) {
    listen();
    run();
    EXPECT_EQ(control_.handle(asked), DWORD{NO_ERROR});
    EXPECT_EQ(told_, Notes({{State::stopping, 1, stop_hint, 0}}));
    EXPECT_EQ(asked_, Asked{Signal::terminate});
  }

  Notes told_;
  Asked asked_;
  ServiceControl control_{[this](const ServiceNote& note) { told_.push_back(note); }};
};

TEST_F(ServiceControlTest, EachStateIsToldWithItsHintAndAGrowingCheckpoint) {
  control_.needs(Millis(3000));
  control_.needs(Millis(60'000));
  control_.running();
  control_.stopping();
  control_.needs(Millis(5000));
  control_.stopped(78);
  EXPECT_EQ(told_, (Notes{{State::starting, 1, Millis(3000), 0},
                          {State::starting, 2, Millis(60'000), 0},
                          {State::running, 0, Millis(0), 0},
                          {State::stopping, 1, stop_hint, 0},
                          {State::stopping, 2, Millis(5000), 0},
                          {State::stopped, 0, Millis(0), 78}}));
}

TEST_F(ServiceControlTest, NothingIsToldOfWhatIsSoAlreadyOrAfterTheEnd) {
  run();
  control_.running();
  control_.needs(Millis(1));
  EXPECT_EQ(told_, Notes());
  control_.stopped(0);
  told_.clear();
  control_.stopped(1);
  control_.stopping();
  control_.needs(Millis(1));
  control_.running();
  EXPECT_EQ(control_.handle(SERVICE_CONTROL_INTERROGATE), DWORD{NO_ERROR});
  EXPECT_EQ(told_, Notes());
}

TEST_F(ServiceControlTest, AStopIsToldAtOnceAndPassedOn) {
  expect_stop(SERVICE_CONTROL_STOP);
}

TEST_F(ServiceControlTest, AShutdownWithoutAWarningIsAStop) {
  expect_stop(SERVICE_CONTROL_SHUTDOWN);
}

TEST_F(ServiceControlTest, BeforeTheMachineGoesDownThereIsTimeForTheLastDeliveries) {
  listen();
  run();
  EXPECT_EQ(control_.handle(SERVICE_CONTROL_PRESHUTDOWN), DWORD{NO_ERROR});
  EXPECT_EQ(told_, Notes({{State::stopping, 1, shutdown_hint, 0}}));
  EXPECT_EQ(asked_, Asked{Signal::shutdown});
  EXPECT_GT(shutdown_hint, stop_hint);
}

TEST_F(ServiceControlTest, WhatIsAskedForAgainWhileItStopsCutsNothingShort) {
  listen();
  run();
  control_.handle(SERVICE_CONTROL_PRESHUTDOWN);
  EXPECT_EQ(control_.handle(SERVICE_CONTROL_SHUTDOWN), DWORD{NO_ERROR});
  EXPECT_EQ(control_.handle(SERVICE_CONTROL_STOP), DWORD{NO_ERROR});
  EXPECT_EQ(asked_, Asked{Signal::shutdown});
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(ServiceControlTest, OtherParametersAreRead) {
  listen();
  run();
  EXPECT_EQ(control_.handle(SERVICE_CONTROL_PARAMCHANGE), DWORD{NO_ERROR});
  EXPECT_EQ(asked_, Asked{Signal::hangup});
  EXPECT_EQ(told_, Notes());
}

TEST_F(ServiceControlTest, AskedHowItIsItSaysWhatItSaidLast) {
  control_.needs(Millis(3000));
  EXPECT_EQ(control_.handle(SERVICE_CONTROL_INTERROGATE), DWORD{NO_ERROR});
  EXPECT_EQ(told_, Notes(2, {State::starting, 1, Millis(3000), 0}));
}

TEST_F(ServiceControlTest, WhatItDoesNotKnowIsRefused) {
  listen();
  run();
  for (const DWORD control : {SERVICE_CONTROL_PAUSE, SERVICE_CONTROL_NETBINDADD, 200}) {
    EXPECT_EQ(control_.handle(control), DWORD{ERROR_CALL_NOT_IMPLEMENTED});
  }
  EXPECT_EQ(told_, Notes());
  EXPECT_EQ(asked_, Asked());
}

TEST_F(ServiceControlTest, NobodyNeedsToListen) {
  run();
  control_.handle(SERVICE_CONTROL_PARAMCHANGE);
  listen();
  control_.listen(nullptr);
  control_.handle(SERVICE_CONTROL_STOP);
  EXPECT_EQ(asked_, Asked());
  EXPECT_EQ(told_.back().state, State::stopping);
}

TEST_F(ServiceControlTest, TheServiceManagerSpeaksThroughIt) {
  const ServiceManager manager;
  manager.needs(Millis(1500));
  manager.status("for people");
  manager.alive();
  manager.ready();
  manager.reloading();
  manager.ready();
  manager.stopping();
  EXPECT_EQ(told_, (Notes{{State::starting, 1, Millis(1500), 0},
                          {State::running, 0, Millis(0), 0},
                          {State::stopping, 1, stop_hint, 0}}));
  EXPECT_EQ(manager.patience(), std::nullopt);
}

TEST(ServiceManager, MayBeAbsent) {
  const ServiceManager manager;
  manager.needs(Millis(1));
  manager.ready();
  manager.stopping();
  EXPECT_EQ(manager.patience(), std::nullopt);
}

TEST_F(ServiceControlTest, WhatComesOnTheManagersThreadIsHeardOnTheLoopInOrder) {
  Loop loop;
  Asked heard;
  std::thread::id where;
  {
    const Signals signals(loop, [&](Signal signal) {
      heard.push_back(signal);
      where = std::this_thread::get_id();
    });
    run();
    std::thread([this] {
      control_.handle(SERVICE_CONTROL_PARAMCHANGE);
      control_.handle(SERVICE_CONTROL_STOP);
    }).join();
    EXPECT_EQ(heard, Asked());
    EXPECT_TRUE(run_until(loop, [&] { return heard.size() == 2; }));
  }
  EXPECT_EQ(heard, (Asked{Signal::hangup, Signal::terminate}));
  EXPECT_EQ(where, std::this_thread::get_id());
  control_.handle(SERVICE_CONTROL_PARAMCHANGE);  // nobody is there any more
  run_ready(loop);
  EXPECT_EQ(heard.size(), 2U);
}

}  // namespace
}  // namespace reporterd
