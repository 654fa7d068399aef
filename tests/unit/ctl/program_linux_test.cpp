// What reporterctl does with files, sockets and users as Linux has them.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/unit/ctl/program_fixture.h"

namespace reporterd {
namespace {

TEST_F(ProgramTest, AMissingSocketMeansNotRunning) {
  EXPECT_EQ(run("status"), 3);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "reporterctl: nobody listens at " + socket_ + " (No such file or directory)\n");
}

TEST_F(ProgramTest, OnlyTheInstalledServiceIsStartedWithSystemctl) {
  socket_ = "/run/reporterd/control/socket";
  if (std::filesystem::exists(socket_)) {
    GTEST_SKIP() << "reporterd is installed here";
  }
  EXPECT_EQ(run("status"), 3);
  EXPECT_NE(err_.find("systemctl start reporterd"), std::string::npos) << err_;
}

TEST_F(ProgramTest, ASocketThatNobodyServesMeansNotRunning) {
  serve_service();
  std::filesystem::create_hard_link(socket_, folder_ + "/stale");
  server_.reset();
  socket_ = folder_ + "/stale";
  EXPECT_EQ(run("status"), 3);
}

TEST_F(ProgramTest, ASocketThatIsNotOursMeansPermission) {
  if (geteuid() == 0) {
    runner_ = {"setpriv", "--reuid", "65534", "--clear-groups"};  // root may open everything
    chmod(folder_.c_str(), 0777);
  }
  serve_service();
  chmod(socket_.c_str(), 0);
  EXPECT_EQ(run("status"), 4);
}

TEST_F(ProgramTest, ASupportBundleIsForItsOwnerAlone) {
  serve_service();
  EXPECT_EQ(run("support-bundle bundle"), 0) << err_;
  EXPECT_EQ(std::filesystem::status(folder_ + "/bundle").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(ProgramTest, AFullDiskBehindStandardOutputIsAFailure) {
  serve_service();
  const std::string command = fmt::format("'{}' --socket '{}' status > /dev/full 2> '{}/err'",
                                          program_under_test(), socket_, folder_);
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

TEST_F(ProgramTest, AnInputThatCannotBeReadToItsEndIsAFailure) {
  serve_service();
  EXPECT_EQ(run("submit /proc/self/mem"), 1);
  EXPECT_EQ(err_, "reporterctl: cannot read /proc/self/mem to its end\n");
}

}  // namespace
}  // namespace reporterd
