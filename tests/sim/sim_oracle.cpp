#include "tests/sim/sim_oracle.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/core/limits.h"
#include "daemon/core/timestamp.h"

namespace reporterd::sim {
namespace {

constexpr std::size_t largest_body = 70'000;

// The counters that only grow.
std::array<std::int64_t, 11> counters(const Ledger& ledger) {
  return {ledger.accepted, ledger.requeued,   ledger.delivered, ledger.rejected,
          ledger.expired,  ledger.superseded, ledger.withdrawn, ledger.deleted,
          ledger.lost,     ledger.duplicates, ledger.conflicts};
}

}  // namespace

std::string key_text(const MessageKey& key) {
  return key.instance_id + "/" + canonical_ts(key.ts);
}

void Oracle::fail(std::string what) {
  if (!violation_) {
    violation_ = std::move(what);
  }
}

// ---------------------------------------------------------------- submissions

Moment Oracle::offered(const NewMessage& message) {
  Account& account = accounts_[key_text(message.key)];
  newest_ts_ = std::max(newest_ts_, message.key.ts);
  account.source = message.source;
  account.offers.push_back({message.body, moment()});
  return moment_;
}

void Oracle::answered(const NewMessage& message, Moment at, Appended answer) {
  const std::string key = key_text(message.key);
  Account& account = accounts_[key];
  const auto earlier = [&](bool same) {
    return std::ranges::any_of(account.offers, [&](const Offer& offer) {
      return offer.at < at && (offer.body == message.body) == same;
    });
  };
  switch (answer) {
    case Appended::queued:
      if (account.promised) {
        fail("stored a second time: " + key);
      }
      break;
    case Appended::duplicate:
      if (account.promised ? *account.promised != message.body : !earlier(true)) {
        fail("called a duplicate, but is none: " + key);
      }
      break;
    case Appended::conflict:
      if (account.promised ? *account.promised == message.body : !earlier(false)) {
        fail("called a conflict, but is none: " + key);
      }
      return;
    case Appended::storage_full:
      if (!may_be_full_) {
        fail("called full, but is not");
      }
      return;
    case Appended::too_old:
      if (!may_forget_ || message.key.ts >= newest_ts_) {
        fail("called too old, but is not: " + key);
      }
      return;
  }
  if (!in_store_.contains(key)) {
    fail("acknowledged before it was committed: " + key);
  }
  promised_ += account.promised ? 0 : 1;
  account.promised = message.body;
}

std::vector<std::string> Oracle::promised_keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, account] : accounts_) {
    if (account.promised) {
      keys.push_back(key);
    }
  }
  return keys;
}

// ---------------------------------------------------------------- the owner

void Oracle::forbid(const std::string& key, std::string why) {
  Account& account = accounts_[key];
  account.forbidden = moment();
  account.why = std::move(why);
  account.kept = true;
}

void Oracle::withdrawn(const WithdrawScope& scope) {
  for (auto& [key, account] : accounts_) {
    if (!scope.all && account.source != scope.source) {
      continue;
    }
    account.taken_back = moment();
    account.taken_back_kept = false;
    if (!(account.forbidden && account.why == "withdrawn")) {
      forbid(key, "withdrawn");
      account.kept = false;
    }
  }
}

void Oracle::held(const std::string& source) {
  for (const auto& [key, account] : accounts_) {
    if (account.source == source && !account.forbidden) {
      forbid(key, "held");
    }
  }
}

void Oracle::released(const std::string& source) {
  for (auto& [key, account] : accounts_) {
    if (account.source == source && account.forbidden && account.why == "held") {
      account.forbidden.reset();
    }
  }
}

// A withdrawal goes by positions: one that is written late takes what was requeued before that,
// too.
void Oracle::requeued(const MessageKey& key, Moment at, bool held) {
  Account& account = accounts_[key_text(key)];
  if (account.forbidden && *account.forbidden < at) {
    account.forbidden.reset();
  }
  if (account.taken_back && account.taken_back_kept && *account.taken_back < at) {
    account.taken_back.reset();
  }
  if (held && !account.forbidden) {
    forbid(key_text(key), "held");
  }
}

