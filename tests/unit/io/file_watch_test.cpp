#include "daemon/io/file_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/io/file_watch_fixture.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

TEST_F(FileWatchTest, AFileWrittenInPlaceIsTold) {
  const std::string file = folder_ / "a.yaml";
  write_file(file, "one");
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] { write_file(file, "two"); }));
}

TEST_F(FileWatchTest, AFileReplacedByRenameIsToldEachTime) {
  const std::string file = folder_ / "a.yaml";
  write_file(file, "one");
  ASSERT_TRUE(watch_.set_files({file}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(told_after(file, [&] {
      write_file(file + ".new", "two");
      fs::rename(file + ".new", file);
    }));
  }
}

TEST_F(FileWatchTest, AFileThatComesAndGoesIsTold) {
  const std::string file = folder_ / "a.yaml";
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] { write_file(file, "one"); }));
  EXPECT_TRUE(told_after(file, [&] { fs::remove(file); }));
}

TEST_F(FileWatchTest, AChangeOfPermissionsIsTold) {
  const std::string file = folder_ / "a.yaml";
  write_file(file, "one");
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] { fs::permissions(file, fs::perms::none); }));
}

TEST_F(FileWatchTest, AFileMayHaveAnyName) {
  const std::string file = folder_ / "Käse-設定/Größe-大.yaml";
  fs::create_directory(path_of(folder_ / "Käse-設定"));
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] { write_file(file, "one"); }));
}

TEST_F(FileWatchTest, ManyWritesAtOnceAreToldOnce) {
  const std::string file = folder_ / "a.yaml";
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] {
    for (int i = 0; i < 100; ++i) {
      write_file(file, "text");
    }
  }));
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(FileWatchTest, OtherFilesOfTheFolderAreNotTold) {
  const std::string file = folder_ / "a.yaml";
  write_file(file, "one");
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(nothing_told_after([&] {
    write_file(folder_ / "a.yaml.log", "x");
    fs::remove(folder_ / "a.yaml.log");
  }));
}

TEST_F(FileWatchTest, AFileInFoldersThatAppearLaterIsTold) {
  const std::string file = folder_ / "one/two/three/a.yaml";
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] {
    fs::create_directories(folder_ / "one/two/three");
    write_file(file, "one");
  }));
  EXPECT_TRUE(told_after(file, [&] { write_file(file, "two"); }));
}

TEST_F(FileWatchTest, FoldersThatAppearOneByOneAreFollowed) {
  const std::string file = folder_ / "one/two/a.yaml";
  ASSERT_TRUE(watch_.set_files({file}));
  fs::create_directory(folder_ / "one");
  run_ready(loop_);
  fs::create_directory(folder_ / "one/two");
  run_ready(loop_);
  EXPECT_TRUE(told_after(file, [&] { write_file(file, "one"); }));
}

TEST_F(FileWatchTest, AFolderThatIsRemovedAndMadeAgainIsWatchedAgain) {
  const std::string file = folder_ / "config/a.yaml";
  fs::create_directory(folder_ / "config");
  write_file(file, "one");
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] { fs::remove_all(folder_ / "config"); }));
  EXPECT_TRUE(told_after(file, [&] {
    fs::create_directory(folder_ / "config");
    write_file(file, "two");
  }));
  EXPECT_TRUE(told_after(file, [&] { write_file(file, "three"); }));
}

TEST_F(FileWatchTest, AnUpgradeThatSwapsTheProgramsFolderIsTold) {
  const std::string file = folder_ / "butler/config/a.yaml";
  fs::create_directories(folder_ / "butler/config");
  write_file(file, "old");
  fs::create_directories(folder_ / "butler.new/config");
  write_file(folder_ / "butler.new/config/a.yaml", "new");
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] {
    fs::rename(folder_ / "butler", folder_ / "butler.old");
    fs::rename(folder_ / "butler.new", folder_ / "butler");
  }));
  EXPECT_TRUE(told_after(file, [&] { write_file(file, "newer"); }));
  EXPECT_TRUE(
      nothing_told_after([&] { write_file(folder_ / "butler.old/config/a.yaml", "who cares"); }));
}

TEST_F(FileWatchTest, ANewSetReplacesTheOld) {
  const std::string first = folder_ / "a.yaml";
  const std::string second = folder_ / "b.yaml";
  ASSERT_TRUE(watch_.set_files({first}));
  ASSERT_TRUE(watch_.set_files({second}));
  EXPECT_TRUE(nothing_told_after([&] { write_file(first, "x"); }));
  EXPECT_TRUE(told_after(second, [&] { write_file(second, "x"); }));
}

TEST_F(FileWatchTest, ASetThatStaysLosesNoChange) {
  const std::string file = folder_ / "a.yaml";
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] {
    write_file(file, "x");
    EXPECT_TRUE(watch_.set_files({file}));
  }));
}

TEST_F(FileWatchTest, AnEmptySetIsAllowed) {
  EXPECT_TRUE(watch_.set_files({}));
}

}  // namespace
}  // namespace reporterd
