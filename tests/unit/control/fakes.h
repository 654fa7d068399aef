#pragma once
// The two neighbours of a Session, as fakes: a Stream that remembers what was done to it and a
// Service with fixed answers that can be made to answer later.

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/control/service.h"
#include "daemon/core/stream.h"

namespace reporterd::testing {

inline const std::string sample_id(64, 'a');
inline const WallTime sample_ts = wall_at(1'767'323'045'000'000);  // 2026-01-02T03:04:05.000Z

class FakeStream final : public Stream {
 public:
  void write(std::string bytes) override {
    ++writes;
    written += bytes;
  }
  void pause_reading(bool paused) override { reading_paused = paused; }
  void finish() override { finished = true; }

  std::string take() { return std::exchange(written, {}); }

  std::string written;
  int writes = 0;
  bool reading_paused = false;
  bool finished = false;
};

Row sample_row(Seq seq, State state);
StatusReport sample_status();

// Answers at once, or, while `later` is set, when release() is called, in the order of release.
class FakeService final : public Service {
 public:
  Now now() const override { return {instant_at(1'000'000), sample_ts}; }
  StatusReport status() override { return sample_status(); }
  void submit(std::string_view message_json, Answer<Submitted> answer) override;
  void report(std::optional<std::size_t> butler, Answer<std::vector<MadeReport>> answer) override;
  void preview(Answer<Preview> answer) override;
  void flush(const FlushRequest& request, Answer<FlushResult> answer) override;
  void pause(std::optional<Millis> length, Answer<Paused> answer) override;
  void resume(Answer<void> answer) override;
  void list(const Listing& listing, Answer<std::vector<Row>> answer) override;
  void show(Seq seq, Answer<ShownMessage> answer) override;
  void remove(Selection which, Answer<ChangeResult> answer) override;
  void requeue(Selection which, Answer<ChangeResult> answer) override;
  void id_show(Answer<IdReport> answer) override;
  void config_check(ConfigCandidate candidate, Answer<ConfigChecked> answer) override;
  void config_show(Answer<ConfigShown> answer) override;
  void config_reload(Answer<ConfigReloaded> answer) override;
  void doctor(Answer<std::vector<Finding>> answer) override;
  void flight(Answer<FlightShown> answer) override;

  // Gives the n-th answer that is owed (0: the oldest).
  void release(std::size_t index = 0);
  std::size_t owed() const { return owed_.size(); }

  bool later = false;
  std::optional<Error> failure;  // every answer is this
  std::vector<std::string> submitted;
  std::vector<std::string> calls;  // what else was asked, in words

 private:
  template <class T>
  void give(Answer<T> answer, Result<T> result);

  std::deque<std::move_only_function<void()>> owed_;
};

}  // namespace reporterd::testing
