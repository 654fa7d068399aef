#pragma once
// Every statement of the outbox, prepared once, grouped by the file that uses it. A process
// prepares all of them when it first opens the file, so that damage to the schema shows at once; a
// file that is opened again, as after each failure of a bad disk, only those that are used. INDEXED
// BY pins the partial index that keeps a question cheap with a million rows: should a change of the
// schema break that, the statement fails to compile instead of growing slow.

#include "store/books.h"
#include "store/database.h"

namespace reporterd {

struct Statements {
  explicit Statements(Database& database) : d(database), keeper(database) {}
  Database& d;
  BookKeeper keeper;

  // transaction.cpp
  Statement begin{d, "BEGIN"};
  Statement commit{d, "COMMIT"};
  Statement page_count{d, "PRAGMA page_count"};
  Statement free_pages{d, "PRAGMA freelist_count"};
  Statement highest_seq{d, "SELECT max(seq) FROM message"};
  Statement epochs{d, "SELECT source, up_to FROM withdrawal"};
  Statement oldest_queued{
      d,
      "SELECT seq, accepted_ms, requeued FROM message INDEXED BY message_queued "
      "WHERE state = 0 ORDER BY seq LIMIT ?"};

  // intake.cpp
  Statement find_instance{d, "SELECT id FROM instance WHERE name = ?"};
  Statement add_instance{d, "INSERT INTO instance(name) VALUES (?) RETURNING id"};
  Statement instance_name{d, "SELECT name FROM instance WHERE id = ?"};
  Statement find_source{d, "SELECT id FROM source WHERE name = ?"};
  Statement add_source{d, "INSERT INTO source(name) VALUES (?) RETURNING id"};
  Statement add_message{d,
                        "INSERT INTO message(seq, ts_us, instance, source, state, bytes, "
                        "accepted_ms, accepted_us, sha, content) VALUES (?, ?, ?, ?, 0, ?, ?, ?, "
                        "?, ?) ON CONFLICT(ts_us, instance) DO NOTHING"};
  Statement add_body{d, "INSERT INTO body(seq, json) VALUES (?, ?)"};
  Statement message_sha{d, "SELECT sha FROM message WHERE ts_us = ? AND instance = ?"};
  Statement key_sha{d, "SELECT sha FROM settled_key WHERE ts_us = ? AND instance = ?"};
  Statement same_content{d,
                         "SELECT seq FROM message INDEXED BY message_special "
                         "WHERE state = 0 AND source <> 0 AND source = ? AND content = ? "
                         "ORDER BY seq"};

  // lease.cpp: candidates, all with the same columns
  Statement fresh{
      d,
      "SELECT seq, ts_us, instance, source, bytes, attempts, due_ms, sha "
      "FROM message INDEXED BY message_queued WHERE state = 0 AND seq > ? ORDER BY seq"};
  Statement retries{
      d,
      "SELECT seq, ts_us, instance, source, bytes, attempts, due_ms, sha "
      "FROM message INDEXED BY message_due WHERE state = 0 AND due_ms <= ? ORDER BY due_ms, seq"};
  // A flush: the owner wants it now.
  Statement all_due{d, "UPDATE message SET due_ms = ?1 WHERE state = 0 AND due_ms > ?1"};
  // Sorts what was deferred: rarely asked, and the backoff keeps that small.
  Statement least_tried{
      d,
      "SELECT seq, ts_us, instance, source, bytes, attempts, due_ms, sha "
      "FROM message INDEXED BY message_due WHERE state = 0 AND due_ms IS NOT NULL "
      "ORDER BY attempts, seq"};
  Statement next_due{d,
                     "SELECT due_ms, seq, source FROM message INDEXED BY message_due "
                     "WHERE state = 0 AND due_ms > ? ORDER BY due_ms, seq"};
  Statement body{d, "SELECT json FROM body WHERE seq = ?"};

  // settle.cpp
  Statement brief{d,
                  "SELECT state, source, bytes, attempts, may_have_arrived, body_kept "
                  "FROM message WHERE seq = ?"};
  Statement end_message{d,
                        "UPDATE message SET state = ?2, reason = ?3, settled_ms = ?4, "
                        "settled_us = ?5, may_have_arrived = ?6, body_kept = ?7, due_ms = NULL, "
                        "holder = NULL WHERE seq = ?1"};
  Statement remove_body{d, "DELETE FROM body WHERE seq = ?"};
  Statement defer{d,
                  "UPDATE message SET attempts = attempts + 1, due_ms = ?2, reason = ?3 "
                  "WHERE seq = ?1"};
  Statement late_delivery{d,
                          "UPDATE message SET may_have_arrived = 1, "
                          "reason = 'delivered all the same' WHERE seq = ?"};
  Statement queued_by_age{
      d,
      "SELECT seq, accepted_ms, requeued FROM message INDEXED BY message_queued "
      "WHERE state = 0 ORDER BY seq"};

