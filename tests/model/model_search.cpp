#include "tests/model/model_search.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_set>
#include <utility>

namespace reporterd::model {
namespace {

struct Node {
  std::uint32_t parent = 0;
  Step step;
};

struct Next {
  Step step;
  std::uint64_t fingerprint = 0;
  std::optional<std::string> violation;
};

// What follows from one state.
struct Expansion {
  std::vector<Next> next;
  std::optional<std::string> drain_violation;
};

class Search {
 public:
  Search(const Scope& scope, std::size_t most_states, unsigned jobs)
      : scope_(scope), most_states_(most_states), jobs_(jobs), nodes_(1) {
    known_.insert(World(scope).fingerprint());
  }

  Found run() {
    std::size_t begin = 0;  // of the last level
    while (begin < nodes_.size()) {
      const std::size_t end = nodes_.size();
      if (!expand_level(begin, end)) {
        break;
      }
      begin = end;
      found_.depth += nodes_.size() > end ? 1 : 0;
    }
    found_.states = nodes_.size();
    found_.complete = begin == nodes_.size();
    return std::move(found_);
  }

 private:
  static constexpr std::size_t slice = 512;  // bounds what is kept until it is merged

  std::vector<Step> path_to(std::size_t node) const {
    std::vector<Step> path;
    for (; node != 0; node = nodes_[node].parent) {
      path.push_back(nodes_[node].step);
    }
    return {path.rbegin(), path.rend()};
  }

  // false: it ended early.
  bool expand_level(std::size_t begin, std::size_t end) {
    for (std::size_t from = begin; from < end; from += slice) {
      if (nodes_.size() > most_states_) {
        return false;
      }
      const std::size_t count = std::min(slice, end - from);
      std::vector<Expansion> expansions(count);
      std::atomic<std::size_t> next = 0;
      {
        std::vector<std::jthread> threads;
        threads.reserve(jobs_);
        for (unsigned i = 0; i < jobs_; ++i) {
          threads.emplace_back([&] {
            for (std::size_t at = next++; at < count; at = next++) {
              expansions[at] = expand(path_to(from + at));
            }
          });
        }
      }
      for (std::size_t i = 0; i < count; ++i) {
        merge(from + i, expansions[i]);
        if (found_.violation) {
          return false;
        }
      }
    }
    return true;
  }

  std::unique_ptr<World> world_at(const std::vector<Step>& path) const {
    auto world = std::make_unique<World>(scope_);
    for (const Step step : path) {
      world->take(step);
    }
    return world;
  }

  Expansion expand(const std::vector<Step>& path) const {
    Expansion expansion;
    auto world = world_at(path);
    for (const Step step : world->possible()) {
      if (!world) {
        world = world_at(path);
      }
      world->take(step);
      expansion.next.push_back({step, world->fingerprint(), world->violation()});
      world.reset();
    }
    world = world_at(path);
    world->drain();
    expansion.drain_violation = world->violation();
    return expansion;
  }

  void merge(std::size_t node, Expansion& expansion) {
    if (expansion.drain_violation) {
      found_.violation = std::move(expansion.drain_violation);
      found_.path = path_to(node);
      found_.in_drain = true;
      return;
    }
    for (Next& next : expansion.next) {
      ++found_.transitions;
      if (next.violation) {
        found_.violation = std::move(next.violation);
        found_.path = path_to(node);
        found_.path.push_back(next.step);
        return;
      }
      if (known_.insert(next.fingerprint).second) {
        nodes_.push_back({static_cast<std::uint32_t>(node), next.step});
      }
    }
  }

  Scope scope_;
  std::size_t most_states_;
  unsigned jobs_;
  std::vector<Node> nodes_;  // in the order in which they were found
  std::unordered_set<std::uint64_t> known_;
  Found found_;
};

}  // namespace

Found search(const Scope& scope, std::size_t most_states, unsigned jobs) {
  return Search(scope, most_states, jobs).run();
}

}  // namespace reporterd::model
