#include "tests/sim/sim_world.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/core/assert.h"
#include "daemon/core/timestamp.h"
#include "daemon/destination/http_destination.h"

namespace reporterd::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Pieces of work that the daemon may cause by itself before something happens from outside. Beyond
// that it is spinning.
constexpr std::size_t posts_alone_most = 100;
constexpr std::size_t most_steps = 200'000;
// All that the schedule may ask for, twice: two capped Retry-Afters with their spread.
constexpr Millis quiet_most = hours(24 * 9);

// An outbox as it is after its first start, made once: to make it anew is most of a short life.
SimVfs::Image new_outbox(int page_size) {
  SimVfs disk;
  disk.format(outbox_path, page_size);
  StoreSettings settings;
  settings.vfs = disk.name();
  auto outbox = SqliteOutbox::open(outbox_path, settings, WallTime{});
  ASSERT(outbox && (*outbox)->close(ClockMark{}));
  return disk.image();
}

const SimVfs::Image& empty_outbox(int page_size) {
  static const SimVfs::Image small = new_outbox(1024);
  static const SimVfs::Image usual = new_outbox(4096);
  return page_size == 1024 ? small : usual;
}

}  // namespace

std::string source_name(std::size_t number) {
  return fmt::format("butler-{}.yaml", number);
}

World::World(std::uint64_t seed, const Plan& plan, FlightRecorder* flight)
    : plan_(plan),
      flight_(flight),
      random_(seed * 2 + 1),
      daemon_random_(seed * 2 + 2),
      clock_(schedule_, plan.wall_drift_ppm),
      server_(random_),
      oracle_(server_) {
  pace_.use(plan_.delivery.retry);
  outage_.use(plan_.delivery.retry);
  disk_.restore(empty_outbox(plan_.page_size));
  disk_.draw_from(seed);
  plan_.store.vfs = disk_.name();
  if (plan_.store.history_bytes < StoreSettings{}.history_bytes) {
    oracle_.store_is_small();
  }
  start();
}

World::~World() = default;

// ---------------------------------------------------------------- the process

void World::start() {
  ++lives_;
  store_in_force_ = plan_.store;
  auto outbox = SqliteOutbox::open(outbox_path, plan_.store, clock_.now().wall);
  if (!outbox) {
    oracle_.fail("the outbox does not open: " + outbox.error().what);
    return;
  }
  process_.emplace();
  Process& process = *process_;
  process.outbox = std::move(*outbox);
  const OpenReport& opened = process.outbox->opened();
  clock_.start_process(opened.mark);
  note(fmt::format("start: {} queued", opened.snapshot.ledger.queued));
  oracle_.opened(opened.snapshot.ledger);
  process.writer = std::make_unique<SimWriter>(
      schedule_, random_, [this](std::span<Writer::Work> works) { return transact(works); },
      [this] { housekeep(); });
  process.transport = std::make_unique<SimTransport>(schedule_, server_, clock_, *this,
                                                     [this](SendId id, const Reply& reply) {
                                                       outside();
                                                       process_->engine->replied(id, reply);
                                                       pace_.posted(process_->writer->posted());
                                                     });
  EngineEvents events;
  events.wake_at = [this](std::optional<Instant> at) { arm(at); };
  events.changed = [this](const output::Changed& change) {
    note(fmt::format("condition: {} ({})", name_of(change.to), change.why));
  };
  events.finished = [this] { stopped_ = true; };
  process.engine = std::make_unique<Engine>(
      EnginePorts{clock_, daemon_random_, *process.writer, *process.transport, flight_},
      std::move(events));
  process.engine->start(opened.snapshot);
  configure();
  outside();
}

// As the daemon does at start, and in that order.
void World::configure() {
  Engine& engine = *process_->engine;
  engine.set_notice_period(plan_.notice_period);
  if (!notice_until_) {
    notice_until_ = clock_.now().observed + plan_.notice_period;
  }
  if (!consent_) {
    engine.set_consent(false);
    withdraw(WithdrawScope{true, {}});
    return;
  }
  for (std::size_t i = 0; i < source_count; ++i) {
    switch (switches_[i]) {
      case SourceSwitch::on:
        engine.release_source(source_name(i));
        break;
      case SourceSwitch::off:
        withdraw(WithdrawScope{false, source_name(i)});
        break;
      case SourceSwitch::unknown:
        engine.hold_source(source_name(i));
        break;
    }
  }
  tell_destination();
  engine.set_consent(true);
}

