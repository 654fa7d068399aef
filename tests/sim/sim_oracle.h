#pragma once
// What must hold, whatever happens: kept beside the daemon from what it answered, and compared with
// what it does, what its outbox says and what the server has.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/outbox.h"
#include "daemon/core/settings.h"
#include "tests/sim/sim_server.h"
#include "tests/sim/watched_outbox.h"

namespace reporterd::sim {

std::string key_text(const MessageKey& key);

class Oracle {
 public:
  explicit Oracle(const SimServer& server) : server_(server) {}

  const std::optional<std::string>& violation() const { return violation_; }
  void fail(std::string what);
  Moment moment() { return ++moment_; }

  // Submissions: what was handed in at which moment, and what was answered.
  Moment offered(const NewMessage& message);
  void answered(const NewMessage& message, Moment at, Appended answer);

  // What the owner forbids: from now on nothing of it is sent.
  void withdrawn(const WithdrawScope& scope);
  void held(const std::string& source);
  void released(const std::string& source);
  void deleted(const MessageKey& key) { forbid(key_text(key), "deleted"); }
  // What was withdrawn of `scope` before `at` is on disk.
  void withdrawal_kept(const WithdrawScope& scope, Moment at);
  void requeued(const MessageKey& key, Moment at, bool held);

  // The store: what the pieces of one transaction did, told after it. `ledger` absent: it failed.
  void committed(std::span<const Deeds> deeds, const std::optional<Ledger>& ledger);
  void opened(const Ledger& ledger);
  void expects_age(Millis max_age, Instant now);  // for the transaction to come
  // All rows there are.
  void compare(const std::vector<Row>& rows, const Ledger& ledger);
  void crashed();

  // The wire.
  void sent(const std::vector<WireMessage>& messages);

  // After the quiet phase: everything has ended well. `all_refused`: nothing but refusals was ever
  // heard, so that none of them is believed; what the server would take has ended all the same.
  void final_check(const std::vector<Row>& rows, const Ledger& ledger, bool all_refused);

  // Of what was leased in this life; empty: it was not.
  std::string key_of(Seq seq) const;

  void disk_was_full() { may_be_full_ = true; }
  // The store is small: it may be full; what was settled leaves the history, and its key later.
  void store_is_small() { may_be_full_ = may_forget_ = true; }
  std::size_t promised() const { return promised_; }
  // Every key for which a promise was made, in order.
  std::vector<std::string> promised_keys() const;

 private:
  struct Offer {
    std::string body;
    Moment at;
  };
  struct Account {
    std::string source;
    std::vector<Offer> offers;
    std::optional<std::string> promised;  // the body that was acknowledged
    std::optional<Moment> forbidden;
    std::string why;
    bool kept = true;                  // the withdrawal is on disk
    std::optional<Moment> taken_back;  // when it was withdrawn, unless it came again after that
    bool taken_back_kept = false;      // that is on disk: what is requeued after it is not under it
  };

  static void came_again(Account& account, Moment offered);
  void forbid(const std::string& key, std::string why);
  void leased(const Deeds& piece);
  void check_ledger(const Ledger& ledger);
  void check_row(const Row& row);
  void check_missing(const std::set<std::string>& there, std::int64_t hidden, const Ledger& ledger);

  const SimServer& server_;
  std::optional<std::string> violation_;
  Moment moment_ = 0;
  std::map<std::string, Account> accounts_;
  std::set<std::string> in_store_;   // committed by an append
  std::map<Seq, std::string> keys_;  // of what was leased in this life
  std::set<Seq> leased_;
  std::map<Seq, std::size_t> leased_sizes_;
  std::size_t leased_bytes_ = 0;
  std::set<std::string> settled_;  // committed, and not requeued since
  Ledger last_;                    // surely on disk
  Ledger seen_;
  Millis max_age_{0};
  Instant now_{};
  bool may_be_full_ = false;
  bool may_forget_ = false;
  WallTime newest_ts_{};
  std::size_t promised_ = 0;
};

}  // namespace reporterd::sim
