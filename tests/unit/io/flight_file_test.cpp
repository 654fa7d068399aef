#include "daemon/io/flight_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/file_size_limit.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t small = 4096;

class FlightFileTest : public testing::Test {
 protected:
  std::unique_ptr<FlightFile> open() const {
    auto file = FlightFile::open(folder_.path(), small);
    EXPECT_TRUE(file) << file.error().what;
    return file ? std::move(*file) : nullptr;
  }
  std::string on_disk() const {
    std::ostringstream text;
    text << std::ifstream(folder_ / "flight-0.log").rdbuf()
         << std::ifstream(folder_ / "flight-1.log").rdbuf();
    return text.str();
  }
  void overwrite(std::size_t at, std::string_view bytes) const {
    std::fstream file(folder_ / "flight-1.log", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
  }

  TempFolder folder_;
};

TEST_F(FlightFileTest, GoesOnBehindWhatALifeBeforeItWrote) {
  open()->record("one\ntwo\n");
  const auto again = open();
  again->record("three\n");
  EXPECT_EQ(again->text(), "one\ntwo\nthree\n");
}

TEST_F(FlightFileTest, KeepsTheFullSegmentUntilTheOtherIsFull) {
  const auto file = open();
  file->record("one\n");
  file->next_segment();
  file->record("two\n");
  EXPECT_EQ(file->text(), "one\ntwo\n");
  file->next_segment();
  file->record("three\n");
  EXPECT_EQ(file->text(), "two\nthree\n");
  EXPECT_EQ(open()->text(), "two\nthree\n");
}

TEST_F(FlightFileTest, TakesNoMoreThanItsRoom) {
  const auto file = open();
  const std::size_t room = file->room();
  EXPECT_LT(room, small);
  EXPECT_FALSE(file->record(std::string(room, 'x') + "\n"));
  EXPECT_EQ(file->text(), "");
  EXPECT_TRUE(file->record(std::string(room - 1, 'x') + "\n"));
  EXPECT_EQ(file->text().size(), room);
  EXPECT_EQ(file->room(), 0U);
  EXPECT_EQ(open()->text().size(), room);
  EXPECT_EQ(fs::file_size(folder_ / "flight-0.log"), small);
}

TEST_F(FlightFileTest, LeavesNothingOnDiskWhenItIsEmptied) {
  const auto file = open();
  file->record("something\n");
  file->next_segment();
  file->record("something else\n");
  file->clear();
  EXPECT_EQ(file->text(), "");
  EXPECT_EQ(on_disk().find("something"), std::string::npos);
  file->record("new\n");
  EXPECT_EQ(open()->text(), "new\n");
}

TEST_F(FlightFileTest, DropsALineThatIsNotWhole) {
  const std::size_t end = small - open()->room();
  overwrite(end, "one\ntw");
  const auto file = open();
  EXPECT_EQ(file->text(), "one\n");
  file->record("three\n");
  EXPECT_EQ(open()->text(), "one\nthree\n");
}

TEST_F(FlightFileTest, BeginsAnewWhereSomethingElseStands) {
  open()->record("one\n");
  overwrite(3, "\x01");
  EXPECT_EQ(open()->text(), "");
  open()->record("two\n");
  std::ofstream(folder_ / "flight-0.log") << "a note of somebody";
  std::ofstream(folder_ / "flight-1.log") << std::string(3 * small, 'x');
  EXPECT_EQ(open()->text(), "");
  EXPECT_EQ(fs::file_size(folder_ / "flight-1.log"), small);
}

TEST_F(FlightFileTest, AFileThatDoesNotEndIsCutToItsSize) {
  const std::string head = "reporterd flight 1 99\n";
  std::ofstream(folder_ / "flight-1.log") << head << std::string(small, 'x') << '\n';
  const auto file = open();
  EXPECT_EQ(file->text(), "");
  file->record("one\n");
  EXPECT_EQ(open()->text(), "one\n");
}

TEST_F(FlightFileTest, AFileThatAnotherProgramCutIsGoneOnWith) {
  const auto file = open();
  file->record("one\n");
  fs::resize_file(folder_ / "flight-0.log", 0);
  fs::resize_file(folder_ / "flight-1.log", 0);
  EXPECT_EQ(file->text(), "");
  file->record("two\n");
  file->next_segment();
  EXPECT_TRUE(file->record("three\n"));
  EXPECT_EQ(file->text(), "three\n");
  EXPECT_EQ(open()->text(), "three\n");
}

TEST_F(FlightFileTest, IsForItsOwnerOnly) {
  open();
  const auto mode = fs::perms::owner_read | fs::perms::owner_write;
  EXPECT_EQ(fs::status(folder_ / "flight-0.log").permissions(), mode);
  EXPECT_EQ(fs::status(folder_ / "flight-1.log").permissions(), mode);
}

TEST_F(FlightFileTest, WithoutRoomThereIsNoneAndNothingIsLeftBehind) {
  const auto file = [this] {
    const FileSizeLimit full(small / 2);
    return FlightFile::open(folder_.path(), small);
  }();
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::io);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(FlightFileTest, WhatCannotBeWrittenIsNotKeptAndTheRestIs) {
  const auto file = open();
  file->record("one\n");
  {
    const FileSizeLimit full(0);
    EXPECT_FALSE(file->record("two\n"));
  }
  EXPECT_TRUE(file->record("three\n"));
  EXPECT_EQ(file->text(), "one\nthree\n");
  {
    const FileSizeLimit full(0);
    file->next_segment();
    EXPECT_EQ(file->room(), 0U) << "a segment without a head";
  }
  file->next_segment();
  EXPECT_TRUE(file->record("four\n"));
  EXPECT_EQ(open()->text(), "four\n");
}

TEST_F(FlightFileTest, IsEmptiedOnADiskThatTakesNothingMore) {
  const auto file = open();
  file->record("something\n");
  {
    const FileSizeLimit full(0);
    file->clear();
  }
  EXPECT_EQ(on_disk().find("something"), std::string::npos);
  file->next_segment();
  file->record("new\n");
  EXPECT_EQ(open()->text(), "new\n");
}

TEST_F(FlightFileTest, AFolderInTheWayIsAnErrorThatNamesIt) {
  fs::create_directory(folder_ / "flight-1.log");
  const auto file = FlightFile::open(folder_.path(), small);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().what.find("flight-1.log"), std::string::npos);
}

}  // namespace
}  // namespace reporterd
