#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "daemon/collect/small_file.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

TEST(SmallFile, OnlyRegularFilesAreRead) {
  const Folder folder;
  const auto fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(read_small_file(fifo, 9).error().code, ErrorCode::invalid) << "and does not block";
  EXPECT_EQ(read_small_file("/dev/zero", 9).error().code, ErrorCode::invalid);
}

TEST(SmallFile, ALinkToAFileIsRead) {
  const Folder folder;
  std::filesystem::create_symlink(folder.write("real", "x"), folder / "link");
  EXPECT_EQ(read_small_file(folder / "link", 9), "x");
}

// A writer replaces the file all the time: sooner or later this happens during a reading, which
// must say so; every other reading is one of the whole texts.
TEST(SmallFile, AFileThatChangesWhileItIsReadIsNotTaken) {
  const Folder folder;
  const auto file = folder.write("f", "old");
  const std::string large(2'000'000, 'x');
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) {
      folder.write("new", large);
      std::filesystem::rename(folder / "new", file);
      folder.write("new", "old");
      std::filesystem::rename(folder / "new", file);
    }
  });
  bool seen_changing = false;
  for (int i = 0; i < 5000 && !seen_changing; ++i) {
    const auto text = read_small_file(file, 4'000'000);
    if (text) {
      EXPECT_TRUE(*text == "old" || *text == large);
    } else {
      EXPECT_EQ(text.error().code, ErrorCode::unavailable) << text.error().what;
      seen_changing = true;
    }
  }
  stop = true;
  writer.join();
  EXPECT_TRUE(seen_changing);
}

}  // namespace
}  // namespace reporterd
