#include "daemon/io/file_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/support/loop_runner.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

void write_file(const std::string& file, std::string_view text) {
  std::ofstream(file) << text;
}

class FileWatchTest : public testing::Test {
 protected:
  // Makes the change, and waits until `file` is told.
  template <class Change>
  testing::AssertionResult told_after(const std::string& file, Change change) {
    told_.clear();
    change();
    return run_until(loop_, [&] { return std::ranges::find(told_, file) != told_.end(); });
  }

  // Shows that nothing was told, by making a change that is told later than all before it.
  testing::AssertionResult nothing_told_after(const std::function<void()>& change) {
    told_.clear();
    change();
    const std::string marker = folder_ / "marker";
    FileWatch other(loop_, [this](const std::string&) { marker_told_ = true; });
    marker_told_ = false;
    if (!other.set_files({marker})) {
      return testing::AssertionFailure() << "cannot watch";
    }
    write_file(marker, "x");
    if (auto ran = run_until(loop_, [this] { return marker_told_; }); !ran) {
      return ran;
    }
    run_ready(loop_);
    return told_.empty() ? testing::AssertionSuccess()
                         : testing::AssertionFailure() << "told: " << told_.front();
  }

  TempFolder folder_;
  Loop loop_;
  std::vector<std::string> told_;
  bool marker_told_ = false;
  FileWatch watch_{loop_, [this](const std::string& file) { told_.push_back(file); }};
};

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

TEST_F(FileWatchTest, ASwappedSymbolicLinkBesideTheFileIsTold) {
  fs::create_directory(folder_ / "v1");
  fs::create_directory(folder_ / "v2");
  write_file(folder_ / "v1/a.yaml", "one");
  write_file(folder_ / "v2/a.yaml", "two");
  fs::create_symlink("v1", folder_ / "..data");
  const std::string file = folder_ / "a.yaml";
  fs::create_symlink("..data/a.yaml", file);
  ASSERT_TRUE(watch_.set_files({file}));
  EXPECT_TRUE(told_after(file, [&] {
    fs::create_symlink("v2", folder_ / "..new");
    fs::rename(folder_ / "..new", folder_ / "..data");
  }));
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
