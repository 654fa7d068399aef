// What the owner of the machine and its surroundings do: every knob that a plan may turn.
#include "tests/sim/sim_world.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/core/assert.h"
#include "daemon/core/timestamp.h"
#include "daemon/destination/http_destination.h"

namespace reporterd::sim {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

void World::flush(bool force, bool wait, Engine::Answer<FlushOutcome> told) {
  note(fmt::format("flush{}{}", force ? " force" : "", wait ? " wait" : ""));
  pace_.flushed(force);
  outage_.disturbed();
  notice_until_ = Instant{};
  process_->engine->flush(
      force, wait, seconds(60),
      [this, told = std::move(told),
       mark = process_->engine->snapshot().newest](Result<FlushOutcome> answer) mutable {
        check_flush(answer, mark);
        if (told) {
          told(std::move(answer));
        }
      });
}

void World::check_flush(const Result<FlushOutcome>& answer, Seq mark) {
  note(fmt::format("flush: {}", answer ? static_cast<int>(answer->kind) : -1));
  if (!answer || answer->kind != FlushOutcome::Kind::done) {
    return;
  }
  for (const Row& row : rows_where(false)) {
    if (row.state == State::queued && row.seq <= mark) {
      oracle_.fail("flush said done, but one of its messages waits");
    }
  }
}

void World::pause(std::optional<Millis> length) {
  note(length ? fmt::format("pause for {} ms", length->count()) : "pause");
  const std::uint64_t call = ++pause_calls_;
  paused_ = true;
  pause_kept_ = false;
  paused_until_ = length ? std::optional(clock_.now().observed + *length) : std::nullopt;
  process_->engine->pause(length, [this, call](const Result<std::optional<Instant>>& answer) {
    pause_kept_ |= answer && call == pause_calls_;
  });
}

void World::resume() {
  note("resume");
  ++pause_calls_;
  paused_ = false;
  pause_kept_ = false;
  process_->engine->resume([](const Status&) {});
}

void World::set_consent(bool on) {
  if (on == consent_) {
    return;
  }
  note(on ? "telemetry on" : "telemetry off");
  consent_ = on;
  outage_.disturbed();
  if (on) {
    configure();
    return;
  }
  process_->engine->set_consent(false);
  withdraw(WithdrawScope{true, {}});
}

// Until it is answered a crash may undo it; what is still off then is withdrawn at the start.
void World::withdraw(const WithdrawScope& scope) {
  oracle_.withdrawn(scope);
  outage_.disturbed();
  process_->engine->withdraw(scope, [this, scope, at = oracle_.moment()](const Status& status) {
    if (status) {
      oracle_.withdrawal_kept(scope, at);
    }
  });
}

void World::set_switch(std::size_t source, SourceSwitch position) {
  if (!consent_ || switches_[source] == position) {
    return;
  }
  const std::string name = source_name(source);
  note(fmt::format("switch of {}: {}", name, static_cast<int>(position)));
  switches_[source] = position;
  switch (position) {
    case SourceSwitch::on:
      oracle_.released(name);
      process_->engine->release_source(name);
      return;
    case SourceSwitch::off:
      withdraw(WithdrawScope{false, name});
      return;
    case SourceSwitch::unknown:
      outage_.disturbed();
      process_->engine->hold_source(name);
      oracle_.held(name);
      return;
  }
}

void World::remove_one() {
  const std::vector<Row> rows = rows_where(false);
  if (rows.empty()) {
    return;
  }
  const Row& row = rows[random_.below(rows.size())];
  note(fmt::format("delete {}", row.seq));
  auto done = std::make_shared<bool>(false);
  process_->engine->run([done, seq = row.seq,
                         now = clock_.now()](Outbox& outbox) { *done = outbox.remove(seq, now); },
                        [this, done, key = row.key](const Status& status) {
                          if (status && *done) {
                            oracle_.deleted(key);
                          }
                        });
  outage_.disturbed();
  process_->engine->recall();
}

void World::requeue_one() {
  const std::vector<Row> rows = rows_where(true);
  if (rows.empty() || !consent_) {
    return;
  }
  const Row& row = rows[random_.below(rows.size())];
  note(fmt::format("requeue {}", row.seq));
  const bool closed = process_->engine->closed_sources().contains(row.source);
  const Moment at = oracle_.moment();
  process_->engine->run(
      [this, at, key = row.key, seq = row.seq, closed, source = row.source,
       now = clock_.now()](Outbox& outbox) {
        if (!outbox.requeue(seq, now)) {
          return;
        }
        if (closed) {
          outbox.hold_source(source);
        }
        // Released in the meantime: that is written next.
        oracle_.requeued(key, at, closed && process_->engine->closed_sources().contains(source));
      },
      nullptr);
}

void World::change_network() {
  note("network changed");
  pace_.network_changed();
  outage_.disturbed();
  process_->engine->network_changed();
}

void World::change_secret() {
  note("secret changed");
  pace_.secret_changed();
  outage_.disturbed();
  tell_destination();
  process_->engine->secret_changed();
}

std::string World::url() const {
  return fmt::format("https://collector-{}.example/v1/messages", destination_);
}

void World::use_destination(int number) {
  note(fmt::format("destination {}", number));
  if (number != destination_) {
    pace_.forget();
    outage_.restarts();
  }
  destination_ = number;
  tell_destination();
}

// The change counts from its commit on: this work is posted behind it.
void World::tell_destination() {
  if (!consent_) {
    return;
  }
  url_in_use_.clear();
  pace_.destination_changed();
  if (destination_ == 0) {
    process_->engine->use_destination(nullptr, plan_.delivery);
  } else {
    HttpSettings settings;
    settings.url = url();
    settings.batch = plan_.delivery.batch;
    settings.data_only = plan_.data_only;
    settings.user_agent = "reporterd/sim";
    process_->engine->use_destination(std::make_unique<HttpDestination>(std::move(settings)),
                                      plan_.delivery);
  }
  process_->engine->run([](Outbox&) {},
                        [this, url = url()](const Status& status) {
                          pace_.destination_changed();
                          if (status && url == this->url()) {
                            url_in_use_ = url;
                          }
                        });
}

void World::step_wall_clock(Millis by) {
  note(fmt::format("wall clock steps by {} ms", by.count()));
  clock_.step_wall(by);
}

void World::suspend(Millis time) {
  note(fmt::format("the machine sleeps for {} ms", time.count()));
  schedule_.skip(time);
  change_network();
}

void World::set_weather(Weather weather) {
  note(fmt::format("weather: {}", name_of(weather)));
  server_.set_weather(weather);
  if (weather == Weather::offline || weather == Weather::dead_dns) {
    outage_.begins();
  } else {
    outage_.ends();
  }
}

void World::set_disk_fault(DiskFault fault) {
  note(fmt::format("disk: {}", static_cast<int>(fault)));
  disk_.fail_with(fault);
  if (fault == DiskFault::full) {
    oracle_.disk_was_full();
  }
  if (fault != DiskFault::none) {
    mend_disk_later();
  }
}

void World::fail_call(const CallFault& fault) {
  note(fmt::format("disk: call {} of kind {} fails with {}{}", fault.after,
                   static_cast<int>(fault.call), fault.error, fault.for_good ? " for good" : ""));
  disk_.fail_call(fault);
  oracle_.disk_was_full();
  mend_disk_later();
}

// In a longer failure each attempt is like the one before it, and takes time from other seeds.
void World::mend_disk_later() {
  schedule_.add(hours(1), Schedule::Owner::world, [this] {
    if (!disk_.is_sound()) {
      set_disk_fault(DiskFault::none);
    }
  });
}

}  // namespace reporterd::sim
