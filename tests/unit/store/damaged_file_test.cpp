// The pages of a file and its WAL, with SQLite itself as the judge; and files that lie.
#include "store/damaged_file.h"

#include "store/big_endian.h"
#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t wal_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;

std::string all_pages(const std::string& path) {
  DamagedFile file(path);
  std::string pages;
  std::string page;
  for (std::uint32_t number = 1; number <= file.pages(); ++number) {
    EXPECT_TRUE(file.read(number, page)) << number;
    pages += page;
  }
  EXPECT_FALSE(file.read(0, page));
  EXPECT_FALSE(file.read(file.pages() + 1, page));
  return pages;
}

struct Files {
  std::string file;
  std::string wal;
};

// A file and a WAL of many commits, as a crash leaves them.
Files after_crash(int page_bytes) {
  const Folder folder(memory());
  Plain plain(folder.file());
  plain.run("PRAGMA page_size = " + std::to_string(page_bytes) +
            "; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
            "CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(6000))");
  plain.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string some = "INSERT INTO t SELECT printf('%.*c', 900, 'x') FROM t LIMIT 2";
  for (int i = 0; i < 3; ++i) {
    plain.run(some);
  }
  plain.run("DELETE FROM t; VACUUM");  // fewer pages
  plain.run(some);
  plain.run("INSERT INTO t VALUES (zeroblob(3000))");
  return {read_bytes(folder.file()), read_bytes(folder.file() + "-wal")};
}