  // owner.cpp
  Statement requeue{d,
                    "UPDATE message SET state = 0, requeued = 1, accepted_ms = ?2, "
                    "may_have_arrived = ?3, attempts = 0, due_ms = NULL, settled_ms = NULL, "
                    "settled_us = NULL, reason = '' WHERE seq = ?1"};
  Statement hold_own{d,
                     "UPDATE message INDEXED BY message_special SET state = 1, holder = ?2 "
                     "WHERE state = 0 AND source <> 0 AND source = ?1"};
  Statement hold_programs{d,
                          "UPDATE message INDEXED BY message_queued SET state = 1, holder = ?1 "
                          "WHERE state = 0 AND source = 0"};
  Statement release_held{d,
                         "UPDATE message INDEXED BY message_special SET state = 0, holder = NULL "
                         "WHERE state = 1 AND source = ?1 AND holder = ?2"};
  // Positions grow with the time of acceptance, so the newest ones are looked at first.
  Statement newest_accepted{d,
                            "SELECT seq FROM message WHERE accepted_ms <= ? "
                            "ORDER BY seq DESC LIMIT 1"};
  Statement mark_withdrawal{d,
                            "INSERT INTO withdrawal(source, up_to) VALUES (?1, ?2) "
                            "ON CONFLICT(source) DO UPDATE SET up_to = ?2"};
  Statement end_withdrawal{d, "DELETE FROM withdrawal"};
  // Waiting rows up to ?1, at most ?2 (-1: all); of one source ?3.
  Statement queued_of_all{d,
                          "SELECT seq FROM message INDEXED BY message_queued "
                          "WHERE state = 0 AND seq <= ?1 ORDER BY seq LIMIT ?2"};
  Statement queued_of_programs{d,
                               "SELECT seq FROM message INDEXED BY message_queued "
                               "WHERE state = 0 AND seq <= ?1 AND source = 0 "
                               "ORDER BY seq LIMIT ?2"};
  Statement queued_of_own{d,
                          "SELECT seq FROM message INDEXED BY message_special WHERE state = 0 "
                          "AND source <> 0 AND source = ?3 AND seq <= ?1 LIMIT ?2"};
  Statement held_of_all{d,
                        "SELECT seq FROM message INDEXED BY message_special "
                        "WHERE state = 1 AND seq <= ?1 LIMIT ?2"};
  Statement held_of_source{d,
                           "SELECT seq FROM message INDEXED BY message_special "
                           "WHERE state = 1 AND seq <= ?1 AND source = ?3 LIMIT ?2"};

  // queries.cpp
  Statement get{d, "SELECT value FROM state WHERE name = ?"};
  Statement names{d, "SELECT name FROM state WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name"};
  Statement put{d,
                "INSERT INTO state(name, value) VALUES (?1, ?2) "
                "ON CONFLICT(name) DO UPDATE SET value = ?2"};
  Statement waiting{d,
                    "SELECT seq, source FROM message "
                    "WHERE seq > ? AND state BETWEEN ? AND ? ORDER BY seq"};
  Statement held{d,
                 "SELECT seq, source FROM message INDEXED BY message_special "
                 "WHERE state = 1 AND seq > ? ORDER BY seq"};
  Statement history{d,
                    "SELECT seq FROM message INDEXED BY message_settled WHERE state >= 2 "
                    "AND seq < ? AND state BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?"};
  Statement row{d,
                "SELECT ts_us, (SELECT name FROM instance WHERE id = m.instance), state, source, "
                "(SELECT name FROM source WHERE id = m.source), bytes, attempts, accepted_us, "
                "settled_us, due_ms, reason, may_have_arrived, body_kept "
                "FROM message AS m WHERE seq = ?"};

  // trimming.cpp
  Statement kept_bodies{
      d,
      "SELECT settled_ms, seq, bytes FROM message INDEXED BY message_settled "
      "WHERE state >= 2 AND settled_ms = ?1 AND seq > ?2 AND body_kept = 1 UNION ALL "
      "SELECT settled_ms, seq, bytes FROM message INDEXED BY message_settled "
      "WHERE state >= 2 AND settled_ms > ?1 AND body_kept = 1 ORDER BY 1, 2"};
  Statement newest_settled{d,
                           "SELECT settled_ms, seq FROM message INDEXED BY message_settled "
                           "WHERE state >= 2 ORDER BY settled_ms DESC, seq DESC LIMIT 1"};
  Statement oldest_settled{d,
                           "SELECT settled_ms, seq, ts_us, instance, sha, bytes, body_kept "
                           "FROM message INDEXED BY message_settled "
                           "WHERE state >= 2 ORDER BY settled_ms, seq"};
  Statement body_gone{d, "UPDATE message SET body_kept = 0 WHERE seq = ?"};
  Statement remove_message{d, "DELETE FROM message WHERE seq = ?"};
  Statement add_key{d, "INSERT OR REPLACE INTO settled_key(ts_us, instance, sha) VALUES (?, ?, ?)"};
  Statement oldest_keys{d, "SELECT ts_us FROM settled_key ORDER BY ts_us, instance LIMIT ?"};
  Statement remove_keys{d,
                        "DELETE FROM settled_key WHERE (ts_us, instance) IN "
                        "(SELECT ts_us, instance FROM settled_key ORDER BY ts_us, instance "
                        "LIMIT ?)"};
  // Reads all messages and keys: rarely asked, see forget_instances().
  Statement remove_instances{d,
                             "DELETE FROM instance WHERE id NOT IN (SELECT instance FROM message) "
                             "AND id NOT IN (SELECT instance FROM settled_key)"};
  Statement vacuum{d, "PRAGMA incremental_vacuum(64)"};
};

}  // namespace reporterd
