#include "tests/sim/sim_ports.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "daemon/core/assert.h"

namespace reporterd::sim {

// ---------------------------------------------------------------- schedule

Schedule::Id Schedule::add(Millis delay, Owner owner, Event event) {
  const Id id(now_ + std::max(delay, Millis(0)), added_++);
  events_.emplace(id, Entry{owner, std::move(event)});
  return id;
}

void Schedule::run_next() {
  auto node = events_.extract(events_.begin());
  now_ = std::max(now_, node.key().first);
  node.mapped().event();
}

void Schedule::crash() {
  std::erase_if(events_, [](const auto& item) { return item.second.owner == Owner::process; });
}

// ---------------------------------------------------------------- clock

namespace {

constexpr std::int64_t wall_begin_us = 1'750'000'000'000'000;  // June 2025

std::string boot_name(int boot) {
  return fmt::format("boot-{}", boot);
}

}  // namespace

void SimClock::start_process(const ClockMark& stored) {
  Millis observed(stored.observed_ms);
  if (boot_name(boots_) == stored.boot_id) {
    observed += std::max(since_boot() - Millis(stored.since_boot_ms), Millis(0));
  }
  ahead_ = observed - since_boot();
}

void SimClock::reboot() {
  ++boots_;
  booted_ = schedule_.now();
}

Now SimClock::now() const {
  const Millis drift = schedule_.now() * drift_ppm_ / 1'000'000;
  return {Instant(since_boot() + ahead_),
          wall_at(wall_begin_us) + schedule_.now() + drift + wall_step_};
}

ClockMark SimClock::mark() const {
  ClockMark mark;
  mark.observed_ms = (since_boot() + ahead_).count();
  mark.since_boot_ms = since_boot().count();
  const std::string boot = boot_name(boots_);
  boot.copy(mark.boot_id, sizeof mark.boot_id - 1);
  return mark;
}

// ---------------------------------------------------------------- writer

namespace {

constexpr Millis housekeeping_after = std::chrono::seconds(2);  // as in app.cpp

}  // namespace

void SimWriter::post(Work work, Done done) {
  ++posted_;
  if (idle_at_) {
    schedule_.cancel(*std::exchange(idle_at_, std::nullopt));
  }
  works_.push_back(std::move(work));
  dones_.push_back(std::move(done));
  if (!busy_) {
    busy_ = true;
    schedule_.add(Millis(random_.between(0, 1)), Schedule::Owner::process, [this] { commit(); });
  }
}

void SimWriter::commit() {
  std::vector<Work> works = std::exchange(works_, {});
  auto dones = std::make_shared<std::vector<Done>>(std::exchange(dones_, {}));
  auto result = std::make_shared<Result<Snapshot>>(transact_(works));
  committed_ += works.size();
  const Millis sync_time(random_.percent(3) ? random_.between(100, 2000) : random_.between(0, 8));
  schedule_.add(sync_time, Schedule::Owner::process, [this, dones, result] {
    for (Done& done : *dones) {
      done(*result);
    }
    busy_ = false;
    if (!works_.empty()) {
      busy_ = true;
      schedule_.add(Millis(0), Schedule::Owner::process, [this] { commit(); });
    } else {
      idle_at_ = schedule_.add(housekeeping_after, Schedule::Owner::process, [this] {
        idle_at_.reset();
        idle_();
      });
    }
  });
}

// ---------------------------------------------------------------- transport

void SimTransport::send(SendId id, Request request) {
  ASSERT(!open_.contains(id));
  const std::uint64_t serial = ++sent_;
  open_.emplace(id, Open{serial});
  watch_.sent(id, request);
  const Journey journey = receiver_.draw_journey(request);
  const auto lost = [&journey](Fate fate, const char* usual) {
    Reply reply;
    reply.fate = fate;
    reply.tls_problem = journey.tls_problem;
    reply.what = journey.what.empty() ? usual : journey.what;
    return reply;
  };
  switch (journey.end) {
    case Journey::End::unreachable:
      answer_after(journey.there, id, serial, lost(Fate::unreachable, "connection refused"));
      return;
    case Journey::End::lost_before:
      answer_after(journey.there + journey.back, id, serial, lost(Fate::ambiguous, "timed out"));
      return;
    case Journey::End::lost_after:
    case Journey::End::whole:
      break;
  }
  schedule_.add(journey.there, Schedule::Owner::world,
                [this, alive = std::weak_ptr(alive_), &receiver = receiver_, &clock = clock_, id,
                 serial, journey, lost = lost(Fate::ambiguous, "connection reset"),
                 request = std::move(request)]() mutable {
                  Reply reply = receiver.take(request, clock.now().wall);
                  if (!alive.expired()) {
                    const bool is_lost = journey.end == Journey::End::lost_after;
                    answer_after(journey.back, id, serial, std::move(is_lost ? lost : reply));
                  }
                });
}

void SimTransport::answer_after(Millis delay, SendId id, std::uint64_t serial, Reply reply) {
  schedule_.add(delay, Schedule::Owner::process,
                [this, id, serial, reply = std::move(reply)] { end(id, serial, reply); });
}

void SimTransport::cancel(SendId id) {
  const auto found = open_.find(id);
  if (found == open_.end() || std::exchange(found->second.cancelled, true)) {
    return;
  }
  Reply reply;
  reply.fate = Fate::cancelled;
  answer_after(Millis(0), id, found->second.serial, std::move(reply));
}

// The first answer counts: the reply, or that it was cancelled.
void SimTransport::end(SendId id, std::uint64_t serial, const Reply& reply) {
  const auto found = open_.find(id);
  if (found == open_.end() || found->second.serial != serial ||
      found->second.cancelled != (reply.fate == Fate::cancelled)) {
    return;
  }
  open_.erase(found);
  watch_.replying(id, reply);
  on_reply_(id, reply);
}

}  // namespace reporterd::sim
