#include "daemon/io/service_manager.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/notify_socket.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

using Notes = std::vector<std::string>;

// NOLINTBEGIN(concurrency-mt-unsafe): the test has one thread
class ServiceManagerTest : public testing::Test {
 protected:
  ~ServiceManagerTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
      unsetenv(name);
    }
  }
  static void set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }

  TempFolder folder_;
};

TEST_F(ServiceManagerTest, HearsEachNoteAsADatagramOfItsOwn) {
  for (const std::string& name : {folder_ / "notify", std::string("@reporterd-test-notify")}) {
    const NotifySocket socket(name);
    set("NOTIFY_SOCKET", name);
    const ServiceManager manager;
    manager.needs(Millis(1500));
    manager.status("two\nlines");
    manager.ready();
    manager.alive();
    manager.stopping();
    EXPECT_EQ(socket.until("STOPPING"), (Notes{"EXTEND_TIMEOUT_USEC=1500000", "STATUS=two lines",
                                               "READY=1", "WATCHDOG=1", "STOPPING=1"}));
    manager.reloading();
    EXPECT_TRUE(socket.until("RELOADING=1\nMONOTONIC_USEC=").back().starts_with("RELOADING"));
  }
}

TEST_F(ServiceManagerTest, IsTakenOutOfTheEnvironment) {
  set("NOTIFY_SOCKET", folder_ / "nobody");
  set("WATCHDOG_USEC", "1000");
  const ServiceManager manager;
  EXPECT_EQ(getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(getenv("WATCHDOG_USEC"), nullptr);
}

TEST_F(ServiceManagerTest, MayBeAbsentOrDeaf) {
  for (const std::string& name : {std::string(), std::string("@"), std::string("relative"),
                                  std::string(200, '/'), folder_ / "nobody-listens"}) {
    set("NOTIFY_SOCKET", name);
    const ServiceManager manager;
    manager.ready();
    manager.status("nobody reads this");
    EXPECT_EQ(manager.patience(), std::nullopt) << name;
  }
}

TEST_F(ServiceManagerTest, TellsHowLongItMayHearNothing) {
  struct Case {
    std::string usec;
    std::string pid;
    std::optional<Millis> patience;
  };
  for (const Case& given : std::initializer_list<Case>{
           {"600000000", std::to_string(getpid()), std::chrono::minutes(10)},
           {"600000000", "", std::chrono::minutes(10)},
           {"1", "", Millis(1)},
           {"600000000", "1", std::nullopt},  // of another process
           {"600000000", "me", std::nullopt},
           {"0", "", std::nullopt},
           {"-1", "", std::nullopt},
           {"soon", "", std::nullopt},
           {"", "", std::nullopt},
           {"99999999999999999999", "", std::nullopt}}) {
    set("NOTIFY_SOCKET", folder_ / "notify");
    set("WATCHDOG_USEC", given.usec);
    set("WATCHDOG_PID", given.pid);
    EXPECT_EQ(ServiceManager().patience(), given.patience) << given.usec << " " << given.pid;
  }
}
// NOLINTEND(concurrency-mt-unsafe)

}  // namespace
}  // namespace reporterd
