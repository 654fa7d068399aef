#pragma once
// An outbox with messages of all kinds, as the bytes of its files, and what may come of a damaged
// copy of it.

#include <set>
#include <string>
#include <string_view>

#include "daemon/core/outbox.h"
#include "store/sqlite_outbox.h"
#include "tests/fuzz/edits.h"

namespace reporterd::fuzz {

// A copy on disk, damaged by `edits`; one at a time, for the life of this object.
class DamagedCopy {
 public:
  explicit DamagedCopy(std::string_view edits);

  const std::string& path() const { return path_; }
  // Both files under this name are, byte for byte, what was damaged.
  void require_kept_as(const std::string& path) const;

 private:
  std::string path_;
  OutboxFiles files_;
};

// What an outbox gave out in one life, from open to close: leased, with all that was held released.
struct Life {
  OpenReport opened;
  Ledger ledger;
  std::set<std::string> bodies;
};

// Opens the file, looks at everything, leases everything, closes. Each message must be one of the
// original's, key and bytes; the ledger must balance. Error: it was refused, or damage was met.
Result<Life> live(const std::string& path);

// Two lives that must be alike, since nothing happened in between.
void require_same(const Life& first, const Life& second);

}  // namespace reporterd::fuzz
