#include "daemon/io/flight_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/io/flight_file_fixture.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

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
  std::ofstream(folder_ / "flight-1.log", std::ios::binary)
      << head << std::string(small, 'x') << '\n';
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

TEST_F(FlightFileTest, AFolderInTheWayIsAnErrorThatNamesIt) {
  fs::create_directory(folder_ / "flight-1.log");
  const auto file = FlightFile::open(name_of(folder_.path()), small);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().what.find("flight-1.log"), std::string::npos);
}

}  // namespace
}  // namespace reporterd
