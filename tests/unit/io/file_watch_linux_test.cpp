#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/io/file_watch_fixture.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

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

}  // namespace
}  // namespace reporterd