Result<Snapshot> World::transact(std::span<Writer::Work> works) {
  std::vector<Deeds> deeds(works.size());
  std::vector<Writer::Work> watched;
  watched.reserve(works.size());
  for (std::size_t i = 0; i < works.size(); ++i) {
    watched.emplace_back([&work = works[i], &deed = deeds[i]](Outbox& outbox) {
      WatchedOutbox watch(outbox, deed);
      work(watch);
    });
  }
  oracle_.expects_age(plan_.delivery.max_age, clock_.now().observed);
  Result<Snapshot> result = process_->outbox->transact(watched, clock_.mark());
  std::uint64_t piece = process_->writer->committed();
  std::size_t bytes = 0;
  for (Deeds& deed : deeds) {
    const auto offer = offers_.find(piece++);
    deed.offered = offer == offers_.end() ? 0 : offer->second;
    bytes += deed.bytes_stored;
    for (const Seq seq : deed.requeued) {
      pace_.requeued(oracle_.key_of(seq));
    }
  }
  longest_write_ = std::max(longest_write_, bytes);
  if (std::ranges::any_of(deeds, &Deeds::all_due)) {
    pace_.all_due();
  }
  if (!result) {
    pace_.commit_failed();
  }
  oracle_.committed(deeds, result ? std::optional(result->ledger) : std::nullopt);
  note(fmt::format("commit: {} pieces, {}", works.size(),
                   result ? fmt::format("{} queued", result->ledger.queued) : result.error().what));
  check_size();
  return result;
}

void World::after_commits() {
  const SimWriter& writer = *process_->writer;
  // Until another destination is adopted, replies are those of the one before.
  const std::string& identity = process_->engine->reporter().memory().identity;
  if (!identity.empty() && identity != identity_) {
    pace_.forget();
    identity_ = identity;
  }
  pace_.committed(writer.committed());
  posts_alone_ += writer.posted() - posts_seen_;
  posts_seen_ = writer.posted();
  if (posts_alone_ > posts_alone_most) {
    oracle_.fail("the daemon spins: it keeps working though nothing happens");
  }
}

void World::crash(bool power_fails, Millis down_time) {
  ++crashes_;
  note(power_fails ? "the power fails" : "the process is killed");
  if (process_) {
    after_commits();
  }
  SimVfs::Image image = disk_.image();
  process_->outbox.reset();  // it may still write
  disk_.restore(std::move(image));
  if (power_fails) {
    disk_.lose_power();
    clock_.reboot();
  }
  end_process();
  disk_.heal();
  schedule_.skip(down_time);
  start();
}

void World::end_process() {
  process_.reset();
  schedule_.crash();
  oracle_.crashed();
  pace_.crashed();
  outage_.restarts();
  paused_ = pause_kept_;
  posts_seen_ = 0;
  offers_.clear();
  timer_.reset();
}

// ---------------------------------------------------------------- time

void World::arm(std::optional<Instant> at) {
  if (timer_) {
    schedule_.cancel(*timer_);
    timer_.reset();
  }
  if (!at) {
    return;
  }
  const Millis wait = *at - clock_.now().observed;
  timer_ = schedule_.add(wait, Schedule::Owner::process, [this, wait] {
    timer_.reset();
    if (wait > Millis(0)) {
      outside();
    }
    note("wake");
    ++posts_alone_;
    process_->engine->wake();
  });
}

void World::outside() {
  posts_alone_ = 0;
  posts_seen_ = process_ ? process_->writer->posted() : 0;
}

void World::note(std::string line) {
  trace_.push_back(fmt::format("{:>12} {}", schedule_.now().count(), line));
}

