// Giving messages out for delivery.

#include <algorithm>

#include "store/limits.h"
#include "store/sqlite_outbox.h"
#include "store/statements.h"

namespace reporterd {
namespace {

// The watermark is written once for so many leases.
constexpr Seq lease_step = 4096;
// Rows looked at in one call without giving any out: a long way past rows that wait must not hold
// the transaction up.
constexpr std::size_t scan_most = 4096;

}  // namespace

struct SqliteOutbox::Candidate {
  explicit Candidate(const Query& row)
      : seq(row.number(0)),
        ts_us(row.number(1)),
        instance(row.number(2)),
        source(row.number(3)),
        bytes(static_cast<std::size_t>(row.number(4))),
        attempts(static_cast<int>(row.number(5))),
        is_fresh(!row.maybe_number(6)),
        sha(row.blob(7)) {}
  Seq seq;
  std::int64_t ts_us;
  std::int64_t instance;
  std::int64_t source;
  std::size_t bytes;
  int attempts;
  bool is_fresh;
  Bytes sha;
};

// One call of lease() in the making.
struct SqliteOutbox::Picking {
  explicit Picking(const LeaseWish& asked) : wish(asked) {}
  bool fits(std::size_t more_bytes) const {
    return lease.messages.size() < wish.limit &&
           (lease.messages.empty() || bytes + more_bytes <= wish.bytes);
  }
  const LeaseWish& wish;
  Lease lease;
  std::size_t bytes = 0;
  bool full = false;         // a candidate was left for next time
  std::vector<Seq> damaged;  // settled when no statement is open any more
};

Lease SqliteOutbox::lease(const LeaseWish& wish) {
  if (!ok()) {
    return {};
  }
  if (wish.ignore_due) {
    Query(statements_->all_due, to_ms(wish.now)).run();
  }
  Picking picking(wish);
  if (wish.least_attempted) {
    take_fresh(picking);
    take_least_tried(picking);
  } else {
    take_retries(picking, (wish.limit + 1) / 2);  // so that neither kind starves the other
    take_fresh(picking);
    take_retries(picking, wish.limit + 1);  // one more than fits: tells whether there is more
  }
  for (const Seq seq : picking.damaged) {
    if (const auto row = brief(seq)) {
      finish(*row, State::lost, "its bytes do not match their checksum", wish.now, std::nullopt);
    }
  }
  picking.lease.more |= picking.full;
  picking.lease.next_due = next_due(wish.now);
  if (leased_highest_ > books_.lease_watermark) {
    books_.lease_watermark = leased_highest_ + lease_step;
  }
  return ok() ? std::move(picking.lease) : Lease{};
}

void SqliteOutbox::take_fresh(Picking& picking) {
  std::size_t looked_at = 0;
  Query row(statements_->fresh, fresh_after_);
  while (!picking.full && row.next()) {
    const Candidate candidate(row);
    if (++looked_at > scan_most + picking.wish.limit) {
      picking.lease.more = true;
      return;
    }
    if (candidate.is_fresh && !take(picking, candidate)) {
      return;
    }
    fresh_after_ = candidate.seq;
  }
}

void SqliteOutbox::take_retries(Picking& picking, std::size_t most) {
  Query row(statements_->retries, to_ms(picking.wish.now));
  while (!picking.full && picking.lease.messages.size() < most && row.next()) {
    take(picking, Candidate(row));
  }
}

void SqliteOutbox::take_least_tried(Picking& picking) {
  Query row(statements_->least_tried);
  while (!picking.full && row.next()) {
    take(picking, Candidate(row));
  }
}

// false: it is left for next time.
bool SqliteOutbox::take(Picking& picking, const Candidate& candidate) {
  const Seq seq = candidate.seq;
  if (is_leased(seq) || is_under_epoch(seq, candidate.source)) {
    return true;
  }
  if (!picking.fits(candidate.bytes)) {
    picking.full = true;
    return false;
  }
  Query row(statements_->body, seq);
  const std::string_view body = row.next() ? row.text(0) : std::string_view();
  if (!ok()) {
    return false;
  }
  const std::string& instance = instance_name(candidate.instance);
  if (!std::ranges::equal(digest_.of(instance, candidate.ts_us, body), candidate.sha)) {
    picking.damaged.push_back(seq);
    return true;
  }
  picking.lease.messages.push_back({.seq = seq,
                                    .key = {instance, wall_at(candidate.ts_us)},
                                    .body = std::string(body),
                                    .attempts = candidate.attempts});
  picking.bytes += body.size();
  remember_lease(seq);
  return true;
}

// When the earliest message that waits for its retry is due; messages in flight do not wait.
std::optional<Instant> SqliteOutbox::next_due(Instant now) {
  Query row(statements_->next_due, to_ms(now));
  while (row.next()) {
    if (!is_leased(row.number(1)) && !is_under_epoch(row.number(1), row.number(2))) {
      return instant_at(row.number(0));
    }
  }
  return std::nullopt;
}

void SqliteOutbox::defer(Seq seq, Instant due, std::string_view reason) {
  forget_lease(seq);
  const auto row = brief(seq);
  if (row && is_waiting(*row)) {
    Query(statements_->defer, seq, to_ms(due), shortened(reason)).run();
  }
}

void SqliteOutbox::release(std::span<const Seq> seqs) {
  for (const Seq seq : seqs) {
    if (ok() && is_leased(seq)) {
      forget_lease(seq);
      look_again_at(seq);
    }
  }
}

void SqliteOutbox::remember_lease(Seq seq) {
  leased_.insert(seq);
  lease_changes_.emplace_back(seq, true);
  leased_highest_ = std::max(leased_highest_, seq);
}

void SqliteOutbox::forget_lease(Seq seq) {
  if (leased_.erase(seq) > 0) {
    lease_changes_.emplace_back(seq, false);
  }
}

// The row may be leased (again).
void SqliteOutbox::look_again_at(Seq seq) {
  fresh_after_ = std::min(fresh_after_, seq - 1);
}

}  // namespace reporterd
