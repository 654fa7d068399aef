#pragma once
// An Engine over fakes: the outbox as a value (tests/model), commits and replies when a test says
// so.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/engine.h"
#include "tests/model/model_outbox.h"

namespace reporterd {

// A request's body is the bodies of its messages; a reply's fate is the verdict.
class PlainDestination final : public Destination {
 public:
  PlainDestination(std::string identity, std::size_t batch_limit)
      : identity_(std::move(identity)), batch_limit_(batch_limit) {}

  std::string identity() const override { return identity_; }
  std::size_t batch_limit() const override { return batch_limit_; }
  Request request(std::span<const LeasedMessage> messages) const override {
    Request request;
    request.url = identity_;
    for (const LeasedMessage& message : messages) {
      request.body += message.body;
    }
    return request;
  }
  std::vector<Verdict> verdicts(std::span<const LeasedMessage> messages, const Reply& reply,
                                WallTime) const override {
    return {messages.size(), verdict_of(reply)};
  }

 private:
  static Verdict verdict_of(const Reply& reply) {
    switch (reply.status) {
      case 201:
        return {Verdict::Kind::delivered, {}, {}};
      case 400:
        return {Verdict::Kind::rejected, {}, "HTTP 400"};
      case 401:
        return {Verdict::Kind::auth_problem, {}, "HTTP 401"};
      case 429:
        return {Verdict::Kind::retry_after, std::chrono::seconds(90), "HTTP 429"};
      case 503:
        return {Verdict::Kind::retry, {}, "HTTP 503"};
      default:
        break;
    }
    const bool cancelled = reply.fate == Fate::cancelled;
    return {cancelled ? Verdict::Kind::cancelled : Verdict::Kind::unreachable, {}, "no route"};
  }

  std::string identity_;
  std::size_t batch_limit_;
};

class EngineTest : public testing::Test, Clock, Entropy, Writer, Transport {
 protected:
  struct Sent {
    SendId id = 0;
    Request request;
    bool cancelled = false;
  };
  using Outcomes = std::vector<Result<FlushOutcome>>;

  EngineTest() {
    settings.retry.spread_retry_after = false;
    start();
  }

  // A process: with what the outbox keeps of the one before.
  void start() {
    engine.reset();
    posted_.clear();
    sent.clear();
    timer.reset();
    outbox.crash();
    start(told());
  }
  void start(EngineEvents events) {
    engine = std::make_unique<Engine>(EnginePorts{*this, *this, *this, *this}, std::move(events));
    engine->start(snapshot());
  }
  EngineEvents told() {
    EngineEvents events;
    events.wake_at = [this](std::optional<Instant> at) {
      timer = at;
      ++armed;
    };
    events.changed = [this](const output::Changed& change) { conditions.push_back(change.to); };
    events.store = [this](const std::optional<Error>& error) {
      store_told.push_back(error ? error->what : "well");
    };
    events.finished = [this] { finished = true; };
    events.disk_full = [this](bool full) { disk_full_told.push_back(full); };
    return events;
  }

  // Switched on, with a destination, and at rest.
  void begin() {
    use("https://a");
    engine->set_consent(true);
    settle();
  }
  void use(const std::string& identity, std::size_t batch_limit = 1) {
    engine->use_destination(std::make_unique<PlainDestination>(identity, batch_limit), settings);
  }

  Result<Appended> answer_of_last;
  void append(const std::string& body, const std::string& source = "") {
    NewMessage message;
    message.key = {std::string(64, 'a'), wall_at(++appended_)};
    message.body = body;
    message.source = source;
    engine->append(std::move(message), [this](Result<Appended> answer) {
      answer_of_last = std::move(answer);
      ++answers;
    });
  }
  void append_and_settle(const std::string& body, const std::string& source = "") {
    append(body, source);
    settle();
  }

  // One transaction of all that was posted until now, and its end on the loop.
  void commit() {
    auto pieces = std::exchange(posted_, {});
    for (auto& [work, done] : pieces) {
      work(outbox);
    }
    const Result<Snapshot> result = snapshot();
    for (auto& [work, done] : pieces) {
      done(result);
    }
  }
  // It reached the disk, but nobody knows.
  void fail_commit_that_happened() {
    for (auto& [work, done] : posted_) {
      work(outbox);
    }
    fail_commit();
  }
  void fail_commit() {
    for (auto& [work, done] : std::exchange(posted_, {})) {
      done(fail(ErrorCode::unavailable, "the disk says no"));
    }
  }
  void settle() {
    while (!posted_.empty()) {
      commit();
    }
  }
  std::size_t posted() const { return posted_.size(); }

  void reply(SendId id, Reply with) {
    std::erase_if(sent, [id](const Sent& each) { return each.id == id; });
    engine->replied(id, with);
  }
  void reply(int status) {
    ASSERT_FALSE(sent.empty());
    Reply with;
    with.fate = status == 0 ? Fate::unreachable : Fate::answered;
    with.status = status;
    reply(sent.front().id, with);
  }

  void reply_cancelled() {
    ASSERT_FALSE(sent.empty());
    Reply with;
    with.fate = Fate::cancelled;
    reply(sent.front().id, with);
  }

  // Of three messages the last two are out at once, and there are no more.
  void two_out() {
    for (const char* body : {"x", "y", "z"}) {
      append(body);
    }
    settle();
    reply(201);
    settle();
    ASSERT_EQ(sent.size(), 2U);
  }

  void wake_after(Millis wait) {
    time += wait;
    engine->wake();
  }

  // Message 1 was refused for good, and nothing was ever accepted.
  void begin_with_one_rejected() {
    begin();
    append_and_settle("one");
    reply(400);
    settle();
    ASSERT_EQ(engine->reporter().memory().rejected_in_row, std::vector<Seq>{1});
  }

  // What came of a flush goes into `outcomes`.
  void flush(bool wait, bool force = false, Millis timeout = std::chrono::seconds(30)) {
    engine->flush(force, wait, timeout,
                  [this](Result<FlushOutcome> outcome) { outcomes.push_back(std::move(outcome)); });
  }

  State state_of(Seq seq) { return outbox.find(seq).value_or(Row{}).state; }
  Snapshot snapshot() const {
    Snapshot now = outbox.snapshot();
    now.disk_full = disk_full;
    return now;
  }

  model::ModelOutbox outbox;
  DeliverySettings settings;
  Instant time = instant_at(1'000'000);
  std::uint64_t chance = 0;  // each draw
  bool disk_full = false;

  std::vector<Sent> sent;  // and not answered
  std::optional<Instant> timer;
  int armed = 0;
  std::vector<Condition> conditions;
  std::vector<std::string> store_told;
  std::vector<bool> disk_full_told;
  bool finished = false;
  int answers = 0;
  Outcomes outcomes;
  std::unique_ptr<Engine> engine;

 private:
  Now now() const override { return {time, wall_at(1000 * to_ms(time))}; }
  ClockMark mark() const override { return {}; }
  std::uint64_t next() override { return chance; }
  void post(Work work, Done done) override {
    posted_.emplace_back(std::move(work), std::move(done));
  }
  void send(SendId id, Request request) override { sent.push_back({id, std::move(request)}); }
  void cancel(SendId id) override {
    for (Sent& each : sent) {
      each.cancelled |= each.id == id;
    }
  }

  std::vector<std::pair<Work, Done>> posted_;
  std::int64_t appended_ = 1'750'000'000'000'000;
};

}  // namespace reporterd
