#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/file_size_limit.h"
#include "tests/unit/io/flight_file_fixture.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

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

}  // namespace
}  // namespace reporterd
