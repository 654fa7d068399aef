// The ids of Butlers and of the host over the life of an installation: the real Butlers and Engine
// over the real store, on a host whose network and identity the test decides.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/butlers.h"
#include "daemon/preview.h"
#include "store/sqlite_outbox.h"

namespace reporterd {
namespace {

struct TestClock final : Clock {
  Now now() const override { return {instant_at(ms), wall_at(1'700'000'000'000'000 + ms * 1000)}; }
  ClockMark mark() const override { return {ms, ms, "boot"}; }
  std::int64_t ms = 1000;
};

struct NoEntropy final : Entropy {
  std::uint64_t next() override { return 0; }
};

struct NoTransport final : Transport {
  void send(SendId, Request) override {}
  void cancel(SendId) override {}
};

// Commits at once.
struct AtOnce final : Writer {
  AtOnce(SqliteOutbox& used_outbox, Clock& used_clock) : outbox(used_outbox), clock(used_clock) {}
  void post(Work work, Done done) override {
    std::vector<Work> works;
    works.push_back(std::move(work));
    const Result<Snapshot> committed = outbox.transact(works, clock.mark());
    if (done) {
      done(committed);
    }
  }
  SqliteOutbox& outbox;
  Clock& clock;
};

constexpr const char* butler_file = "/opt/butler/production.yaml";

class InstanceIds : public testing::Test {
 protected:
  void SetUp() override {
    host.serial = "product one";
    host.machine_id = "machine one";
    host.mem_total = 1U << 30;
    config.report.start_spread = std::chrono::minutes(15);
    install(false);
  }

  // A new installation, with an outbox of its own.
  void install(bool with_butler) {
    config.butlers.clear();
    if (with_butler) {
      add_butler();
    }
    butlers.reset();
    engine.reset();
    auto opened = SqliteOutbox::open(":memory:", {}, clock.now().wall);
    ASSERT_TRUE(opened) << opened.error().what;
    outbox = std::move(*opened);
    writer = std::make_unique<AtOnce>(*outbox, clock);
    start();
  }

  // A new life of the service over the same outbox.
  void start() {
    butlers.reset();
    engine = std::make_unique<Engine>(
        EnginePorts{clock, entropy, *writer, transport},
        EngineEvents{[](std::optional<Instant>) {}, [](const output::Changed&) {},
                     [](const std::optional<Error>&) {}, [] {}});
    ButlersWorld world;
    world.host = [this] { return host; };
    world.butler = [this](const ButlerConfig&) { return reading; };
    world.default_route = [this] { return has_route; };
    const auto note = [this](const std::string& line) { notes.push_back(line); };
    butlers = std::make_unique<Butlers>(
        *engine, clock, entropy, std::move(world),
        ButlersEvents{[] {}, [](const std::vector<std::string>&) {}, note, note});
    butlers->configure(config, on);
  }

  void add_butler() {
    ButlerConfig butler;
    butler.config_file = butler_file;
    config.butlers.push_back(butler);
    reading.state = ButlerReading::State::on;
    reading.qrs_host = "sense.example.com";
  }

  std::string own_id() {
    const auto id = butlers->own_instance_id();
    return id ? *id : "none: " + id.error().what;
  }
  const IdRecord& record(const std::string& file) {
    known = butlers->ids();
    EXPECT_TRUE(known.contains(file));
    return known[file];
  }

  TestClock clock;
  NoEntropy entropy;
  NoTransport transport;
  HostInputs host;
  ButlerReading reading;
  bool has_route = true;
  Config config;
  Consent on{Decision::on, "telemetry.enabled", ""};
  std::unique_ptr<SqliteOutbox> outbox;
  std::unique_ptr<AtOnce> writer;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Butlers> butlers;
  std::vector<std::string> notes;
  IdRecords known;
};

TEST_F(InstanceIds, AHostWithoutAButlerHasAnIdThatIsLoggedAndKept) {
  const std::string id = own_id();
  ASSERT_EQ(id.size(), 64U) << id;
  EXPECT_EQ(notes.back(), "this host: instance id " + id);
  host.serial = "another product";  // another id would be computed, of the same machine
  start();
  EXPECT_EQ(own_id(), id);
  EXPECT_EQ(notes.back(), "this host: instance id " + id);
  EXPECT_NE(record("").computed_now, id);
}

TEST_F(InstanceIds, EachIsKeptWhenTheHostWouldGiveAnotherAndBothAreKnown) {
  for (const bool with_butler : {false, true}) {
    install(with_butler);
    const std::string file = with_butler ? butler_file : "";
    host.serial = "";  // then the memory's size counts, in this test
    start();
    const IdRecord before = record(file);
    host.mem_total += 1;
    start();
    const IdRecord after = record(file);
    EXPECT_EQ(after.current.id, before.current.id);
    EXPECT_NE(after.computed_now, before.computed_now);
    EXPECT_TRUE(std::ranges::any_of(
        after.earlier, [&](const SeenId& seen) { return seen.id == after.computed_now; }));
  }
}

TEST_F(InstanceIds, AnotherMachineIdStartsANewOneAndTheOldOneIsKnown) {
  for (const bool with_butler : {false, true}) {
    install(with_butler);
    const std::string file = with_butler ? butler_file : "";
    const std::string before = record(file).current.id;
    host.serial += " cloned";
    host.machine_id += " cloned";
    start();
    EXPECT_NE(record(file).current.id, before);
    EXPECT_EQ(record(file).earlier.front().id, before);
    EXPECT_EQ(own_id(), record(file).current.id);
  }
}

TEST_F(InstanceIds, EachWaitsForADefaultRoute) {
  for (const bool with_butler : {false, true}) {
    has_route = false;
    install(with_butler);
    EXPECT_TRUE(own_id().starts_with("none: there is no instance id yet")) << own_id();
    EXPECT_TRUE(butlers->ids().empty());
    has_route = true;
    butlers->network_changed();
    EXPECT_EQ(own_id().size(), 64U) << own_id();
  }
}

TEST_F(InstanceIds, EachWaitsNoLongerThanTheStartSpread) {
  for (const bool with_butler : {false, true}) {
    has_route = false;
    install(with_butler);
    EXPECT_EQ(butlers->wake_at(), clock.now().observed + config.report.start_spread);
    clock.ms += config.report.start_spread.count();
    butlers->wake();
    EXPECT_EQ(own_id().size(), 64U) << own_id();
  }
}

TEST_F(InstanceIds, ProgramsGetTheButlersIdWhileThereIsOne) {
  const std::string of_host = own_id();
  add_butler();
  start();
  EXPECT_EQ(own_id(), record(butler_file).current.id);
  EXPECT_NE(own_id(), of_host);
  EXPECT_EQ(record("").current.id, of_host);  // an owner may need it for a deletion
}

TEST_F(InstanceIds, AHostWhoseButlerIsOffHasAnIdOfItsOwn) {
  add_butler();
  reading.state = ButlerReading::State::off;
  start();
  EXPECT_FALSE(butlers->ids().contains(butler_file));
  EXPECT_EQ(own_id(), record("").current.id);
}

TEST_F(InstanceIds, AButlerWhoseFileIsBusyIsLookedAtAgainSoon) {
  add_butler();
  reading.state = ButlerReading::State::unknown;
  reading.is_busy = true;
  start();
  ASSERT_TRUE(butlers->wake_at());
  EXPECT_LE(*butlers->wake_at(), clock.now().observed + std::chrono::seconds(10));
  clock.ms += 10'000;
  reading.state = ButlerReading::State::on;
  reading.is_busy = false;
  butlers->wake();
  EXPECT_EQ(own_id(), record(butler_file).current.id);
}

TEST_F(InstanceIds, OfAButlerThatIsNoLongerConfiguredStays) {
  add_butler();
  start();
  const std::string former = record(butler_file).current.id;
  config.butlers.clear();
  start();
  const IdReport report = id_report(config.butlers, host_facts(host), butlers->ids(), "");
  ASSERT_EQ(report.butlers.size(), 2U);
  EXPECT_EQ(report.butlers[0].butler.number, 0U);
  EXPECT_EQ(report.butlers[0].butler.file, butler_file);
  EXPECT_EQ(report.butlers[0].instance_id, former);
  EXPECT_TRUE(report.butlers[0].why.starts_with("no longer configured"));
  EXPECT_EQ(report.butlers[1].butler.file, "");
}

TEST_F(InstanceIds, NothingIsComputedWhileTelemetryIsOff) {
  on = {Decision::off, "telemetry.enabled", "telemetry.enabled is false"};
  has_route = false;
  install(false);
  has_route = true;
  butlers->network_changed();
  EXPECT_TRUE(butlers->ids().empty());
  EXPECT_EQ(own_id(), "none: telemetry is off: telemetry.enabled is false");
}

TEST_F(InstanceIds, TheReportShowsWhatIsInUseWhatWouldBeComputedAndWhatWas) {
  const IdReport none = id_report({}, host_facts(host), {}, "none is kept");
  ASSERT_EQ(none.butlers.size(), 1U);
  EXPECT_EQ(none.butlers[0].instance_id, "");
  EXPECT_TRUE(none.butlers[0].why.starts_with("none is kept; recomputed is"))
      << none.butlers[0].why;
  EXPECT_EQ(none.butlers[0].recomputed, own_id());

  const std::string kept = own_id();
  host.serial = "";
  start();
  const IdReport one = id_report({}, host_facts(host), butlers->ids(), "");
  EXPECT_EQ(one.butlers[0].instance_id, kept);
  EXPECT_EQ(one.butlers[0].recomputed, record("").computed_now);
  EXPECT_EQ(one.butlers[0].earlier, std::vector{record("").computed_now});
}

}  // namespace
}  // namespace reporterd
