#pragma once
// The outbox as the brain knows it: every message that is not settled yet, the history of those
// that are, and the ledger that counts both. Implemented by store/ on SQLite.
//
// All members of Outbox are called inside a transaction (Writer runs Work in one). An SQLite error
// inside is remembered and fails the transaction as a whole; the calls themselves then do nothing
// and return empty values. So Work never handles errors, and is run again from the start if the
// transaction has to be repeated: it must assign its results, not accumulate them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/core/time.h"

namespace reporterd {

using Seq = std::int64_t;  // position in the outbox; grows, never reused

// queued and held are waiting; the others are settled (except lost: found damaged, counted).
enum class State {
  queued,
  held,
  delivered,
  rejected,
  expired,
  superseded,
  withdrawn,
  deleted,
  lost
};
std::string_view name_of(State state);
std::optional<State> state_named(std::string_view name);

// Event counters that only grow, except queued and held, which are what is there now.
struct Ledger {
  std::int64_t accepted = 0, requeued = 0;
  std::int64_t queued = 0, held = 0;
  std::int64_t delivered = 0, rejected = 0, expired = 0, superseded = 0, withdrawn = 0, deleted = 0,
               lost = 0;
  std::int64_t duplicates = 0, conflicts = 0;  // refused repeats; outside the balance

  std::int64_t settled() const {
    return delivered + rejected + expired + superseded + withdrawn + deleted + lost;
  }
  bool balances() const { return accepted + requeued == queued + held + settled(); }
  friend bool operator==(const Ledger&, const Ledger&) = default;
};

// What every commit tells.
struct Snapshot {
  Ledger ledger;
  std::int64_t bytes_used = 0;  // of the database, WAL included
  std::int64_t bytes_limit = 0;
  Seq newest = 0;                          // highest Seq ever given
  std::optional<Seq> oldest_queued;        // lowest Seq that is queued
  std::optional<Instant> oldest_accepted;  // when the oldest queued message was accepted
  bool disk_full = false;                  // the reserve file is given up; intake is refused

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

struct NewMessage {
  MessageKey key;
  std::string body;
  std::string source;   // "" when a program handed it in; else the Butler it reports on
  std::string content;  // own reports: the part that a newer report repeats when nothing changed
};

enum class Appended { queued, duplicate, conflict, too_old, storage_full };

struct LeasedMessage {
  Seq seq = 0;
  MessageKey key;
  std::string body;
  int attempts = 0;  // failed ones, before this
};

inline std::size_t body_bytes(std::span<const LeasedMessage> messages) {
  std::size_t bytes = 0;
  for (const LeasedMessage& message : messages) {
    bytes += message.body.size();
  }
  return bytes;
}

struct LeaseWish {
  Instant now;
  std::size_t limit = 0;         // messages
  std::size_t bytes = 0;         // stop after this many body bytes (at least one message is given)
  bool least_attempted = false;  // a probe: the message with the fewest attempts, due or not
  bool ignore_due = false;       // a flush: all that wait for their own retry become due first
};

struct Lease {
  std::vector<LeasedMessage> messages;
  std::optional<Instant>
      next_due;       // when the earliest message that still waits for its retry is due
  bool more = false;  // more messages could be leased now
};

struct Row {
  Seq seq = 0;
  MessageKey key;
  State state = State::queued;
  std::string source;
  std::int64_t bytes = 0;
  int attempts = 0;
  WallTime accepted_at;
  std::optional<WallTime> settled_at;
  std::optional<Instant> due;     // of a queued message that waits for its own retry
  std::string reason;             // last error, or why it was settled; one line, never message data
  bool may_have_arrived = false;  // withdrawn or deleted while an attempt may have been out
  bool body_kept = true;          // history drops bodies before rows
};

struct Listing {
  bool settled = false;  // false: queued and held; true: the history
  std::optional<State> state;
  Seq after = 0;              // queue: rows with seq > after, oldest first
  std::optional<Seq> before;  // history: rows with seq < before, newest first
  std::size_t limit = 50;
};

enum class Holder { owner, consent };

// Which messages a withdrawal means.
struct WithdrawScope {
  bool all = false;
  std::string source;  // when not all: the messages of this source
};

class Outbox {
 public:
  virtual ~Outbox() = default;

  // Intake. Nothing is stored unless the answer is `queued`.
  virtual Appended append(const NewMessage& message, Now now) = 0;

  // Delivery. A leased message is not leased again until it is settled, deferred or released, or
  // the outbox is opened anew. Bodies are verified against their SHA-256; a damaged one becomes
  // `lost` here and is not given out.
  virtual Lease lease(const LeaseWish& wish) = 0;
  // Ends a message's life. Ignored (false) when it is settled already, e.g. withdrawn meanwhile;
  // delivered wins over withdrawn/deleted only in the reason text, never in the ledger.
  virtual bool settle(Seq seq, State how, std::string_view reason, Now now) = 0;
  // A failed attempt: counted, and not leased before `due`.
  virtual void defer(Seq seq, Instant due, std::string_view reason) = 0;
  // Leased but not sent: may be leased again at once.
  virtual void release(std::span<const Seq> seqs) = 0;

  // Settles up to `limit` queued messages accepted before `before` as expired; how many it were.
  virtual std::size_t expire(Instant before, std::size_t limit, Now now) = 0;

  // Owner's means. false: no such message, or not in a state that allows it.
  virtual bool remove(Seq seq, Now now) = 0;   // queued or held -> deleted
  virtual bool requeue(Seq seq, Now now) = 0;  // settled, body kept -> queued again, same Seq
  virtual void hold_source(std::string_view source) = 0;     // queued -> held by consent
  virtual void release_source(std::string_view source) = 0;  // held by consent -> queued
  // Marks everything in scope that was accepted until `decided` as withdrawn (it is never leased
  // again), cheaply. It may come late: what was accepted after `decided` stays as it is.
  virtual void begin_withdrawal(const WithdrawScope& scope, Instant decided) = 0;
  // Settles at least one and up to `limit` messages of the marked ones, bodies removed, as long as
  // they are not too long for one transaction; how many are left to do.
  virtual std::size_t continue_withdrawal(std::size_t limit, Now now) = 0;

  // Small named values that the brain keeps (destination state, report schedule, pause, ids).
  virtual std::optional<std::string> get(std::string_view name) = 0;
  virtual void put(std::string_view name, std::string_view value) = 0;
  virtual std::vector<std::string> names(std::string_view prefix) = 0;  // of values, in order

  // Questions.
  virtual std::vector<Row> list(const Listing& listing) = 0;
  virtual std::optional<Row> find(Seq seq) = 0;
  virtual std::optional<std::string> body(Seq seq) = 0;
  virtual bool has_key(const MessageKey& key) = 0;
};

}  // namespace reporterd
