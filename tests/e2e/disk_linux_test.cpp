// Disks that are full or read-only: file systems of a test's own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/e2e/no_start.h"
#include "tests/e2e/own_namespace.h"
#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// Writes until no byte more fits.
void fill(const std::string& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  for (std::size_t size = 1U << 20; size > 0;) {
    if (::write(fd, std::string(size, 'x').data(), size) <= 0) {
      size /= 2;
    }
  }
  close(fd);
}

TEST(Disk, AFullOneKeepsWhatWasAcknowledgedStillSettlesAndIsUsedAgainWhenFreed) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNS);
  Site site;
  ASSERT_EQ(mount("none", (site / "state").c_str(), "tmpfs", 0, "size=12m"), 0);
  HttpServer server(created);
  site.configure({.destination = to(server.port())});
  site.start();
  ASSERT_EQ(site.ctl({"pause"}).exit, 0);
  constexpr int kept = 20;
  for (int i = 0; i < kept; ++i) {
    ASSERT_EQ(site.submit(i), "queued");
  }
  fill(site / "state/filler");
  int taken = kept;  // what fits into the space that the outbox has already
  Json answer;
  for (; taken < 20'000; ++taken) {
    answer = site.ask(submit_line(taken));
    if (answer.contains("error")) {
      break;
    }
    fill(site / "state/filler");
  }
  ASSERT_TRUE(answer.contains("error"));
  EXPECT_EQ(answer["error"]["code"], -32005) << answer.dump();
  EXPECT_TRUE(site.ledger_has("queued", taken));
  EXPECT_EQ(site.status()["storage"]["diskFull"], true);
  EXPECT_NE(site.reporterd().output().find("the disk is full"), std::string::npos);
  EXPECT_NE(site.ctl({"doctor"}).output.find("it is full: new messages"), std::string::npos);

  site.kill9();
  site.start();
  ASSERT_TRUE(site.ledger_has("queued", taken)) << "after kill -9 on a full disk";
  ASSERT_EQ(site.ctl({"resume"}).exit, 0);
  ASSERT_TRUE(site.ledger_has("delivered", taken));

  fs::remove(site / "state/filler");
  EXPECT_TRUE(site.reporterd().wait_until([&] { return site.submit(99'999) == "queued"; }));
  EXPECT_TRUE(site.ledger_has("delivered", taken + 1));
  EXPECT_TRUE(
      site.reaches([](const Json& status) { return status["storage"]["diskFull"] == false; }));
  EXPECT_EQ(site.stop(), 0);
  umount2((site / "state").c_str(), MNT_DETACH);
}

TEST(Disk, AFullOneStillTakesTheOwnersOff) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNS);
  Site site;
  ASSERT_EQ(mount("none", (site / "state").c_str(), "tmpfs", 0, "size=12m"), 0);
  site.configure({});
  site.start();
  int taken = 0;
  while (taken < 20'000 && site.submit(taken) == "queued") {
    ++taken;
    fill(site / "state/filler");
  }
  ASSERT_TRUE(site.ledger_has("queued", taken));
  ASSERT_EQ(site.status()["storage"]["diskFull"], true);

  site.configure({.telemetry = "enabled: false"});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  EXPECT_TRUE(site.ledger_has("withdrawn", taken));

  fs::remove(site / "state/filler");
  site.configure({});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  EXPECT_TRUE(site.reporterd().wait_until([&] { return site.submit(99'999) == "queued"; }));
  EXPECT_TRUE(site.ledger_has("queued", 1));
  EXPECT_NE(site.reporterd().output().find("the disk has space again"), std::string::npos);
  EXPECT_EQ(site.stop(), 0);
  umount2((site / "state").c_str(), MNT_DETACH);
}

TEST(Disk, ALimitOnTheSizeOfFilesIsAFullDiskAndNotTheEnd) {
  Site site;
  site.start();
  const pid_t pid = site.reporterd().id();
  rlimit before{};
  ASSERT_EQ(prlimit(pid, RLIMIT_FSIZE, nullptr, &before), 0);
  const rlimit small{256UL << 10, before.rlim_max};
  ASSERT_EQ(prlimit(pid, RLIMIT_FSIZE, &small, nullptr), 0);
  int taken = 0;
  Json answer = site.ask(submit_line(taken));
  for (; !answer.contains("error") && taken < 5000; answer = site.ask(submit_line(taken))) {
    ++taken;
  }
  ASSERT_TRUE(answer.contains("error"));
  EXPECT_EQ(answer["error"]["code"], -32005) << answer.dump();
  EXPECT_TRUE(site.ledger_has("queued", taken));
  ASSERT_EQ(prlimit(pid, RLIMIT_FSIZE, &before, nullptr), 0);
  EXPECT_EQ(site.stop(), 0);
  site.start();
  EXPECT_EQ(site.submit(taken), "queued");
  EXPECT_TRUE(site.ledger_has("queued", taken + 1));
}

TEST(Disk, AReadOnlyFolderIsRefusedInOneLine) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNS);
  Site site;
  const std::string state = site / "state";
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_EQ(site.stop(), 0);
  ASSERT_EQ(mount(state.c_str(), state.c_str(), nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(mount(nullptr, state.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
  expect_refused(site, "");
  umount2(state.c_str(), MNT_DETACH);
  site.start();
  EXPECT_TRUE(site.ledger_has("queued", 1));
}

}  // namespace
}  // namespace reporterd
