// The flight recorder over whole simulated lives: what it wrote, run again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/core/flight_recorder.h"
#include "tests/sim/flight_replay.h"
#include "tests/sim/sim_world.h"

namespace reporterd::sim {
namespace {

// Outlives the process that writes into it, as the files do.
class Ring final : public FlightRecorder {
 public:
  explicit Ring(std::size_t segment_bytes) : segment_bytes_(segment_bytes) {}

  std::size_t room() const override { return segment_bytes_ - newer_.size(); }
  void next_segment() override {
    older_ = std::exchange(newer_, {});
    ++segments_;
  }
  bool record(std::string_view lines) override {
    const bool kept = lines.size() <= room();
    newer_ += kept ? lines : "";
    all_ += kept ? lines : "";
    return kept;
  }
  void clear() override {
    older_.clear();
    newer_.clear();
  }

  std::string text() const { return older_ + newer_; }
  const std::string& newer() const { return newer_; }
  const std::string& all() const { return all_; }  // what is forgotten, too
  std::size_t segments() const { return segments_; }

 private:
  std::size_t segment_bytes_;
  std::string older_;
  std::string newer_;
  std::string all_;
  std::size_t segments_ = 1;
};

void tell_nobody(std::string_view /*line*/) {}

TEST(Flight, WhateverHappensTheSameDecisionsAreMadeAgain) {
  constexpr std::uint64_t seeds = 50;
  std::size_t steps = 0;
  std::size_t states = 0;
  std::size_t segments = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Ring ring(std::size_t{16} << 10);
    ASSERT_FALSE(run_seed(seed, &ring).violation);
    for (const std::string& text : {ring.all(), ring.text(), ring.newer()}) {
      const Replayed replayed = replay(text, tell_nobody);
      ASSERT_EQ(replayed.difference.value_or(""), "") << "seed " << seed;
      steps += replayed.steps;
      states += replayed.states;
    }
    segments += ring.segments();
  }
  EXPECT_GT(steps, 50 * seeds);
  EXPECT_GT(segments, 2 * seeds) << "the ring wrapped";
  EXPECT_GT(states, seeds) << "a segment's state is what the one before led to";
}

TEST(Flight, ARecordThatWasChangedIsNoticed) {
  Ring ring(std::size_t{1} << 20);
  run_seed(7, &ring);
  std::string text = ring.text();
  const std::size_t verdict = text.find("verdicts=delivered");
  ASSERT_NE(verdict, std::string::npos);
  text.replace(verdict, std::string_view("verdicts=delivered").size(), "verdicts=rejected");
  EXPECT_NE(replay(text, tell_nobody).difference.value_or("").find("it decides otherwise"),
            std::string::npos);
}

TEST(Flight, WhatIsCutOffAtItsEndIsReplayedUntilThere) {
  Ring ring(std::size_t{1} << 20);
  run_seed(7, &ring);
  const std::string text = ring.text();
  const Replayed whole = replay(text, tell_nobody);
  const Replayed cut = replay(text.substr(0, text.size() - 3), tell_nobody);
  EXPECT_EQ(cut.difference.value_or(""), "");
  EXPECT_EQ(cut.steps, whole.steps - 1);
}

class RecordedStory : public testing::Test {
 protected:
  RecordedStory() {
    plan.padding = 500;
    world.emplace(1, plan, &ring);
  }
  bool holds(std::string_view words) const { return ring.text().find(words) != std::string::npos; }

  Plan plan;
  Ring ring{std::size_t{1} << 20};
  std::optional<World> world;
};

TEST_F(RecordedStory, HoldsNothingOfAMessageButItsPlaceAndSize) {
  world->set_weather(Weather::failing);
  world->submit("the-marked-version", "the-marked-source");
  world->run_for(std::chrono::minutes(5));
  world->set_weather(Weather::fine);
  world->run_for(std::chrono::hours(7));
  ASSERT_EQ(world->server().count(), 1U);
  EXPECT_TRUE(holds("messages=1:"));
  EXPECT_TRUE(holds("verdicts=delivered"));
  for (const char* never : {"marked", "http", "HTTP", "//", "aaaa", "17400000000"}) {
    EXPECT_FALSE(holds(never)) << never;
  }
}

TEST_F(RecordedStory, IsEmptiedWhenTelemetryIsSwitchedOff) {
  world->submit("14.0.0");
  world->run_for(std::chrono::minutes(1));
  world->set_consent(false);
  EXPECT_EQ(ring.text(), "off\n");
  world->run_for(std::chrono::hours(1));
  world->restart();
  world->run_for(std::chrono::hours(1));
  EXPECT_EQ(ring.text(), "off\n");
  world->set_consent(true);
  world->submit("14.0.0");
  world->run_for(std::chrono::minutes(1));
  EXPECT_TRUE(ring.text().starts_with("off\nbegin "));
  EXPECT_EQ(replay(ring.text(), tell_nobody).difference.value_or(""), "");
}

}  // namespace
}  // namespace reporterd::sim
