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

void compare_bodies(Database& database, Examination& found) {
  Statement all(database,
                "SELECT instance.name, message.ts_us, body.json, message.sha, message.state "
                "FROM message LEFT JOIN instance ON instance.id = message.instance "
                "LEFT JOIN body USING (seq) WHERE message.body_kept = 1");
  MessageDigest digest;
  for (Query row(all); row.next();) {
    const Digest right = digest.of(row.text(0), row.number(1), row.text(2));
    if (!std::ranges::equal(right, row.blob(3))) {
      const bool waits = row.number(4) <= static_cast<int>(State::held);
      ++(waits ? found.wrong_waiting : found.wrong_settled);
    }
  }
}

}  // namespace

Examination examine(Database& database, const Ledger& ledger) {
  Examination found;
  found.ledger = ledger;
  found.damage = damaged_pages(database);
  if (auto wrong = miscounted(database, ledger)) {
    found.damage.push_back(*std::move(wrong));
  }
  compare_bodies(database, found);
  const std::int64_t pages =
      database.number("PRAGMA page_count") - database.number("PRAGMA freelist_count");
  found.bytes_used = pages * database.number("PRAGMA page_size") + database.wal_bytes();
  if (const std::int64_t newest = database.number("SELECT max(accepted_us) FROM message")) {
    found.newest_accepted = wall_at(newest);
  }
  if (database.trouble() == Database::Trouble::corrupt && found.damage.empty()) {
    found.damage = {database.failure_text()};
  }
  return found;
}

Examination examine(Database& database) {
  Books books;
  ClockMark mark;
  const bool balances = BookKeeper(database).load(books, mark);
  Examination found = examine(database, books.ledger);
  if (!balances) {
    found.damage.emplace(found.damage.begin(), "the ledger does not balance");
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
  if (database.failed() && database.trouble() != Database::Trouble::corrupt) {
    return std::unexpected(explain(database, path));
  }
  return found;
}

Result<Salvaged> repair_file(const std::string& path, WallTime now) {
  if (!is_own_file(path)) {
    return fail(ErrorCode::io,
                fmt::format("{} is another user's; {}", path, how_its_owner_mends_it()));
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
