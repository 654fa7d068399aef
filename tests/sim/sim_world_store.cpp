// The store in a world: its housekeeping, its limits, and the process that ends well or is told
// of a new configuration.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/core/limits.h"
#include "store/limits.h"
#include "tests/sim/sim_world.h"

namespace reporterd::sim {

using std::chrono::seconds;

namespace {

constexpr std::size_t small_pages = std::size_t{16} * 4096;  // the least that the WAL may have
constexpr std::size_t some_pages = std::size_t{192} << 10;   // indexes, and what is half full

}  // namespace

// What a burst leaves behind, as the writer thread of the daemon does it.
void World::housekeep() {
  constexpr int most_slices = 1000;
  Result<bool> more = process_->outbox->trim(clock_.mark());
  for (int slices = 1; more && *more; ++slices) {
    if (slices > most_slices) {
      oracle_.fail("housekeeping does not end");
      return;
    }
    more = process_->outbox->trim(clock_.mark());
  }
  process_->outbox->relax();
  note(more ? "housekeeping" : "housekeeping: " + more.error().what);
  check_size();
  if (more && ok()) {
    check_history();
  }
}

// The file stays within the limit, and the WAL within its share, but for what one transaction
// writes before it is measured: bodies, in pages that may be half full, those that make room for
// them, and the history's (as many as can be leased at once).
void World::check_size() {
  const StoreLimits limits(store_in_force_);
  const auto share = std::max<std::size_t>(static_cast<std::size_t>(limits.wal), small_pages);
  const std::size_t wal_most = share + 2 * (longest_write_ + leased_bytes_max) + some_pages;
  const std::size_t file_most = store_in_force_.max_bytes + 2 * longest_write_ + some_pages;
  const std::size_t wal = disk_.size_of(std::string(outbox_path) + "-wal");
  const std::size_t file = disk_.size_of(outbox_path);
  if (file > file_most || wal > wal_most) {
    oracle_.fail(fmt::format("the store has {} and its WAL {} bytes, where {} and {} are allowed",
                             file, wal, file_most, wal_most));
  }
}

// After housekeeping; while a message is settled the history may be over its share for a moment.
void World::check_history() {
  const Instant now = clock_.now().observed;
  const std::int64_t most = StoreLimits(store_in_force_).history;
  std::int64_t bytes = 0;
  std::map<Settled, Instant> settled;
  for (const Row& row : rows_where(true)) {
    bytes += row_cost + (row.body_kept ? row.bytes : 0);
    const auto before = settled_.find({row.seq, row.settled_at});
    const Instant since = before == settled_.end() ? now : std::min(before->second, now);
    settled.emplace(Settled(row.seq, row.settled_at), since);
    if (since + store_in_force_.history_keep < now) {
      oracle_.fail(fmt::format("message {} is kept longer than history.keep", row.seq));
    }
  }
  settled_ = std::move(settled);
  if (bytes > most) {
    oracle_.fail(fmt::format("the history has {} bytes, where {} are allowed", bytes, most));
  }
}

// The service is stopped and started again, by a newer version for example.
void World::restart() {
  note("the service is stopped");
  stopped_ = false;
  const std::uint64_t life = lives_;
  process_->engine->stop();
  const Millis patience = schedule_.now() + seconds(60);
  while (ok() && (!stopped_ || process_->writer->busy()) && !schedule_.empty() &&
         schedule_.next() <= patience) {
    step();
  }
  if (!ok() || life != lives_) {
    return;  // it crashed on the way, and has started again
  }
  if (disk_.is_sound() && !stopped_) {
    oracle_.fail("the service does not stop");
    return;
  }
  after_commits();
  process_->engine.reset();
  const bool is_sound = disk_.is_sound();  // a fault may be over once it has struck
  const Status closed = process_->outbox->close(clock_.mark());
  if (!closed && is_sound) {
    oracle_.fail("the outbox does not close: " + closed.error().what);
  }
  end_process();
  set_disk_fault(DiskFault::none);
  start();
}

// The configuration is read again, and other things stand in it.
void World::reload(const DeliverySettings& delivery, bool data_only, const StoreSettings& store) {
  note(fmt::format("reload: in flight {}, batch {}{}, history {} bytes, keys {} bytes",
                   delivery.in_flight, delivery.batch, data_only ? ", data only" : "",
                   store.history_bytes, store.key_bytes));
  plan_.delivery = delivery;
  plan_.data_only = data_only;
  plan_.store = store;
  if (data_only) {
    plan_.delivery.batch = 1;
  }
  tell_destination();
  process_->engine->configure_outbox([this, outbox = process_->outbox.get(), store](Outbox&) {
    outbox->apply(store);
    store_in_force_ = store;
  });
}

}  // namespace reporterd::sim
