#include <gtest/gtest.h>
#include <windows.h>

#include <atomic>
#include <thread>

#include "daemon/collect/butler_config.h"
#include "daemon/collect/small_file.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

// A program that has the file open, and lets others do what `share` says.
class OpenedByAnother {
 public:
  OpenedByAnother(const std::string& file, DWORD access, DWORD share)
      : handle_(CreateFileW(path_of(file).c_str(), access, share, nullptr, OPEN_EXISTING,
                            FILE_ATTRIBUTE_NORMAL, nullptr)) {
    EXPECT_NE(handle_, INVALID_HANDLE_VALUE);
  }
  ~OpenedByAnother() { CloseHandle(handle_); }
  OpenedByAnother(const OpenedByAnother&) = delete;
  OpenedByAnother& operator=(const OpenedByAnother&) = delete;

 private:
  HANDLE handle_;
};

TEST(SmallFile, ThatAnotherProgramWritesToIsRead) {
  const Folder folder;
  const auto file = folder.write("f", "x");
  const OpenedByAnother writer(file, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ);
  EXPECT_EQ(read_small_file(file, 9), "x");
  EXPECT_EQ(read_file_ends(file, 9)->head, "x");
}

TEST(SmallFile, ThatAnotherProgramHasForItselfAloneIsToBeTriedAgain) {
  const Folder folder;
  const auto file = folder.write("production.yaml", "Butler: {anonTelemetry: true}");
  ButlerConfig config;
  config.config_file = file;
  {
    const OpenedByAnother owner(file, GENERIC_READ, 0);
    const auto read = read_small_file(file, 99);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::unavailable);
    EXPECT_EQ(read.error().what, file + ": another program has it open for itself alone");
    EXPECT_TRUE(read_butler(config).is_busy);
  }
  EXPECT_EQ(read_butler(config).state, ButlerReading::State::on);
  EXPECT_FALSE(read_butler(config).is_busy);
}

// Who writes into the file, or replaces it, does so all the time: sooner or later during a reading,
// which must say so. Replacing is refused by wine while the file is open.
TEST(SmallFile, AFileThatChangesWhileItIsReadIsNotTaken) {
  const Folder folder;
  const auto file = folder.write("f", "");
  const std::string large(500'000, 'x');
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) {
      folder.write("f", large);
    }
  });
  bool seen_changing = false;
  for (int i = 0; i < 2000 && !seen_changing; ++i) {
    const auto text = read_small_file(file, 600'000);
    seen_changing = !text;
    EXPECT_TRUE(text || text.error().code == ErrorCode::unavailable) << text.error().what;
  }
  stop = true;
  writer.join();
  EXPECT_TRUE(seen_changing);
}

TEST(SmallFile, DevicesAndPipesAreNoFiles) {
  EXPECT_EQ(read_small_file("NUL", 9).error().code, ErrorCode::invalid);
  const HANDLE pipe =
      CreateNamedPipeW(L"\\\\.\\pipe\\collect_test", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, nullptr);
  ASSERT_NE(pipe, INVALID_HANDLE_VALUE);
  EXPECT_EQ(read_small_file("\\\\.\\pipe\\collect_test", 9).error().code, ErrorCode::invalid);
  CloseHandle(pipe);
}

TEST(SmallFile, NamesMayHaveAnyLetterAndBeLong) {
  const Folder folder;
  const std::string deep = "\xC3\xA4\xE2\x82\xAC/" + std::string(120, 'a') + "/" +
                           std::string(120, 'b') + "/production.yaml";
  const auto file = folder.write(deep, "Butler: {anonTelemetry: true}");
  EXPECT_GT(file.size(), 260U);
  ButlerConfig config;
  config.config_file = file;
  EXPECT_EQ(read_butler(config).state, ButlerReading::State::on) << read_butler(config).why;
}

}  // namespace
}  // namespace reporterd
