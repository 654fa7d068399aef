// Reading rows off pages, with SQLite itself as the judge; and pages that lie.
#include "store/row_walk.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

constexpr std::size_t any_size = 1U << 20;

// A row as text that tells everything of it; of a table without rowids the rowid is "-".
std::string told(std::string rowid, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    rowid += "|" + value;
  }
  return rowid;
}

std::vector<std::string> rows_of_walk(const std::string& path, std::size_t most = any_size) {
  DamagedFile file(path);
  RowWalk walk(file, most);
  std::vector<std::string> rows;
  walk.run([&](const RawRow& row) {
    std::vector<std::string> values;
    for (const RawValue& value : row.values) {
      const std::string kind(1, "nirtb"[static_cast<int>(value.kind)]);
      const bool has_bytes = value.kind != RawValue::Kind::integer;
      values.push_back(kind + std::to_string(value.integer) +
                       (has_bytes ? ":" + std::string(value.bytes) : ""));
    }
    rows.push_back(told(row.rowid ? std::to_string(*row.rowid) : "-", values));
  });
  std::ranges::sort(rows);
  return rows;
}

// The same, as SQLite reads it. The first column is the rowid.
std::vector<std::string> rows_of_sqlite(Plain& plain, const std::vector<std::string>& questions) {
  std::vector<std::string> rows;
  for (const std::string& sql : questions) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(plain.handle, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(plain.handle);
    const auto text_of = [&](int column) {
      const void* data = sqlite3_column_blob(statement, column);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
      return std::string(static_cast<const char*>(data), size);
    };
    const auto value_of = [&](int column) -> std::string {
      switch (sqlite3_column_type(statement, column)) {
        case SQLITE_NULL:
          return "n0:";
        case SQLITE_INTEGER:
          return "i" + std::to_string(sqlite3_column_int64(statement, column));
        case SQLITE_FLOAT: {
          const double real = sqlite3_column_double(statement, column);
          return "r0:" + big_endian_bytes(std::bit_cast<std::uint64_t>(real), 8);
        }
        default:
          return (sqlite3_column_type(statement, column) == SQLITE_TEXT ? "t0:" : "b0:") +
                 text_of(column);
      }
    };
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::vector<std::string> values;
      for (int column = 1; column < sqlite3_column_count(statement); ++column) {
        values.push_back(value_of(column));
      }
      rows.push_back(told(text_of(0), values));
    }
    sqlite3_finalize(statement);
  }
  std::ranges::sort(rows);
  return rows;
}

const std::string schema_rows = "SELECT rowid, * FROM sqlite_schema";

void expect_same_rows(const std::string& path, Plain& plain,
                      const std::vector<std::string>& questions) {
  const auto right = rows_of_sqlite(plain, questions);
  const auto walked = rows_of_walk(path);
  ASSERT_EQ(walked.size(), right.size());
  for (std::size_t i = 0; i < right.size(); ++i) {
    ASSERT_TRUE(walked[i] == right[i]) << "row " << i << " of " << right.size();
  }
}

TEST(RowWalk, ReadsValuesOfEveryKindAsSqliteDoes) {
  const Folder folder(memory());
  Plain plain(folder.file());
  plain.run("CREATE TABLE t(a, b, c)");
  for (const char* value : {"NULL",
                            "0",
                            "1",
                            "2",
                            "-1",
                            "127",
                            "128",
                            "-128",
                            "-129",
                            "32767",
                            "32768",
                            "-32769",
                            "8388607",
                            "-8388609",
                            "2147483647",
                            "-2147483649",
                            "140737488355327",
                            "-140737488355329",
                            "9223372036854775807",
                            "-9223372036854775807 - 1",
                            "0.5",
                            "-1e300",
                            "''",
                            "'text'",
                            "x''",
                            "x'00ff'",
                            "zeroblob(70000)",
                            "'"
                            "1234567890"
                            "'"}) {
    plain.run(std::string("INSERT INTO t VALUES (") + value + ", 'next', " + value + ")");
    plain.run(std::string("INSERT INTO t(a) VALUES (") + value + ")");
  }
  expect_same_rows(folder.file(), plain, {schema_rows, "SELECT rowid, a, b, c FROM t"});
}

TEST(RowWalk, ReadsRowidsOfEveryLength) {
  const Folder folder(memory());
  Plain plain(folder.file());
  plain.run("CREATE TABLE t(a)");
  for (const std::int64_t rowid :
       {-1LL, 0LL, 1LL, 127LL, 128LL, 16383LL, 16384LL, 1LL << 40, (1LL << 55) - 1, 1LL << 55,
        (1LL << 56) - 1, 1LL << 56, (1LL << 56) + 255, 1LL << 62}) {
    plain.run("INSERT INTO t(rowid, a) VALUES (" + std::to_string(rowid) + ", 'x')");
  }
  expect_same_rows(folder.file(), plain, {schema_rows, "SELECT rowid, a FROM t"});
}

