#include "store/examination.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/books.h"
#include "store/digest.h"
#include "store/files.h"
#include "store/opening.h"
#include "store/sqlite_outbox.h"

namespace reporterd {
namespace {

std::vector<std::string> damaged_pages(Database& database) {
  std::vector<std::string> found;
  Statement check(database, "PRAGMA integrity_check(5)");
  for (Query line(check); line.next();) {
    if (line.text(0) != "ok") {
      found.emplace_back(line.text(0).substr(0, line.text(0).find('\n')));
    }
  }
  return found;
}

std::optional<std::string> miscounted(Database& database, const Ledger& ledger) {
  const std::int64_t queued = database.number("SELECT count(*) FROM message WHERE state = 0");
  const std::int64_t held = database.number("SELECT count(*) FROM message WHERE state = 1");
  if ((queued == ledger.queued && held == ledger.held) || database.failed()) {
    return std::nullopt;
  }
  return fmt::format("the ledger counts {} queued and {} held messages, there are {} and {}",
                     ledger.queued, ledger.held, queued, held);
}

std::int64_t wrong_bodies(Database& database) {
  Statement all(database,
                "SELECT instance.name, message.ts_us, body.json, message.sha FROM message "
                "LEFT JOIN instance ON instance.id = message.instance "
                "LEFT JOIN body USING (seq) WHERE message.body_kept = 1");
  MessageDigest digest;
  std::int64_t wrong = 0;
  for (Query row(all); row.next();) {
    const Digest right = digest.of(row.text(0), row.number(1), row.text(2));
    wrong += std::ranges::equal(right, row.blob(3)) ? 0 : 1;
  }
  return wrong;
}

}  // namespace

Examination examine(Database& database) {
  Examination found;
  found.damage = damaged_pages(database);
  Books books;
  ClockMark mark;
  if (!BookKeeper(database).load(books, mark)) {
    found.damage.emplace_back("the ledger does not balance");
  } else if (auto wrong = miscounted(database, books.ledger)) {
    found.damage.push_back(*std::move(wrong));
  }
  found.ledger = books.ledger;
  found.wrong_bodies = wrong_bodies(database);
  const std::int64_t pages =
      database.number("PRAGMA page_count") - database.number("PRAGMA freelist_count");
  found.bytes_used = pages * database.number("PRAGMA page_size") + database.wal_bytes();
  if (const std::int64_t newest = database.number("SELECT max(accepted_us) FROM message")) {
    found.newest_accepted = wall_at(newest);
  }
  return found;
}

Result<Examination> examine_file(const std::string& path) {
  auto looked = open_to_look(path);
  if (!looked) {
    return std::unexpected(looked.error());
  }
  Database& database = **looked;
  Examination found = examine(database);
  if (database.trouble() == Database::Trouble::corrupt) {
    found.damage = {database.failure_text()};
  } else if (database.failed()) {
    return std::unexpected(explain(database, path));
  }
  return found;
}

Result<Salvaged> repair_file(const std::string& path, WallTime now) {
  if (!is_own_file(path)) {
    return fail(ErrorCode::io, path + " is another user's; repair it as that user");
  }
  suspect_file(path);
  auto opened = SqliteOutbox::open(path, StoreSettings{}, now);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  const OpenReport& report = (*opened)->opened();
  const Salvaged salvaged = report.salvaged.value_or(Salvaged{});
  if (Status closed = (*opened)->close(report.mark); !closed) {
    return std::unexpected(closed.error());
  }
  return salvaged;
}

}  // namespace reporterd
