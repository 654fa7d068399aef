// What a seed decides: the knobs of its world, and what happens in it.
#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "store/files.h"
#include "tests/sim/sim_world.h"

namespace reporterd::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Mostly bursts, sometimes a long time.
Millis draw_gap(Random& random) {
  const std::size_t dice = random.below(100);
  if (dice < 60) {
    return random.between(Millis(0), Millis(60));
  }
  if (dice < 85) {
    return random.between(Millis(100), Millis(seconds(10)));
  }
  if (dice < 97) {
    return random.between(Millis(seconds(30)), Millis(minutes(30)));
  }
  return random.between(Millis(hours(1)), Millis(hours(12)));
}

}  // namespace

// Each world gets some of the troubles, not all: those that would drown others are often absent.
Plan draw_plan(Random& random) {
  Plan plan;
  RetrySettings& retry = plan.delivery.retry;
  retry.base = seconds(random.one_of({1, 10, 60}));
  retry.cap = random.percent(50) ? Millis(hours(6)) : Millis(minutes(10));
  retry.message_base = Millis(random.one_of({10, 1000}));
  retry.retry_after_max = random.percent(70) ? Millis(hours(24)) : Millis(minutes(10));
  retry.spread_retry_after = random.percent(50);
  plan.delivery.in_flight = random.one_of<std::size_t>({1, 2, 8, 8});
  plan.delivery.batch = random.one_of<std::size_t>({1, 1, 1, 4, 20});
  plan.delivery.max_age = random.percent(80) ? Millis(hours(24 * 400)) : Millis(hours(6));
  plan.notice_period = random.percent(80) ? Millis(0) : Millis(hours(random.between(1, 24)));
  plan.wall_drift_ppm = random.one_of({0, 0, 100, -100, 50'000, -50'000});
  plan.page_size = random.percent(80) ? 1024 : 4096;
  plan.store.history_keep = hours(24 * 1000);
  if (random.percent(30)) {
    plan.store.max_bytes = std::size_t{1} << 20;
    plan.store.history_bytes = random.one_of<std::size_t>({0, 2'000, 100'000});
    plan.store.history_keep = random.one_of({Millis(hours(1)), Millis(hours(24))});
    plan.store.key_bytes = random.one_of<std::size_t>({64UZ * 10, 64UZ * 1000});
  }
  plan.actions = static_cast<int>(random.between(15, 75));
  plan.crash_per_10000 = random.one_of({0, 20, 100});
  plan.disk_faults = random.percent(25);
  plan.bad_messages = random.percent(40);
  plan.owner_acts = random.percent(60);
  plan.other_destinations = random.percent(25);
  for (int weather = 0; weather <= static_cast<int>(Weather::failing); ++weather) {
    if (random.percent(60)) {
      plan.weathers.push_back(static_cast<Weather>(weather));
    }
  }
  plan.weathers.push_back(Weather::fine);
  return plan;
}

Outcome World::live() {
  for (int i = 0; ok() && i < plan_.actions; ++i) {
    outside();
    act();
    if (ok() && random_.percent(5)) {
      check_all();
    }
    if (ok()) {
      run_for(draw_gap(random_));
    }
  }
  if (ok()) {
    check_all();
  }
  if (ok()) {
    quiet_phase();
  }
  return {oracle_.violation(), trace_,          steps_,   crashes_,
          oracle_.promised(),  server_.count(), requests_};
}

void World::act() {
  const std::size_t dice = random_.below(100);
  if (dice < 3) {
    submit_nonsense();
  } else if (dice < 55) {
    const bool is_flood = plan_.store.max_bytes < StoreSettings{}.max_bytes && random_.percent(3);
    if (is_flood) {
      flood();
      return;
    }
    const std::size_t count = random_.percent(80) ? 1 : random_.below(12) + 2;
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_bad = plan_.bad_messages && random_.percent(25);
      const std::string mark = is_bad ? random_.one_of({"bad", "big"}) : "14.0.0";
      submit(mark, random_.percent(60) ? "" : source_name(random_.below(source_count)));
    }
  } else if (dice < 63) {
    repeat(random_.percent(30));
  } else if (dice < 75) {
    set_weather(plan_.weathers[random_.below(plan_.weathers.size())]);
  } else if (dice < 90) {
    if (plan_.owner_acts) {
      act_as_owner();
    } else {
      flush(false, random_.percent(50));
    }
  } else {
    act_as_fate();
  }
}