// What SQLite makes of them.
std::string copied_back(const Files& files) {
  const Folder folder(memory());
  write_bytes(folder.file(), files.file);
  write_bytes(folder.file() + "-wal", files.wal);
  Plain(folder.file()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  return read_bytes(folder.file());
}

std::string laid_over(const Files& files) {
  const Folder folder(memory());
  write_bytes(folder.file(), files.file);
  write_bytes(folder.file() + "-wal", files.wal);
  return all_pages(folder.file());
}

std::uint32_t word_at(const std::string& bytes, std::size_t at, bool big_endian) {
  const std::uint32_t big = number32(bytes, at);
  return big_endian ? big : __builtin_bswap32(big);
}

// Gives the WAL sound checksums again after it was changed, in either order of bytes.
std::string with_sums(std::string wal, std::size_t page_bytes, bool big_endian) {
  wal[3] = static_cast<char>(big_endian ? 0x83 : 0x82);
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  const auto add = [&](std::size_t at, std::size_t bytes) {
    for (std::size_t end = at + bytes; at < end; at += 8) {
      first += word_at(wal, at, big_endian) + second;
      second += word_at(wal, at + 4, big_endian) + first;
    }
  };
  const auto put = [&](std::size_t at) {
    wal.replace(at, 8, big_endian_bytes(first, 4) + big_endian_bytes(second, 4));
  };
  add(0, 24);
  put(24);
  for (std::size_t at = wal_header_bytes; at < wal.size(); at += frame_header_bytes + page_bytes) {
    add(at, 8);
    add(at + frame_header_bytes, page_bytes);
    put(at + 16);
  }
  return wal;
}

TEST(DamagedFile, HasThePagesThatSqliteHasHoweverMuchOfTheWalIsThere) {
  for (const int page_bytes : {512, 4096}) {
    const Files whole = after_crash(page_bytes);
    const std::size_t frame = frame_header_bytes + static_cast<std::size_t>(page_bytes);
    ASSERT_EQ((whole.wal.size() - wal_header_bytes) % frame, 0U);
    for (std::size_t at = wal_header_bytes; at <= whole.wal.size(); at += frame) {
      for (const std::size_t cut : {at - 1, at}) {
        const Files files{whole.file, whole.wal.substr(0, cut)};
        ASSERT_TRUE(laid_over(files) == copied_back(files)) << page_bytes << " " << cut;
      }
    }
  }
}

TEST(DamagedFile, TakesNothingOfAWalFromItsFirstUnsoundByteOn) {
  const Files whole = after_crash(512);
  for (std::size_t at = 0; at < whole.wal.size(); at += at < 64 ? 1 : 89) {
    Files files = whole;
    files.wal[at] = static_cast<char>(files.wal[at] ^ 0x40);
    ASSERT_TRUE(laid_over(files) == copied_back(files)) << at;
  }
}

TEST(DamagedFile, ReadsWalsOfMachinesOfEitherOrderOfBytes) {
  Files files = after_crash(512);
  const std::string right = copied_back(files);
  ASSERT_EQ(with_sums(files.wal, 512, false), files.wal);
  files.wal = with_sums(files.wal, 512, true);
  EXPECT_TRUE(laid_over(files) == right);
  EXPECT_TRUE(copied_back(files) == right);
}

TEST(DamagedFile, LeavesOutFramesOfAnEarlierRoundOfTheWal) {
  Files files = after_crash(512);
  const std::size_t second_half = wal_header_bytes + (frame_header_bytes + 512) * 8;
  for (const std::size_t salt : {8, 15}) {
    Files older = files;
    older.wal[second_half + salt] = static_cast<char>(older.wal[second_half + salt] ^ 1);
    older.wal = with_sums(older.wal, 512, false);
    EXPECT_TRUE(laid_over(older) == copied_back(older)) << salt;
  }
  EXPECT_FALSE(laid_over(files) == copied_back({files.file, files.wal.substr(0, second_half)}));
}

TEST(DamagedFile, BelievesNoMorePagesThanFileAndWalCanHold) {
  const Folder folder(memory());
  Files files = after_crash(512);
  const std::size_t frames = 3;
  files.wal.resize(wal_header_bytes + frames * (frame_header_bytes + 512));
  for (std::size_t i = 0; i < frames; ++i) {
    const std::size_t at = wal_header_bytes + i * (frame_header_bytes + 512);
    files.wal.replace(at, 4, big_endian_bytes(1 + i, 4));
    files.wal.replace(at + 4, 4, big_endian_bytes(i + 1 == frames ? 1'000'000 : 0, 4));
  }
  write_bytes(folder.file(), files.file);
  write_bytes(folder.file() + "-wal", with_sums(files.wal, 512, false));
  DamagedFile file(folder.file());
  const auto in_file = static_cast<std::uint32_t>(files.file.size() / 512);
  EXPECT_EQ(file.pages(), in_file + frames);
  std::string page;
  EXPECT_TRUE(file.read(in_file, page));
  EXPECT_FALSE(file.read(in_file + 1, page)) << "it stands in neither";
}

TEST(DamagedFile, HasNoPagesWhenItIsMissingOrEmpty) {
  const Folder folder(memory());
  std::string page;
  EXPECT_EQ(DamagedFile(folder.file()).pages(), 0U);
  write_bytes(folder.file(), "");
  EXPECT_EQ(DamagedFile(folder.file()).pages(), 0U);
  EXPECT_FALSE(DamagedFile(folder.file()).read(1, page));
}

TEST(DamagedFile, APageThatIsCutOffEndsInZeros) {
  for (const std::size_t more : {1, 511, 512}) {
    const Folder folder(memory());
    ByHand by_hand;
    write_bytes(folder.file(), by_hand.bytes() + std::string(more, 'x'));
    DamagedFile file(folder.file());
    EXPECT_EQ(file.page_size(), 512U);
    EXPECT_EQ(file.pages(), 2U);
    std::string page;
    ASSERT_TRUE(file.read(2, page)) << more;
    EXPECT_EQ(page, std::string(more, 'x') + std::string(512 - more, '\0'));
    ASSERT_TRUE(file.read(1, page));
    EXPECT_EQ(page, by_hand.bytes());
    EXPECT_FALSE(file.read(0, page));
    EXPECT_FALSE(file.read(3, page));
  }
}

TEST(DamagedFile, PageSizeComesFromTheHeaderThenFromTheWalElseItIsTheUsualOne) {
  const auto size_of = [](std::uint64_t in_header, std::size_t bytes, std::uint64_t in_wal = 0) {
    const Folder folder(memory());
    std::string file(bytes, '\0');
    file.replace(16, 2, big_endian_bytes(in_header, 2));
    write_bytes(folder.file(), file);
    if (in_wal != 0) {
      std::string wal(wal_header_bytes, '\0');
      wal.replace(8, 4, big_endian_bytes(in_wal, 4));
      write_bytes(folder.file() + "-wal", wal);
    }
    return DamagedFile(folder.file()).page_size();
  };
  EXPECT_EQ(size_of(512, 100), 512U);
  EXPECT_EQ(size_of(512, 99), 4096U) << "the header is not whole";
  EXPECT_EQ(size_of(1, 100), 65536U);
  EXPECT_EQ(size_of(2, 100), 4096U);
  EXPECT_EQ(size_of(256, 100), 4096U);
  EXPECT_EQ(size_of(513, 100), 4096U);
  EXPECT_EQ(size_of(0, 100, 1024), 1024U);
  EXPECT_EQ(size_of(0, 100, 65536), 65536U);
  EXPECT_EQ(size_of(0, 100, 131072), 4096U);
  EXPECT_EQ(size_of(2048, 100, 1024), 2048U);
}

TEST(DamagedFile, OfEndlessSizeHasAsManyPagesAsCanBeCounted) {
  const Folder folder(memory());
  write_bytes(folder.file(), ByHand().bytes());
  std::error_code error;
  fs::resize_file(folder.file(), (std::uintmax_t{1} << 41) + 5120, error);
  if (error) {
    GTEST_SKIP() << "SKIPPED: no sparse file of 2 TiB here";
  }
  EXPECT_EQ(DamagedFile(folder.file()).pages(), 4'294'967'294U) << "a count beyond it never ends";
}

}  // namespace
}  // namespace reporterd