// Where a payload goes over to overflow pages follows from formulas with the page's size in them.
TEST(RowWalk, ReadsPayloadsOfEveryLengthFromPagesOfEverySize) {
  struct Lengths {
    int page;
    std::vector<std::pair<int, int>> ranges;
  };
  for (const auto& [page, ranges] :
       std::vector<Lengths>{{512, {{0, 1600}}},
                            {1024, {{190, 270}, {960, 1040}}},
                            {4096, {{980, 1060}, {4030, 4110}}},
                            {8192, {{1990, 2070}, {8120, 8200}}},
                            {65536, {{16380, 16430}, {65490, 65510}}}}) {
    SCOPED_TRACE(page);
    const Folder folder(memory());
    Plain plain(folder.file());
    plain.run("PRAGMA page_size = " + std::to_string(page) + "; PRAGMA synchronous = OFF;" +
              "CREATE TABLE t(a); CREATE TABLE w(a PRIMARY KEY, b) WITHOUT ROWID; BEGIN");
    for (const auto& [from, to] : ranges) {
      const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT " + std::to_string(from) +
                                  " UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(to) +
                                  ") ";
      const std::string text = "printf('%.*c', i, char(97 + i % 26))";
      plain.run(numbers + "INSERT INTO t SELECT " + text + " FROM n");
      plain.run(numbers + "INSERT INTO w SELECT i, " + text + " FROM n");
    }
    plain.run("COMMIT");
    expect_same_rows(folder.file(), plain,
                     {schema_rows, "SELECT rowid, a FROM t", "SELECT '-', a, b FROM w"});
  }
}

TEST(RowWalk, PassesOverRowsThatClaimMoreThanAllowed) {
  const Folder folder(memory());
  ByHand file;
  file.add(ByHand::leaf(100,
                        "\x0a\x01\x02\x1d"
                        "12345678"));  // 10 bytes of payload
  file.write(folder.file());
  EXPECT_EQ(rows_of_walk(folder.file(), 10), (std::vector<std::string>{"1|t0:12345678"}));
  EXPECT_EQ(rows_of_walk(folder.file(), 9), std::vector<std::string>{});
}

TEST(RowWalk, TakesRowsOfAsManyValuesAsAnyTableOfOursHasAndNoneOfMore) {
  for (const int values : {64, 65}) {
    for (const char* value : {"NULL", "7"}) {
      const Folder folder(memory());
      Plain plain(folder.file());
      std::string columns = "c1";
      std::string row = value;
      for (int i = 2; i <= values; ++i) {
        columns += ", c" + std::to_string(i);
        row += std::string(", ") + value;
      }
      plain.run("CREATE TABLE t(" + columns + "); INSERT INTO t VALUES (" + row + ")");
      EXPECT_EQ(rows_of_walk(folder.file()).size(), values == 64 ? 2U : 1U) << "the schema's, too";
    }
  }
}

// One page of one cell; how many rows the walk sees on it.
std::size_t rows_in(std::size_t at, const std::string& cell) {
  const Folder folder(memory());
  ByHand file;
  file.add(ByHand::leaf(at, cell));
  file.write(folder.file());
  return rows_of_walk(folder.file()).size();
}

TEST(RowWalk, ACellMustLieOnItsPage) {
  const std::string cell(
      "\x04\x01\x02\x11"
      "ab",
      6);
  EXPECT_EQ(rows_in(506, cell), 1U);
  EXPECT_EQ(rows_in(507, cell), 0U);
  EXPECT_EQ(rows_in(511, "\x04"), 0U) << "its rowid is beyond the page";
  EXPECT_EQ(rows_in(511, "\x84"), 0U) << "its length does not end on the page";
  EXPECT_EQ(rows_in(509, "\x84\x80\x80"), 0U);
  EXPECT_EQ(rows_in(600, ""), 0U);
  EXPECT_EQ(rows_in(65535, ""), 0U);
}

