// What must hold after each step and at the end, and what tells one state from another.

#include <algorithm>
#include <utility>
#include "store/books.h"

#include "tests/model/fingerprint.h"
#include "tests/model/model_world.h"

namespace reporterd::model {
namespace {

using Kind = Step::Kind;

constexpr std::size_t drain_most_steps = 500;
constexpr Millis drain_most_time = std::chrono::hours(1);

}  // namespace

void World::fail(std::string what) {
  if (!violation_) {
    violation_ = std::move(what);
  }
}

const ModelOutbox::Message* World::row_of(std::size_t number) const {
  const auto found =
      std::ranges::find_if(outbox_.messages(), [number](const ModelOutbox::Message& row) {
        return row.told->body.front() == static_cast<char>('a' + number);
      });
  return found == outbox_.messages().end() ? nullptr : &*found;
}

// Whatever comes, it is not given out any more.
bool World::is_kept_back(std::size_t number) const {
  const ModelOutbox::Message* const row = row_of(number);
  return !row->is_waiting() || outbox_.is_under_withdrawal(*row);
}

void World::check_outbox() {
  check_ledger();
  for (const ModelOutbox::Message& row : outbox_.messages()) {
    check_row(row);
  }
  for (std::size_t i = 0; i < most_messages; ++i) {
    if (accounts_[i].promised && row_of(i) == nullptr) {
      fail("acknowledged, but not in the outbox any more");
    }
  }
}

void World::check_ledger() {
  Ledger ledger = outbox_.snapshot().ledger;
  Ledger rows;
  for (const ModelOutbox::Message& row : outbox_.messages()) {
    ++counter(rows, row.state);
  }
  if (!ledger.balances() || ledger.accepted != std::ssize(outbox_.messages()) ||
      ledger.queued != rows.queued || ledger.held != rows.held) {
    fail("the ledger does not balance");
  }
}

void World::check_row(const ModelOutbox::Message& row) {
  const Account& account = accounts_[static_cast<std::size_t>(row.told->body.front() - 'a')];
  if (row.state == State::delivered && !account.at_server) {
    fail("counted as delivered, but the server never got it");
  }
  if (row.state == State::rejected && !account.was_rejected) {
    fail("counted as rejected, but nobody rejected it");
  }
  if ((row.state == State::withdrawn && !account.was_withdrawn) ||
      (row.state == State::deleted && !account.was_deleted)) {
    fail("taken back, but nobody asked for that");
  }
  if (row.state == State::superseded || row.state == State::lost ||
      (row.state == State::expired && !(left_.expires && now_ - row.accepted >= expiring_age))) {
    fail("it ended for no reason, or too early");
  }
  if ((row.state == State::withdrawn || row.state == State::deleted) && account.at_server &&
      !row.may_have_arrived) {
    fail("taken back and at the server, but not marked `may have arrived`");
  }
}

// ---------------------------------------------------------------- the quiet end

// Nobody waits for the end of a message's 400 days while a request hangs.
bool World::is_timer_near() const {
  return timer_ && *timer_ - now_ < std::chrono::hours(24);
}

void World::drain() {
  if (!consent_) {
    set_consent(true);
  }
  act({Kind::resume});
  const Instant end = now_ + drain_most_time;
  for (std::size_t steps = 0; !violation_; ++steps) {
    if (steps > drain_most_steps || now_ > end) {
      fail("all goes well, but it does not come to rest");
    } else if (result_) {
      take({Kind::tell});
    } else if (!posted_.empty()) {
      take({Kind::commit});
    } else if (!requests_.empty()) {
      take({requests_.front().cancelled ? Kind::cancelled_before : Kind::delivered});
    } else if (is_timer_near()) {
      take({Kind::wake});
    } else {
      break;
    }
  }
  check_outbox();
  const Ledger ledger = outbox_.snapshot().ledger;
  if (ledger.queued + ledger.held > 0) {
    fail("all goes well, but a message still waits");
  }
}

std::uint64_t World::fingerprint() {
  Fingerprint print(now_, left_.expires ? expiring_age : DeliverySettings{}.max_age);
  print.add(*engine_);
  print.add(outbox_);
  ModelOutbox before = outbox_before_;
  for (auto* const pieces : {&posted_, &done_}) {
    print.add(pieces->size());
    for (Piece& piece : *pieces) {
      Tape tape;
      TapedOutbox taped(pieces == &done_ ? &before : nullptr, tape);
      piece.work(taped);
      print.add(tape);
      print.add(piece.calls == Fingerprint::calls(*engine_) ? 1U : 0U);
    }
  }
  print.add(result_ ? 1U : 0U);
  if (result_ && *result_) {
    print.add(**result_);
  }
  for (const Request& request : requests_) {
    print.add(request.message * 4 + (request.spell == spell_ ? 2U : 0U) +
              (request.cancelled ? 1U : 0U));
  }
  print.add_later(timer_);
  for (const Account& account : accounts_) {
    for (const bool flag : {account.pending, account.promised, account.forbidden, account.at_server,
                            account.was_rejected, account.was_deleted, account.was_withdrawn}) {
      print.add(flag ? 1U : 0U);
    }
  }
  for (const bool flag :
       {consent_, paused_, pause_kept_, asked_lost_, pieces_done_ >= asked_at_piece_}) {
    print.add(flag ? 1U : 0U);
  }
  print.add_later(paused_until_);
  print.add_later(asked_until_);
  print.add_later(asked_until_kept_);
  for (const std::uint8_t budget : {left_.repeats, left_.troubles, left_.crashes,
                                    left_.failed_commits, left_.acts, left_.oversleeps}) {
    print.add(budget);
  }
  return print.value();
}

}  // namespace reporterd::model