void Oracle::withdrawal_kept(const WithdrawScope& scope, Moment at) {
  for (auto& [key, account] : accounts_) {
    if (scope.all || account.source == scope.source) {
      account.kept |= account.forbidden && *account.forbidden < at;
      account.taken_back_kept |= account.taken_back && *account.taken_back < at;
    }
  }
}

// ---------------------------------------------------------------- the store

void Oracle::expects_age(Millis max_age, Instant now) {
  max_age_ = max_age;
  now_ = now;
}

void Oracle::committed(std::span<const Deeds> deeds, const std::optional<Ledger>& ledger) {
  for (const Deeds& piece : deeds) {
    for (const auto& [key, answer] : piece.appended) {
      if (answer == Appended::queued) {
        came_again(accounts_[key_text(key)], piece.offered);
      }
    }
  }
  if (!ledger) {  // nothing of it counts, but after an I/O error all of it may have happened
    for (const Deeds& piece : deeds) {
      for (const Seq seq : piece.requeued) {
        settled_.erase(keys_[seq]);
      }
    }
    return;
  }
  for (const Deeds& piece : deeds) {
    for (const auto& [key, answer] : piece.appended) {
      if (answer == Appended::queued || answer == Appended::duplicate) {
        in_store_.insert(key_text(key));
      }
    }
    leased(piece);
    for (const auto& [seq, how] : piece.settled) {
      const std::string& key = keys_[seq];
      settled_.insert(key);
      if (how == State::delivered && server_.stored(key) == nullptr) {
        fail("counted as delivered, but the server never got it: " + key);
      }
    }
    for (const Seq seq : piece.returned) {
      if (leased_.erase(seq) > 0) {
        leased_bytes_ -= leased_sizes_[seq];
      }
    }
    for (const Seq seq : piece.requeued) {
      settled_.erase(keys_[seq]);
    }
    for (const Instant before : piece.expired_before) {
      if (before > now_ - max_age_) {
        fail("expired before its time");
      }
    }
  }
  check_ledger(*ledger);
  if (*ledger != seen_) {  // it was written, so it is on disk
    last_ = *ledger;
    seen_ = *ledger;
  }
}

void Oracle::leased(const Deeds& piece) {
  for (const LeasedMessage& message : piece.leased) {
    keys_[message.seq] = key_text(message.key);
    if (!leased_.insert(message.seq).second) {
      fail(fmt::format("leased twice at once: {}", message.seq));
    }
    leased_sizes_[message.seq] = message.body.size();
    leased_bytes_ += message.body.size();
  }
  if (leased_bytes_ > leased_bytes_max + largest_body) {
    fail(fmt::format("{} bytes are leased", leased_bytes_));
  }
}

// It was lost in a crash, forbidden, and what is stored now was handed in after that. A crash may
// take the answer with it. If the commit failed, there may be nothing that could be sent.
void Oracle::came_again(Account& account, Moment offered) {
  if (account.forbidden && *account.forbidden < offered) {
    account.forbidden.reset();
  }
  if (account.taken_back && *account.taken_back < offered) {
    account.taken_back.reset();
  }
}

std::string Oracle::key_of(Seq seq) const {
  const auto found = keys_.find(seq);
  return found == keys_.end() ? std::string() : found->second;
}

void Oracle::opened(const Ledger& ledger) {
  check_ledger(ledger);
  seen_ = ledger;
}

void Oracle::check_ledger(const Ledger& ledger) {
  if (!ledger.balances()) {
    fail("the ledger does not balance");
  }
  if (ledger.lost != 0) {
    fail("something counts as lost without damage");
  }
  const auto was = counters(last_);
  const auto is = counters(ledger);
  for (std::size_t i = 0; i < is.size(); ++i) {
    if (is[i] < was[i]) {
      fail(fmt::format("counter {} of the ledger shrank from {} to {}", i, was[i], is[i]));
    }
  }
}