// More than a small store can hold.
void World::flood() {
  const auto usual = std::exchange(plan_.padding, random_.percent(50) ? 2'000 : 60'000);
  for (std::size_t bytes = 0; bytes < (std::size_t{1} << 20); bytes += *plan_.padding) {
    submit("14.0.0", source_name(random_.below(source_count)));
    outside();
    if (random_.percent(20)) {
      run_for(Millis(20));
    }
  }
  plan_.padding = usual;
}

void World::act_as_owner() {
  switch (random_.below(11)) {
    case 0:
    case 1:
      flush(random_.percent(30), random_.percent(60));
      return;
    case 2:
      pause(random_.percent(50) ? std::optional(random_.between(Millis(10), Millis(hours(2))))
                                : std::nullopt);
      if (random_.percent(20)) {
        resume();
      }
      return;
    case 3:
    case 4:
      resume();
      if (random_.percent(20)) {
        pause(Millis(minutes(10)));
      }
      return;
    case 5:
      if (plan_.disk_faults && random_.percent(40)) {
        change_mind_while_disk_fails();
        return;
      }
      set_consent(false);
      if (random_.percent(40)) {
        set_consent(true);
      }
      return;
    case 6:
      set_consent(true);
      return;
    case 7:
    case 8:
      set_switch(random_.below(source_count),
                 random_.one_of({SourceSwitch::on, SourceSwitch::on, SourceSwitch::off,
                                 SourceSwitch::unknown, SourceSwitch::unknown}));
      return;
    case 9:
      remove_one();
      return;
    default:
      requeue_one();
      return;
  }
}

// What is withdrawn then can only be written down later, when newer messages may be there.
void World::change_mind_while_disk_fails() {
  set_disk_fault(random_.one_of({DiskFault::full, DiskFault::write_error, DiskFault::sync_error}));
  if (random_.percent(50)) {
    set_consent(false);
  } else {
    set_switch(0, SourceSwitch::off);
  }
  run_for(random_.percent(50) ? Millis(0) : random_.between(Millis(1), Millis(100)));
  set_disk_fault(DiskFault::none);
  set_consent(true);
  set_switch(0, SourceSwitch::on);
  submit("14.0.0", random_.percent(50) ? "" : source_name(0));
}

void World::act_as_fate() {
  switch (random_.below(9)) {
    case 7:
      restart();
      return;
    case 8:
      reload_something();
      return;
    case 0:
      change_network();
      return;
    case 1:
      change_secret();
      return;
    case 2:
      if (plan_.other_destinations) {
        use_destination(random_.one_of({0, 1, 1, 2}));
      }
      return;
    case 3:
      step_wall_clock(random_.percent(20)
                          ? random_.one_of({Millis(hours(24 * 365)), Millis(hours(-24 * 365))})
                          : random_.between(Millis(hours(-24 * 30)), Millis(hours(24 * 30))));
      return;
    case 4:
      suspend(random_.between(Millis(seconds(1)), Millis(hours(10))));
      return;
    case 5:
      if (plan_.crash_per_10000 > 0) {
        crash(random_.percent(50), random_.between(Millis(0), Millis(hours(3))));
      }
      return;
    default:
      if (plan_.disk_faults && random_.percent(60)) {
        fail_call({random_.one_of({DiskCall::read, DiskCall::write, DiskCall::write, DiskCall::sync,
                                   DiskCall::sync, DiskCall::truncate, DiskCall::open}),
                   static_cast<int>(random_.below(40)), random_.one_of({EIO, full_disk_error()}),
                   random_.percent(30)});
      } else if (plan_.disk_faults) {
        set_disk_fault(random_.one_of({DiskFault::none, DiskFault::none, DiskFault::full,
                                       DiskFault::write_error, DiskFault::sync_error}));
      }
      return;
  }
}

void World::reload_something() {
  DeliverySettings delivery = plan_.delivery;
  delivery.in_flight = random_.one_of<std::size_t>({1, 2, 8});
  delivery.batch = random_.one_of<std::size_t>({1, 4, 20});
  StoreSettings store = plan_.store;
  if (store.history_bytes < StoreSettings{}.history_bytes) {
    store.history_bytes = random_.one_of<std::size_t>({0, 2'000, 100'000});
    store.key_bytes = random_.one_of<std::size_t>({64UZ * 10, 64UZ * 1000});
    store.max_bytes = std::max(store.max_bytes, std::size_t{1} << random_.between(20, 22));
  }
  reload(delivery, random_.percent(30), store);
}

Outcome run_seed(std::uint64_t seed, FlightRecorder* flight) {
  Random random(seed);
  const Plan plan = draw_plan(random);
  World world(random.next(), plan, flight);
  return world.live();
}

}  // namespace reporterd::sim
