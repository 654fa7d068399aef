#pragma once
// A look through the outbox's whole file: is every page sound, does the ledger count what is there,
// does every message match its SHA-256.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/outbox.h"
#include "daemon/core/result.h"
#include "daemon/core/time.h"
#include "store/database.h"
#include "store/salvage.h"

namespace reporterd {

struct Examination {
  // What only a salvage mends (store/salvage.h), the first few of it, a line each; empty: sound.
  std::vector<std::string> damage;
  // Messages with a body that is not theirs. One that waits becomes `lost` when its turn comes.
  std::int64_t wrong_waiting = 0;
  std::int64_t wrong_settled = 0;
  Ledger ledger;
  std::int64_t bytes_used = 0;  // as in Snapshot
  std::optional<WallTime> newest_accepted;
};

// Reads all of it, some 100 MB/s, and holds the rows against `ledger`. Failures are remembered in
// `database`; damage that stops a read is told, too.
Examination examine(Database& database, const Ledger& ledger);
// With the ledger as it stands in the file.
Examination examine(Database& database);

// The same of the file of a service that is down. Errors as in kept_state.h.
Result<Examination> examine_file(const std::string& path);

// Salvages the file of a service that is down, as its next start would. Only its owner can: the new
// file is the caller's. Errors as in sqlite_outbox.h.
Result<Salvaged> repair_file(const std::string& path, WallTime now);

}  // namespace reporterd
