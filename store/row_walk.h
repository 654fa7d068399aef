#pragma once
// Every row that can be read from the pages of a damaged file, whatever became of the trees that
// held them together. A row may be anything: whoever takes it judges it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/damaged_file.h"

namespace reporterd {

struct RawValue {
  enum class Kind { null, integer, real, text, blob };
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  std::string_view bytes;  // of a text or blob
};

struct RawRow {
  std::optional<std::int64_t> rowid;  // absent: of an index, or of a table WITHOUT ROWID
  std::vector<RawValue> values;
};

// Reads the cells of leaf pages of tables and of all pages of indexes. A cell leads at most
// through its own length of overflow pages, and all cells together through a few times as many as
// the file has, so it ends whatever the pages say. Memory: a page, and one row.
class RowWalk {
 public:
  // `most_bytes`: rows that claim more are passed over.
  RowWalk(DamagedFile& file, std::size_t most_bytes) : file_(file), most_bytes_(most_bytes) {}

  // Calls `seen` with each row, in the order of the pages; it is borrowed for the call.
  void run(const std::function<void(const RawRow&)>& seen);

 private:
  struct Cell;
  std::optional<Cell> cell_at(std::size_t at) const;
  bool load(const Cell& cell);
  bool decode();

  DamagedFile& file_;
  std::size_t most_bytes_;
  std::uint64_t overflow_left_ = 0;  // pages that may still be read for cells' ends
  std::string page_;
  std::string overflow_;
  std::string payload_;
  RawRow row_;
  bool is_table_ = false;
  bool is_interior_ = false;
};

}  // namespace reporterd