void Oracle::compare(const std::vector<Row>& rows, const Ledger& ledger) {
  check_ledger(ledger);
  std::set<std::string> there;
  std::int64_t queued = 0;
  std::int64_t held = 0;
  for (const Row& row : rows) {
    queued += row.state == State::queued ? 1 : 0;
    held += row.state == State::held ? 1 : 0;
    if (!there.insert(key_text(row.key)).second) {
      fail("two rows of one key: " + key_text(row.key));
    }
    check_row(row);
  }
  // Rows under a withdrawal that goes on are counted, but not shown.
  if (queued > ledger.queued || held > ledger.held) {
    fail(fmt::format("{} queued and {} held rows, but the ledger says {} and {}", queued, held,
                     ledger.queued, ledger.held));
  }
  const auto hidden = ledger.queued + ledger.held - queued - held;
  const auto forgotten = ledger.accepted - std::ssize(rows) - hidden;
  if (forgotten < 0 || (forgotten > 0 && !may_forget_)) {
    fail(fmt::format("{} rows and {} to be withdrawn, but {} were accepted", rows.size(), hidden,
                     ledger.accepted));
  }
  check_missing(there, hidden, ledger);
}

// What was acknowledged and has no row is under a withdrawal that goes on, or its end is counted
// and the history has forgotten it.
void Oracle::check_missing(const std::set<std::string>& there, std::int64_t hidden,
                           const Ledger& ledger) {
  std::int64_t neither = ledger.rejected + ledger.expired + ledger.superseded + ledger.deleted;
  for (const auto& [key, account] : accounts_) {
    if (!account.promised || there.contains(key)) {
      continue;
    }
    const bool is_hidden = account.taken_back && hidden-- > 0;
    const bool is_at_server = server_.stored(key) != nullptr;
    const bool has_ended = is_at_server || account.taken_back || neither-- > 0;
    if (!is_hidden && (!may_forget_ || !has_ended)) {
      fail("acknowledged, but not in the outbox any more: " + key);
    }
  }
}

void Oracle::check_row(const Row& row) {
  const std::string key = key_text(row.key);
  const auto account = accounts_.find(key);
  if (account == accounts_.end()) {
    fail("nobody handed this in: " + key);
    return;
  }
  if (row.state == State::withdrawn && !account->second.taken_back) {
    fail("withdrawn, though it was accepted after telemetry was switched on again: " + key);
  }
  const std::string* at_server = server_.stored(key);
  if (row.state == State::delivered && at_server == nullptr) {
    fail("counted as delivered, but the server never got it: " + key);
  }
  if ((row.state == State::withdrawn || row.state == State::deleted) && at_server != nullptr &&
      !row.may_have_arrived) {
    fail("it is at the server, but is not marked `may have arrived`: " + key);
  }
}

void Oracle::crashed() {
  leased_.clear();
  leased_bytes_ = 0;
  for (auto& [key, account] : accounts_) {
    if (!account.kept) {
      account.forbidden.reset();
    }
  }
}

// ---------------------------------------------------------------- the wire

void Oracle::sent(const std::vector<WireMessage>& messages) {
  for (const WireMessage& message : messages) {
    const auto found = accounts_.find(message.key);
    if (found == accounts_.end()) {
      fail("sent, but nobody handed it in: " + message.key);
      continue;
    }
    const Account& account = found->second;
    const bool known = account.promised ? *account.promised == message.body
                                        : std::ranges::any_of(account.offers, [&](const Offer& o) {
                                            return o.body == message.body;
                                          });
    if (!known) {
      fail("sent with other bytes than were acknowledged: " + message.key);
    }
    if (account.forbidden) {
      fail("sent, though it was " + account.why + ": " + message.key);
    }
    if (settled_.contains(message.key)) {
      fail("sent again after it was settled: " + message.key);
    }
  }
}

// ---------------------------------------------------------------- the end

void Oracle::final_check(const std::vector<Row>& rows, const Ledger& ledger, bool all_refused) {
  compare(rows, ledger);
  std::int64_t refused = 0;
  for (const Row& row : rows) {
    const Account& account = accounts_[key_text(row.key)];
    const bool is_refused_there =
        !account.offers.empty() &&
        is_refused(account.promised.value_or(account.offers.front().body));
    if (row.state == State::queued && all_refused && is_refused_there) {
      ++refused;
    } else if (row.state == State::queued || row.state == State::held) {
      fail(fmt::format("after the quiet phase it is still {}: {} ({})",
                       row.state == State::held ? "held" : "queued", key_text(row.key),
                       row.reason));
    }
  }
  if (ledger.queued != refused || ledger.held != 0) {
    fail("after the quiet phase the ledger still counts messages that wait");
  }
}

}  // namespace reporterd::sim
