// The flight log: what it writes into a recorder, and that no step is lost where one fits.
#include "daemon/core/flight_log.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/flight_line.h"
#include "tests/unit/core/reporter_fixture.h"

namespace reporterd {
namespace {

class Recorder final : public FlightRecorder {
 public:
  explicit Recorder(std::size_t bytes) : bytes_(bytes) {}
  std::size_t room() const override { return bytes_ - text.size(); }
  void next_segment() override {
    text.clear();
    ++segments;
  }
  bool record(std::string_view lines) override {
    const bool kept = works && lines.size() <= room();
    text += kept ? lines : "";
    return kept;
  }
  void clear() override { text.clear(); }

  std::string text;  // of the segment that is written now
  int segments = 1;
  bool works = true;

 private:
  std::size_t bytes_;
};

// A Reporter whose steps are written down as the Engine does it.
class FlightLogTest : public testing::Test {
 protected:
  void begin(std::size_t bytes) {
    recorder.emplace(bytes);
    log.emplace(entropy, &*recorder);
    reporter.emplace(*log);
    step(input::ConsentChanged{true});
    DeliverySettings settings;
    settings.batch = 8;
    step(input::DestinationChanged{true, memory_from_json(std::nullopt, "https://a"), settings});
  }

  std::vector<Output> step(Input input) {
    const Now now{instant_at(1'000'000), wall_at(0)};
    log->before_step(*reporter, now, input);
    std::vector<Output> outputs = reporter->step(now, std::move(input));
    log->after_step(outputs);
    return outputs;
  }

  // Requests of ever more messages, all of which fail: two long draws for many of them.
  void fail_in_batches() {
    Snapshot snapshot;
    Seq seq = 0;
    for (const std::size_t size : {1U, 2U, 4U, 8U}) {
      snapshot.newest += std::ssize(std::string(size, 'x'));
      snapshot.ledger.queued = 1;
      step(input::Committed{snapshot});
      Lease lease;
      for (std::size_t i = 0; i < size; ++i) {
        lease.messages.emplace_back().seq = ++seq;
      }
      for (Output& output : step(input::Leased{std::move(lease)})) {
        if (auto* send = std::get_if<output::StartSend>(&output)) {
          const Verdict::Kind kind = size < 8 ? Verdict::Kind::delivered : Verdict::Kind::retry;
          const std::size_t count = send->messages.size();
          step(input::Replied{send->id, std::move(send->messages), {count, verdict(kind)}});
        }
      }
    }
  }

  std::string last_line() const {
    const std::string& text = recorder->text;
    return text.substr(text.rfind('\n', text.size() - 2) + 1);
  }
  std::string state() const {
    std::string line;
    write_state(line, *reporter);
    return line;
  }

  FixedEntropy entropy;
  std::optional<Recorder> recorder;
  std::optional<FlightLog> log;
  std::optional<Reporter> reporter;
};

TEST_F(FlightLogTest, BeginsWithHowTheReporterIsAndWhatItIsTold) {
  begin(10'000);
  const std::string& text = recorder->text;
  EXPECT_TRUE(text.starts_with("begin "));
  EXPECT_NE(text.find("\nstate "), std::string::npos);
  EXPECT_EQ(text.find("state ", text.find("state ") + 1), std::string::npos) << "once";
  EXPECT_NE(text.find(" consent on=1 sum="), std::string::npos);
  EXPECT_TRUE(text.ends_with('\n'));
}

TEST_F(FlightLogTest, SaysWhatWasDrawnInAStepAndOnlyInThat) {
  begin(10'000);
  entropy.value = 7;
  fail_in_batches();
  EXPECT_NE(last_line().find(" draws=7,7"), std::string::npos) << last_line();
  step(input::Woke{});
  EXPECT_EQ(last_line().find("draws"), std::string::npos) << last_line();
}

TEST_F(FlightLogTest, ForgetsEverythingWhenTelemetryIsSwitchedOff) {
  begin(10'000);
  entropy.value = 7;
  step(input::ConsentChanged{false});
  EXPECT_EQ(recorder->text, "off\n");
  step(input::Woke{});
  EXPECT_EQ(recorder->text, "off\n");
  step(input::ConsentChanged{true});
  EXPECT_TRUE(recorder->text.starts_with("off\nbegin "));
}

TEST_F(FlightLogTest, WithoutARecorderItOnlyDraws) {
  FlightLog none(entropy, nullptr);
  entropy.value = 9;
  Reporter alone(none);
  none.before_step(alone, Now{}, input::ConsentChanged{true});
  EXPECT_EQ(none.next(), 9U);
  none.after_step({});
}

TEST_F(FlightLogTest, AfterALineThatCouldNotBeWrittenItBeginsAnew) {
  begin(10'000);
  recorder->text.clear();
  recorder->works = false;
  step(input::Woke{});
  step(input::Woke{});
  EXPECT_EQ(recorder->text, "");
  recorder->works = true;
  step(input::Woke{});
  EXPECT_TRUE(recorder->text.starts_with("begin ")) << recorder->text;
  EXPECT_NE(last_line().find(" woke"), std::string::npos) << last_line();
}

// Whatever is left of a segment: what is read from it is the whole way to where the Reporter is.
TEST_F(FlightLogTest, NoStepIsLostHoweverMuchRoomIsLeft) {
  entropy.value = ~std::uint64_t{0};
  int segments = 0;
  for (std::size_t bytes = 1500; bytes < 2500; ++bytes) {
    begin(bytes);
    fail_in_batches();
    segments += recorder->segments;
    const std::string& text = recorder->text;
    ASSERT_TRUE(text.starts_with("begin ") || text.starts_with("state ")) << bytes;
    ASSERT_EQ(text.starts_with("begin "), recorder->segments == 1) << bytes;
    ASSERT_NE(last_line().find(" replied "), std::string::npos) << bytes;
  }
  EXPECT_GT(segments, 1000) << "some of them were full";
}

// The two lines of a beginning and the room that is kept for a step: it fits, or nothing is
// written.
TEST_F(FlightLogTest, WhereABeginningDoesNotFitNothingIsWritten) {
  begin(10'000);
  const std::size_t beginning = recorder->text.find("\n1000000 ") + 1;
  begin(beginning);
  EXPECT_EQ(recorder->text, "");
  step(input::ConsentChanged{false});
  EXPECT_EQ(recorder->text, "off\n");
  step(input::ConsentChanged{true});
  EXPECT_EQ(recorder->text, "");
  begin(beginning + 1000);
  EXPECT_EQ(recorder->segments, 1);
  EXPECT_TRUE(recorder->text.starts_with("begin "));
}

}  // namespace
}  // namespace reporterd
