#include <gtest/gtest.h>

#include "tests/unit/io/file_watch_fixture.h"

namespace reporterd {
namespace {

TEST_F(FileWatchTest, AFileIsTheSameHoweverItsNameIsWritten) {
  const std::string file = folder_ / "production.yaml";
  write_file(file, "one");
  const std::string same_file = folder_ / "Production.YAML";
  ASSERT_TRUE(watch_.set_files({same_file}));
  EXPECT_TRUE(told_after(same_file, [&] { write_file(file, "another"); }));
}

}  // namespace
}  // namespace reporterd
