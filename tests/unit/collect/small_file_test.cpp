#include "daemon/collect/small_file.h"

#include <gtest/gtest.h>

#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

TEST(SmallFile, IsReadWholeUpToTheLimit) {
  const Folder folder;
  const auto file = folder.write("f", std::string("a\0b", 3));
  EXPECT_EQ(read_small_file(file, 3), std::string("a\0b", 3));
  EXPECT_EQ(read_small_file(file, 2).error().code, ErrorCode::too_large);
  EXPECT_EQ(read_small_file(folder.write("empty", ""), 3), "");
}

TEST(SmallFile, OnlyFilesThatAreThereAreRead) {
  const Folder folder;
  EXPECT_EQ(read_small_file(folder / ".", 9).error().code, ErrorCode::invalid);
  EXPECT_EQ(read_small_file(folder / "missing", 9).error().code, ErrorCode::not_found);
}

TEST(FileEnds, AreTheHeadAndTheTailWithoutOverlap) {
  const Folder folder;
  const auto file = folder.write("f", "0123456789");
  const auto parts = read_file_ends(file, 4);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->head, "0123");
  EXPECT_EQ(parts->tail, "6789");
  EXPECT_EQ(read_file_ends(file, 8)->tail, "89");
  EXPECT_EQ(read_file_ends(file, 10)->tail, "");
  EXPECT_FALSE(read_file_ends(folder / "missing", 4));
}

}  // namespace
}  // namespace reporterd
