// Files beside SQLite's own, on Linux: private ones, second names, the reserve.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "store/files.h"
#include "store/kept_state.h"
#include "store/reserve.h"
#include "tests/support/file_size_limit.h"
#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

std::size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

bool tells(const Status& failed, ErrorCode code, const std::string& what) {
  return !failed && failed.error().code == code &&
         failed.error().what.find(what) != std::string::npos;
}

TEST(Files, APrivateFileIsMadeOnceAndLeftAsItIs) {
  const Folder folder(memory());
  const std::size_t before = open_descriptors();
  EXPECT_FALSE(file_exists(folder.file()));
  ASSERT_TRUE(make_private_file(folder.file()));
  EXPECT_TRUE(file_exists(folder.file()));
  EXPECT_TRUE(is_own_file(folder.file()));
  struct stat info{};
  ASSERT_EQ(stat(folder.file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  write_bytes(folder.file(), "kept");
  ASSERT_TRUE(make_private_file(folder.file()));
  EXPECT_EQ(read_bytes(folder.file()), "kept");
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(tells(make_private_file(folder.file() + "/x"), ErrorCode::io,
                    "cannot open " + folder.file() + "/x: Not a directory"));
}

TEST(Files, AnotherUsersFileIsNotOurs) {
  const Folder folder(memory());
  EXPECT_FALSE(is_own_file(folder.file()));
  write_bytes(folder.file(), "");
  if (chown(folder.file().c_str(), 65534, 65534) != 0) {
    GTEST_SKIP() << "SKIPPED: may not give files away here";
  }
  EXPECT_FALSE(is_own_file(folder.file()));
}

TEST(Files, ASecondNameIsGivenOnlyWhereNoneIs) {
  const Folder folder(memory());
  const std::string first = folder.file();
  const std::string second = first + ".second";
  write_bytes(first, "one");
  ASSERT_TRUE(link_file(first, second));
  EXPECT_EQ(read_bytes(second), "one");
  EXPECT_TRUE(tells(link_file(first, second), ErrorCode::conflict,
                    "cannot link " + first + " to " + second + ": File exists"));
  EXPECT_TRUE(tells(link_file(first + "x", second + "x"), ErrorCode::io, "No such file"));
  EXPECT_TRUE(remove_file(first));
  EXPECT_FALSE(remove_file(first));
  EXPECT_EQ(read_bytes(second), "one");
}

TEST(Files, OneThatReplacesAnotherHasItsNameAlone) {
  const Folder folder(memory());
  const std::string from = folder.file() + ".new";
  write_bytes(from, "new");
  write_bytes(folder.file(), "old");
  ASSERT_TRUE(replace_file(from, folder.file()));
  EXPECT_EQ(read_bytes(folder.file()), "new");
  EXPECT_FALSE(file_exists(from));
  EXPECT_TRUE(tells(replace_file(from, folder.file()), ErrorCode::io,
                    "cannot move " + from + " to " + folder.file() + ": No such file"));
}

TEST(Files, SyncingAFolderLeavesNoDescriptorOpen) {
  const Folder folder(memory());
  const std::size_t before = open_descriptors();
  for (const std::string& path : {folder.file(), folder.file() + "/no/x", std::string("x")}) {
    sync_folder_of(path);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Files, AnOutboxThatIsClosedLeavesNoDescriptorOpen) {
  const Folder folder(memory());
  const std::size_t before = open_descriptors();
  {
    Box box(folder.file());
    box.append(message(1));
    box.crash();
    box.close();
    write_bytes(folder.file() + ".suspect", "");
    box.sql("DELETE FROM message");
    box.open();
    EXPECT_TRUE(box.outbox->opened().set_aside);
    box.close();
    EXPECT_TRUE(read_kept_state(folder.file()));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Files, AQuotaAndALimitAreAFullDisk) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG, full_disk_error()}) {
    EXPECT_TRUE(means_full_disk(error)) << error;
  }
  EXPECT_FALSE(means_full_disk(EIO));
  EXPECT_FALSE(means_full_disk(0));
}

TEST(Reserve, OccupiesItsBytesUntilItIsGivenUp) {
  const Folder folder(memory());
  const std::size_t before = open_descriptors();
  Reserve reserve(folder.file(), 100'000);
  EXPECT_TRUE(reserve.make());
  EXPECT_EQ(fs::file_size(folder.file()), 100'000U);
  struct stat info{};
  ASSERT_EQ(stat(folder.file().c_str(), &info), 0);
  EXPECT_GE(info.st_blocks * 512, 100'000);
  EXPECT_TRUE(reserve.make()) << "it is there";
  reserve.give_up();
  EXPECT_FALSE(fs::exists(folder.file()));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_FALSE(Reserve(folder.file() + "/no/x", 1).make());
  Reserve none("", 1);
  EXPECT_TRUE(none.make());
  none.give_up();
}

TEST(Reserve, ThatFindsNoSpaceLeavesNothing) {
  const Folder folder(memory());
  const FileSizeLimit limit(50'000);
  EXPECT_FALSE(Reserve(folder.file(), 100'000).make());
  EXPECT_FALSE(fs::exists(folder.file()));
}

}  // namespace
}  // namespace reporterd