void World::step() {
  if (++steps_ > most_steps) {
    oracle_.fail("it does not come to rest");
    return;
  }
  if (plan_.crash_per_10000 > 0 && !quiet_ &&
      static_cast<int>(random_.below(10'000)) < plan_.crash_per_10000) {
    const Millis down_time(random_.percent(70) ? random_.between(0, 1000)
                                               : random_.between(0, 3'600'000));
    crash(random_.percent(50), down_time);
    if (!ok()) {
      return;
    }
  }
  schedule_.run_next();
  if (server_.violation()) {
    oracle_.fail(*server_.violation());
  }
  if (ok()) {
    after_commits();
  }
}

void World::run_for(Millis time) {
  const Millis end = schedule_.now() + time;
  while (ok() && !schedule_.empty() && schedule_.next() <= end) {
    step();
  }
  schedule_.skip(std::max(end - schedule_.now(), Millis(0)));
}

// ---------------------------------------------------------------- the wire

void World::sent(SendId id, const Request& request) {
  ++requests_;
  const Now now = clock_.now();
  const std::vector<WireMessage> messages = messages_of(request);
  std::vector<std::string> keys;
  keys.reserve(messages.size());
  for (const WireMessage& message : messages) {
    keys.push_back(message.key);
  }
  note(fmt::format("send {}: {} messages from {}", id, messages.size(), keys[0].substr(63)));
  oracle_.sent(messages);
  if (auto wrong = pace_.sent(id, std::move(keys), now)) {
    oracle_.fail(*std::move(wrong));
  }
  if (auto wrong = outage_.sent(id, now.observed)) {
    oracle_.fail(*std::move(wrong));
  }
  if (!consent_) {
    oracle_.fail("a request while telemetry is off");
  }
  if (paused_ && (!paused_until_ || now.observed < *paused_until_)) {
    oracle_.fail("a request while sending is paused");
  }
  if (now.observed < *notice_until_) {
    oracle_.fail("a request in the notice period");
  }
  if (process_->transport->in_flight() > plan_.delivery.in_flight) {
    oracle_.fail("more requests in flight than allowed");
  }
  if (messages.size() > plan_.delivery.batch) {
    oracle_.fail("more messages in a request than allowed");
  }
  if (!url_in_use_.empty() && request.url != url_in_use_) {
    oracle_.fail("a request to a destination that is not configured any more");
  }
}

void World::replying(SendId id, const Reply& reply) {
  note(fmt::format("reply {}: {} {} {}", id, static_cast<int>(reply.fate), reply.status,
                   reply.retry_after.value_or("")));
  pace_.replied(id, reply, clock_.now());
  outage_.replied(id, reply.fate, clock_.now().observed);
}

// ---------------------------------------------------------------- checks

std::vector<Row> World::rows_where(bool settled) {
  std::vector<Row> rows;
  Writer::Work work = [&](Outbox& outbox) {
    Listing listing;
    listing.settled = settled;
    listing.limit = 1'000'000;
    rows = outbox.list(listing);
  };
  if (!process_->outbox->transact(std::span(&work, 1), clock_.mark())) {
    rows.clear();
  }
  return rows;
}

std::vector<Row> World::all_rows() {
  std::vector<Row> rows = rows_where(false);
  std::ranges::move(rows_where(true), std::back_inserter(rows));
  return rows;
}

void World::check_all() {
  if (disk_.is_sound() && ok()) {
    Writer::Work nothing = [](Outbox&) {};
    const auto snapshot = process_->outbox->transact(std::span(&nothing, 1), clock_.mark());
    if (!snapshot) {
      oracle_.fail("a sound disk, but: " + snapshot.error().what);
      return;
    }
    oracle_.compare(all_rows(), snapshot->ledger);
  }
}

// Nothing fails any more and nobody acts: everything ends within the schedule's bounds, and then
// the daemon sleeps.
void World::quiet_phase() {
  note("quiet phase");
  quiet_ = true;
  set_disk_fault(DiskFault::none);
  set_weather(Weather::fine);
  set_consent(true);
  for (std::size_t i = 0; i < source_count; ++i) {
    set_switch(i, SourceSwitch::on);
  }
  if (destination_ == 0) {
    use_destination(1);
  }
  resume();
  outside();
  const Millis end = schedule_.now() + quiet_most + plan_.notice_period;
  while (ok() && !schedule_.empty()) {
    if (schedule_.next() > end) {
      break;
    }
    step();
  }
  if (ok()) {
    const bool all_refused =
        engine().condition() == Condition::config_problem && !pace_.ever_accepted();
    oracle_.final_check(all_rows(), ledger(), all_refused);
    if (all_refused) {
      return;  // it goes on trying
    }
  }
  if (ok() && !schedule_.empty()) {
    oracle_.fail("all is settled, but the daemon does not come to rest");
  }
}

}  // namespace reporterd::sim
