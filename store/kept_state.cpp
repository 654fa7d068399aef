#include "store/kept_state.h"

#include "store/opening.h"

namespace reporterd {

Result<KeptState> read_kept_state(const std::string& path) {
  auto looked = open_to_look(path);
  if (!looked) {
    return std::unexpected(looked.error());
  }
  Database& database = **looked;
  KeptState kept;
  Statement all(database, "SELECT name, value FROM state");
  for (Query row(all); row.next();) {
    kept.emplace(row.text(0), row.text(1));
  }
  if (database.failed()) {
    return std::unexpected(explain(database, path));
  }
  return kept;
}

}  // namespace reporterd