TEST(RowWalk, AHeaderAndItsValuesMustFillThePayload) {
  EXPECT_EQ(rows_in(100, std::string("\x04\x01\x02\x11"
                                     "ab",
                                     6)),
            1U);
  EXPECT_EQ(rows_in(100, std::string("\x05\x01\x02\x11"
                                     "abc",
                                     7)),
            0U)
      << "more bytes";
  EXPECT_EQ(rows_in(100, std::string("\x03\x01\x02\x11"
                                     "a",
                                     5)),
            0U)
      << "fewer bytes";
  EXPECT_EQ(rows_in(100, std::string("\x04\x01\x05\x11"
                                     "ab",
                                     6)),
            0U)
      << "a header too long";
  EXPECT_EQ(rows_in(100, std::string("\x02\x01\x09\x01", 4)), 0U);
  EXPECT_EQ(rows_in(100, std::string("\x00\x01", 2)), 0U) << "no header";
  EXPECT_EQ(rows_in(100, std::string("\x03\x01\x03\x00\x00", 5)), 1U) << "only NULLs";
  EXPECT_EQ(rows_in(100, std::string("\x02\x01\x02\x0a", 4)), 0U) << "a type that is reserved";
  EXPECT_EQ(rows_in(100, std::string("\x02\x01\x02\x0b", 4)), 0U);
  EXPECT_EQ(rows_in(100, std::string("\x02\x01\x02\x0c", 4)), 1U) << "an empty blob";
  EXPECT_EQ(rows_in(100, std::string("\x02\x01\x02\x81", 4)), 0U) << "a type without an end";
  EXPECT_EQ(rows_in(100, std::string("\x07\x01\x03\x06\x06"
                                     "1234",
                                     9)),
            0U)
      << "numbers longer than what is left";
}

TEST(RowWalk, LooksAtAsManyCellsAsHavePointersOnThePage) {
  for (const std::uint64_t claimed : {252U, 253U, 65535U}) {
    // Each pointer says 0x0102, where 01 02 01 is a row without values.
    std::string page = "\x0d" + std::string(2, '\0') + big_endian_bytes(claimed, 2);
    page.resize(8, '\0');
    while (page.size() < ByHand::page_bytes) {
      page += "\x01\x02";
    }
    const Folder folder(memory());
    ByHand file;
    file.add(page);
    file.write(folder.file());
    EXPECT_EQ(rows_of_walk(folder.file()), std::vector<std::string>(252, "2"));
  }
}

TEST(RowWalk, ReadsOnlyPagesThatHoldRows) {
  const std::string cell(
      "\x04\x01\x02\x11"
      "ab",
      6);
  for (int type = 0; type < 256; ++type) {
    const Folder folder(memory());
    ByHand file;
    std::string page = ByHand::leaf(100, cell);
    page[0] = static_cast<char>(type);
    page.replace(12, 2, big_endian_bytes(200, 2));  // where an inner page's pointers begin
    page.replace(200, 9,
                 std::string("\0\0\0\x07\x04\x02\x11"
                             "ab",
                             9));
    page.replace(300, 5,
                 std::string("\x04\x02\x11"
                             "ab",
                             5));
    if (type == 0x0a) {  // no rowid there
      page.replace(8, 2, big_endian_bytes(300, 2));
    }
    file.add(page);
    file.write(folder.file());
    const bool has_rows = type == 0x02 || type == 0x0a || type == 0x0d;
    EXPECT_EQ(rows_of_walk(folder.file()),
              has_rows ? std::vector<std::string>{type == 0x0d ? "1|t0:ab" : "-|t0:ab"}
                       : std::vector<std::string>{})
        << type;
  }
}

// All cells lead through the same chain of overflow pages.
TEST(RowWalk, ReadsOverflowPagesAFewTimesAndNotForEachCell) {
  const Folder folder(memory());
  ByHand file;
  const std::size_t cells = 60;
  const std::size_t chain = 2;
  // 1059 bytes: 43 on the page, 508 on each of two more. Header: a text of 1056 bytes.
  const std::string cell =
      std::string("\x88\x23\x01\x03\x90\x4d", 6) + std::string(40, 'x') + big_endian_bytes(3, 4);
  std::string page = ByHand::leaf(400, cell, cells);
  for (std::size_t i = 0; i < cells; ++i) {
    page.replace(8 + 2 * i, 2, big_endian_bytes(400, 2));
  }
  file.add(page);
  file.add(big_endian_bytes(4, 4) + std::string(508, 'y'));
  file.add(big_endian_bytes(0, 4) + std::string(508, 'z'));
  file.write(folder.file());
  const std::size_t pages = 4;
  const auto rows = rows_of_walk(folder.file());
  EXPECT_EQ(rows.size(), 4 * pages / chain);
  EXPECT_EQ(rows.at(0),
            "1|t0:" + std::string(40, 'x') + std::string(508, 'y') + std::string(508, 'z'));
}

}  // namespace
}  // namespace reporterd
