// Power that goes in the middle of the work: reporterd's folder is a file system of its own, on a
// file, that is cut off as it stands, without writing back anything. What is mounted again
// afterwards has what reached the "disk".
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/types.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "tests/e2e/own_namespace.h"
#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// ext4's own names for them are not in the system's headers.
constexpr unsigned long shut_down = _IOR('X', 125, __u32);
constexpr __u32 without_flushing = 2;

// A file system for a folder. It goes with the mount namespace, should the test fail.
class LoopDisk {
 public:
  LoopDisk(std::string image, std::string folder)
      : image_(std::move(image)), folder_(std::move(folder)) {}

  // What the system says against it; "": it is there.
  std::string make() const {
    std::ofstream(image_).close();
    fs::resize_file(image_, 16U << 20);
    Ended made = run({"/usr/sbin/mkfs.ext4", "-qF", image_});
    if (made.exit == 0) {
      made = plug_in();
    }
    return made.exit == 0 ? "" : made.output;
  }
  Ended plug_in() const { return run({"/usr/bin/mount", "-o", "loop", image_, folder_}); }
  void cut() const {
    const int fd = open(folder_.c_str(), O_RDONLY | O_CLOEXEC);
    __u32 how = without_flushing;
    EXPECT_EQ(ioctl(fd, shut_down, &how), 0);
    close(fd);
  }
  void unplug() const { ASSERT_EQ(umount2(folder_.c_str(), 0), 0); }

 private:
  std::string image_;
  std::string folder_;
};

// What the thread with this id does: R, S, D, T, ...
char state_of(pid_t thread) {
  const std::string stat = contents(fmt::format("/proc/{}/stat", thread));
  return stat.at(stat.rfind(')') + 2);
}

// The processor stands still first: a sync that is under way when the file system is cut off may
// be told that it succeeded, and nobody could have acknowledged anything after a real cut.
void cut_power(const Site& site, const LoopDisk& disk) {
  Program& reporterd = site.reporterd();
  kill(reporterd.id(), SIGSTOP);
  ASSERT_TRUE(reporterd.wait_until([&] { return state_of(reporterd.id()) == 'T'; }));
  disk.cut();
}

// Hands in messages from `first` on and cuts the power after so many acknowledgements. Those that
// were out by then go to `acknowledged`; the number behind the last one that was handed in.
int submit_and_cut(const Site& site, const LoopDisk& disk, int first, std::size_t after,
                   std::set<int>& acknowledged) {
  constexpr int ahead = 32;
  LocalClient client = site.client("submit");
  int next = first;
  for (int i = 0; i < ahead && client.send(submit_line(next)); ++i) {
    ++next;
  }
  for (std::size_t taken = 0; taken < after && client.send(submit_line(next)); ++taken, ++next) {
    const Json answer = Json::parse(client.line().value_or("null"));
    EXPECT_TRUE(answer.contains("result")) << answer.dump();
    acknowledged.insert(answer["id"].get<int>());
  }
  cut_power(site, disk);
  while (const auto answer = client.line(std::chrono::milliseconds(0))) {
    acknowledged.insert(Json::parse(*answer)["id"].get<int>());
  }
  return next;
}

TEST(PowerCut, LosesNothingAcknowledgedAndStoresNothingTwice) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNS);
  Site site;
  const LoopDisk disk(site / "disk.img", site / "state");
  if (const std::string why = disk.make(); !why.empty()) {
    GTEST_SKIP() << "NOT TESTED: no file system on a loop device here: " << why;
  }
  const int cuts = number_of("REPORTERD_CUTS", 12);
  const auto seed = static_cast<unsigned>(
      number_of("REPORTERD_SEED", static_cast<int>(std::random_device()() >> 1U)));
  SCOPED_TRACE(fmt::format("REPORTERD_SEED={}", seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::size_t> moment(0, 200);  // acknowledgements before it
  const std::uint16_t port = closed_port();
  site.start_collector(port, {"--rate", "0"});
  site.configure({.destination = to(port)});
  std::set<int> acknowledged;
  int next = 0;
  for (int i = 0; i < cuts; ++i) {
    site.start();
    next = submit_and_cut(site, disk, next, moment(random), acknowledged);
    site.kill9();
    disk.unplug();
    ASSERT_EQ(disk.plug_in().exit, 0);
  }
  site.start();
  ASSERT_TRUE(site.reaches([](const Json& status) { return status["ledger"]["queued"] == 0; },
                           std::chrono::minutes(2)));
  const Json status = site.status();
  EXPECT_EQ(status["ledger"]["balances"], true);
  EXPECT_EQ(status["ledger"]["lost"], 0);
  EXPECT_EQ(status["storage"]["setAside"], nullptr);
  EXPECT_EQ(site.stop(), 0);
  disk.unplug();

  std::multiset<std::string> stored;
  for (const Json& row : site.rows()) {
    stored.insert(row["ts"].get<std::string>());
  }
  for (const int number : acknowledged) {
    EXPECT_EQ(stored.count(Json::parse(message(number))["ts"]), 1U) << "message " << number;
  }
  EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), stored.size());
  EXPECT_GT(acknowledged.size(), static_cast<std::size_t>(cuts));
}

}  // namespace
}  // namespace reporterd
