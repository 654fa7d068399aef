// What reporterctl does with pipes, files and names as Windows has them.
//
// Not here: a pipe whose rights keep this user out (wine opens every pipe for everybody; what that
// error comes to is in pipe_windows_test), and colours (without a screen wine has no console).

#include <windows.h>

#include <aclapi.h>
#include <gtest/gtest.h>
#include <sddl.h>

#include <chrono>
#include <string>

#include "tests/support/make_pipe_windows.h"
#include "tests/unit/ctl/program_fixture.h"

namespace reporterd {
namespace {

using testing::make_pipe;

// A client that has taken the only instance of a pipe.
UniqueHandle occupy(const std::string& name) {
  UniqueHandle client = owned(CreateFileW(path_of(name).c_str(), GENERIC_READ, 0, nullptr,
                                          OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr));
  EXPECT_TRUE(client);
  return client;
}

std::string rights_of(const std::string& file) {
  PSECURITY_DESCRIPTOR found = nullptr;
  if (GetNamedSecurityInfoW(path_of(file).c_str(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION,
                            nullptr, nullptr, nullptr, nullptr, &found) != ERROR_SUCCESS) {
    return "none";
  }
  const LocalMemory<void> descriptor(found);
  wchar_t* text = nullptr;
  EXPECT_NE(ConvertSecurityDescriptorToStringSecurityDescriptorW(
                found, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, nullptr),
            0);
  const LocalMemory<wchar_t> owner(text);
  return name_of(owner.get());
}

TEST_F(ProgramTest, AMissingPipeMeansNotRunning) {
  EXPECT_EQ(run("status"), 3);
  EXPECT_EQ(out_, "");
  EXPECT_TRUE(err_.starts_with("reporterctl: nobody listens at " + socket_ + " (")) << err_;
  EXPECT_TRUE(err_.ends_with(")\n")) << err_;
}

TEST_F(ProgramTest, OnlyTheInstalledServiceIsStartedWithNet) {
  socket_ = R"(\\.\pipe\reporterd-control)";
  EXPECT_EQ(run("status"), 3);
  EXPECT_TRUE(err_.ends_with("; start the service: net start reporterd\n")) << err_;
}

TEST_F(ProgramTest, APipeWhoseInstancesAreAllTakenIsWaitedForAndThenTriedLater) {
  const auto pipe = make_pipe(socket_);
  const auto other = occupy(socket_);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(run("status --patience 1s"), 75);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
  EXPECT_EQ(err_, "reporterctl: the service is too busy to take a connection (" + socket_ + ")\n");
}

TEST_F(ProgramTest, APipeThatAStrangerMadeGetsNothing) {
  const auto pipe = make_pipe(socket_, L"O:S-1-5-21-1-2-3-1001D:P(A;;GA;;;WD)");
  EXPECT_EQ(run("submit -", "{\"a\":1}"), 1);
  EXPECT_EQ(out_, "");
  EXPECT_TRUE(err_.starts_with("reporterctl: " + socket_ + " was made by S-1-5-21-1-2-3-1001,"))
      << err_;
  DWORD waiting = 0;
  PeekNamedPipe(pipe.get(), nullptr, 0, nullptr, &waiting, nullptr);
  EXPECT_EQ(waiting, 0U);
}

TEST_F(ProgramTest, WhatIsNotThePipeOfThisMachineIsWrongUsage) {
  write("file", "text");
  for (const char* name : {"file", "C:\\file", R"(\\elsewhere\pipe\x)", R"(\\.\pipe\)", "/run/x"}) {
    socket_ = name;
    EXPECT_EQ(run("submit -", "{\"a\":1}"), 2) << name;
  }
  EXPECT_EQ(contents(folder_ + "/file"), "text");
}

TEST_F(ProgramTest, PipesAndFilesMayHaveNamesInAllLetters) {
  socket_ += "-Grüße-漢字-😀";
  serve_service();
  write("Nachricht-漢字.json", "{\"a\":1}");
  EXPECT_EQ(run("submit Nachricht-漢字.json"), 0) << err_;
  EXPECT_EQ(service_.submitted, std::vector<std::string>{"{\"a\":1}"});
  EXPECT_EQ(run("submit fehlt-漢字.json"), 1);
  EXPECT_EQ(err_, "reporterctl: cannot read fehlt-漢字.json: No such file or directory\n");
  EXPECT_EQ(run("support-bundle Bündel-漢字.txt"), 0) << err_;
  EXPECT_TRUE(out_.starts_with("Bündel-漢字.txt: ")) << out_;
  EXPECT_NE(contents(folder_ + "/Bündel-漢字.txt").find("\n== status\n{"), std::string::npos);
}

TEST_F(ProgramTest, ASupportBundleIsForItsOwnerTheSystemAndAdministrators) {
  serve_service();
  EXPECT_EQ(run("support-bundle bundle"), 0) << err_;
  // wine keeps of a list what fits into a mode of Unix, and shows that.
  const std::string rights = rights_of(folder_ + "/bundle");
  EXPECT_TRUE(rights.starts_with("D:")) << rights;
  EXPECT_NE(rights.find("(A;;FA;;;SY)"), std::string::npos) << rights;
  EXPECT_EQ(rights.find(";WD)"), std::string::npos) << rights;  // everyone
  const std::string before = contents(folder_ + "/bundle");
  EXPECT_NE(before.find("`Get-WinEvent -ProviderName reporterd`"), std::string::npos) << before;
  EXPECT_EQ(run("support-bundle bundle"), 1);
  EXPECT_EQ(err_, "reporterctl: bundle is there already; give another name\n");
  EXPECT_EQ(contents(folder_ + "/bundle"), before);
}

TEST_F(ProgramTest, LinesEndAsOnOtherSystems) {
  serve_service();
  EXPECT_EQ(run("status"), 0) << err_;
  EXPECT_EQ(out_.find('\r'), std::string::npos) << out_;
}

TEST_F(ProgramTest, AnInputDoesNotEndAtControlZ) {
  serve_service();
  EXPECT_EQ(run("submit -", "{\"a\":1}\n\x1a\n{\"a\":2}\n"), 1);
  EXPECT_EQ(service_.submitted, (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"}));
}

}  // namespace
}  // namespace reporterd
