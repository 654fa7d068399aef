#pragma once
// When a request may go out: a second, simpler account of the schedule, kept from the outside. It
// sees requests, replies and what the owner does, and knows the earliest moment for the next one.
// Where it cannot know what the Reporter made of something, it is lenient.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/settings.h"
#include "daemon/core/time.h"
#include "daemon/core/transport.h"

namespace reporterd::sim {

class Pace {
 public:
  void use(const RetrySettings& settings) { settings_ = settings; }

  // A request goes out; what is wrong with that now, if anything.
  std::optional<std::string> sent(SendId id, std::vector<std::string> keys, Now now);
  void replied(SendId id, const Reply& reply, Now now);

  // What lets a request go out earlier.
  void flushed(bool forced);
  void all_due();  // its lease: no message waits for its own retry any more
  void network_changed();
  void secret_changed();
  void destination_changed();  // or only how it is used: what is out says nothing new
  void requeued(const std::string& key) { retries_.erase(key); }  // as new again
  void forget();  // another destination: nothing is known of it

  // What a crash leaves: what was learned from replies whose consequences were committed. `pieces`
  // counts the work posted to, or committed by, the writer of this life.
  void posted(std::uint64_t pieces);
  void committed(std::uint64_t pieces);
  void commit_failed();
  void crashed();

  // Whether this destination is surely known to take messages.
  bool ever_accepted() const { return ever_accepted_; }

 private:
  struct Wait {
    Instant not_before{};
    Instant retry_after_until{};
    int failures = 0;
    bool in_trouble = false;
  };
  struct Kept {
    std::uint64_t pieces = 0;
    Wait wait;
    bool ever_accepted = false;
  };
  struct Retry {  // of one message
    int failures = 0;
    Instant not_before{};
  };
  struct Out {
    std::uint64_t spell = 0;
    std::vector<std::string> keys;
  };

  void overloaded(const Out& out, const Reply& reply, Now now);
  void spoke(bool of_this_spell);
  void failed(Now now);
  void refused(Now now);
  std::optional<std::string> too_early_again(const std::vector<std::string>& keys, Now now) const;
  void isolated_failure(const Out& out, bool of_this_spell, Now now);

  RetrySettings settings_;
  Wait wait_;
  Wait durable_;
  std::deque<Kept> to_be_kept_;
  std::uint64_t spell_ = 0;  // between two troubles; older requests say nothing new
  bool free_probe_ = false;  // the network came back: one failure costs nothing
  bool ever_accepted_ = false;
  bool accepted_durably_ = false;  // and a crash does not take that away
  bool unsure_ = false;  // whether a failure began a new spell; until nothing is out any more
  std::set<std::string> failing_;
  std::map<std::string, Retry> retries_;
  std::map<SendId, Out> out_;
};

}  // namespace reporterd::sim
