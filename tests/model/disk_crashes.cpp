#include "tests/model/disk_crashes.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/core/assert.h"
#include "store/sqlite_outbox.h"
#include "tests/model/crash_sets.h"
#include "tests/sim/sim_vfs.h"

namespace reporterd::model {
namespace {

using sim::SimVfs;
using Image = SimVfs::Image;

constexpr const char* database = "outbox.db";

NewMessage message_on_disk(int number) {
  NewMessage message;
  message.key = {std::string(64, 'a'),
                 wall_at(1'750'000'000'000'000 + 1000 * std::int64_t{number})};
  message.body = std::string(300, static_cast<char>('a' + number));
  return message;
}

// A history so short that trimming has something to do.
StoreSettings settings_on(const SimVfs& disk) {
  StoreSettings settings;
  settings.vfs = disk.name();
  settings.max_bytes = 1 << 20;
  settings.history_bytes = 1000;
  return settings;
}

Result<Snapshot> transact(SqliteOutbox& outbox, Writer::Work work) {
  return outbox.transact(std::span(&work, 1), ClockMark{});
}

std::string ledger_text(const Ledger& l) {
  return fmt::format(
      "accepted {} requeued {} queued {} held {} delivered {} rejected {} "
      "withdrawn {} deleted {} lost {}\n",
      l.accepted, l.requeued, l.queued, l.held, l.delivered, l.rejected, l.withdrawn, l.deleted,
      l.lost);
}

// All that can be seen of an outbox. Leases go no further than its process.
Result<std::string> describe(SqliteOutbox& outbox) {
  std::string text;
  const auto read = transact(outbox, [&](Outbox& o) {
    text.clear();
    for (const bool settled : {false, true}) {
      Listing listing;
      listing.settled = settled;
      for (const Row& row : o.list(listing)) {
        text += fmt::format("{} ts {} {} attempts {} {} '{}' {}\n", row.seq, to_us(row.key.ts),
                            name_of(row.state), row.attempts,
                            row.may_have_arrived ? "may have arrived" : "", row.reason,
                            o.body(row.seq).value_or("no body"));
      }
    }
    for (int i = 0; i < 5; ++i) {
      text += o.has_key(message_on_disk(i).key) ? "key " : "no key ";
    }
    text += o.get("pause").value_or("no value") + "\n";
  });
  if (!read) {
    return std::unexpected(read.error());
  }
  return ledger_text(read->ledger) + text;
}

// ---------------------------------------------------------------- the scenario

using Act = std::function<Result<Snapshot>(SqliteOutbox&)>;

Act work(std::function<void(Outbox&)> on) {
  return [on = std::move(on)](SqliteOutbox& outbox) { return transact(outbox, on); };
}

std::vector<Act> scenario() {
  const auto append = [](int number) {
    return work([number](Outbox& o) { o.append(message_on_disk(number), {}); });
  };
  return {
      append(0),
      append(1),
      append(2),
      work([](Outbox& o) { o.lease({.now = {}, .limit = 8, .bytes = 10'000}); }),
      work([](Outbox& o) { o.settle(1, State::delivered, "HTTP 201", {}); }),
      work([](Outbox& o) {
        o.settle(2, State::rejected, "HTTP 400", {});
        o.put("pause", "until resumed");
      }),
      work([](Outbox& o) { o.requeue(2, {}); }),
      work([](Outbox& o) { o.defer(3, instant_at(1000), "HTTP 500"); }),
      work([](Outbox& o) { o.remove(3, {}); }),
      append(3),
      work([](Outbox& o) { o.begin_withdrawal({true, {}}, {}); }),
      work([](Outbox& o) { o.continue_withdrawal(1, {}); }),
      work([](Outbox& o) { o.continue_withdrawal(8, {}); }),
      [](SqliteOutbox& outbox) -> Result<Snapshot> {
        const auto more = outbox.trim(ClockMark{});
        return more ? transact(outbox, [](Outbox&) {}) : std::unexpected(more.error());
      },
  };
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): std::function owns what it captured
}

// ---------------------------------------------------------------- crashing

Image after_crash(Image image, const Kept& kept, std::size_t sector) {
  std::size_t at = 0;
  for (auto& [name, file] : image) {
    file.lose_power([&] { return kept[at++]; }, sector);
  }
  return image;
}

std::uint64_t hash_of(const Image& image) {
  std::uint64_t hash = 0;
  const auto mix = [&hash](std::string_view bytes) {
    hash = (hash ^ std::hash<std::string_view>()(bytes)) * 0x0000'0100'0000'01B3U;
  };
  for (const auto& [name, file] : image) {
    mix(name);
    mix({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()});
  }
  return hash;
}

struct Boundary {
  Image image;
  std::size_t done = 0;  // transactions that were acknowledged by then
};

class Crashes {
 public:
  explicit Crashes(const DiskBounds& bounds) : bounds_(bounds) {}

  DiskFindings run() {
    const std::vector<Boundary> boundaries = live();
    found_.boundaries = boundaries.size();
    for (std::size_t i = 0; i < boundaries.size() && !found_.violation; ++i) {
      crash_at(boundaries[i], i);
    }
    found_.images = seen_.size();
    return std::move(found_);
  }

 private:
  // Twice from opening to closing, the second time with nothing left to do.
  std::vector<Boundary> live() {
    SimVfs disk;
    std::vector<Boundary> boundaries;
    std::size_t done = 0;
    disk.watch([&] { boundaries.push_back({disk.image(), done}); });
    std::vector<Act> acts = scenario();
    found_.transactions = acts.size();
    states_.emplace_back("nothing");
    for (const bool again : {false, true}) {
      auto outbox = SqliteOutbox::open(database, settings_on(disk), {});
      ASSERT(outbox);
      if (!again) {
        states_.back() = state_of(disk);
      }
      for (const Act& act : acts) {
        ASSERT(act(**outbox));
        ++done;
        states_.push_back(state_of(disk));
      }
      acts.clear();
      ASSERT((*outbox)->close(ClockMark{}));
      boundaries.push_back({disk.image(), done});
    }
    return boundaries;
  }

  // What another process would see if this one were killed now.
  std::string state_of(const SimVfs& disk) {
    SimVfs other;
    other.restore(disk.image());
    auto outbox = SqliteOutbox::open(database, settings_on(other), {});
    ASSERT(outbox);
    return *describe(**outbox);
  }

  void crash_at(const Boundary& boundary, std::size_t number) {
    const CrashSets sets(boundary.image, bounds_);
    found_.all_sectors += sets.all_sectors() ? 1 : 0;
    found_.all_writes += sets.all_writes() ? 1 : 0;
    found_.chosen += !sets.all_sectors() && !sets.all_writes() ? 1 : 0;
    for (const Kept& kept : sets.all()) {
      ++found_.sets;
      const Image image = after_crash(boundary.image, kept, bounds_.sector);
      // The same bytes may be left by a crash at which more was acknowledged.
      if (found_.violation || !seen_.insert(hash_of(image) + boundary.done).second) {
        continue;
      }
      if (auto wrong = look_at(image, boundary.done)) {
        found_.violation = fmt::format(
            "power lost before call {} of the scenario, in transaction {}; sectors kept: {}: {}",
            number, boundary.done + 1, text_of(kept), *wrong);
      }
    }
  }

  static std::string text_of(const Kept& kept) {
    std::string text;
    for (const bool one : kept) {
      text += one ? '1' : '0';
    }
    return text.empty() ? "none to keep" : text;
  }

  // Starts on it; what is wrong then, if anything.
  std::optional<std::string> look_at(const Image& image, std::size_t done) {
    SimVfs disk;
    disk.restore(image);
    std::vector<Image> starts;
    if (bounds_.crash_again) {
      disk.watch([&] { starts.push_back(disk.image()); });
    }
    auto wrong = start_and_check(disk, done);
    for (const Image& cut_off : starts) {
      for (const bool kept : {false, true}) {
        Image again = cut_off;
        for (auto& [name, file] : again) {
          file.lose_power([kept] { return kept; }, bounds_.sector);
        }
        ++found_.again;
        if (!wrong && seen_.insert(hash_of(again) + done).second) {
          SimVfs other;
          other.restore(std::move(again));
          wrong = start_and_check(other, done);
        }
      }
    }
    return wrong;
  }

  std::optional<std::string> start_and_check(SimVfs& disk, std::size_t done) {
    auto outbox = SqliteOutbox::open(database, settings_on(disk), {});
    disk.watch(nullptr);
    if (!outbox) {
      return "it does not open: " + outbox.error().what;
    }
    const auto state = describe(**outbox);
    if (!state) {
      return "it cannot be read: " + state.error().what;
    }
    const bool is_before = *state == states_[done];
    const bool is_after = done + 1 < states_.size() && *state == states_[done + 1];
    if (!is_before && !is_after) {
      return fmt::format("it holds\n{}where the last acknowledged transaction left\n{}", *state,
                         states_[done]);
    }
    if (auto wrong = leases_what_waits(**outbox)) {
      return wrong;
    }
    return goes_on(disk, *std::move(outbox));
  }

  static std::optional<std::string> leases_what_waits(SqliteOutbox& outbox) {
    std::vector<Seq> waiting;
    std::vector<Seq> leased;
    const auto read = reporterd::model::transact(outbox, [&](Outbox& o) {
      waiting.clear();
      leased.clear();
      Listing listing;
      listing.state = State::queued;
      for (const Row& row : o.list(listing)) {
        waiting.push_back(row.seq);
      }
      for (const LeasedMessage& message :
           o.lease({.now = instant_at(1'000'000), .limit = 8, .bytes = 10'000}).messages) {
        leased.push_back(message.seq);
      }
    });
    std::ranges::sort(leased);
    return read && waiting == leased ? std::nullopt
                                     : std::optional<std::string>(
                                           "it gives out what has ended, or "
                                           "keeps back what waits");
  }

  // It takes one more message and closes; then the file is sound.
  static std::optional<std::string> goes_on(const SimVfs& disk,
                                            std::unique_ptr<SqliteOutbox> outbox) {
    Appended answer = Appended::conflict;
    const auto stored = reporterd::model::transact(
        *outbox, [&](Outbox& o) { answer = o.append(message_on_disk(9), {}); });
    if (!stored || answer != Appended::queued || !outbox->close(ClockMark{})) {
      return "it does not go on";
    }
    sqlite3* handle = nullptr;
    std::string verdict = "it does not open";
    if (sqlite3_open_v2(database, &handle, SQLITE_OPEN_READWRITE, disk.name().c_str()) ==
        SQLITE_OK) {
      const auto take = [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0];
        return 0;
      };
      sqlite3_exec(handle, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA integrity_check", take,
                   &verdict, nullptr);
    }
    sqlite3_close(handle);
    return verdict == "ok" ? std::nullopt : std::optional("integrity_check: " + verdict);
  }

  DiskBounds bounds_;
  DiskFindings found_;
  std::vector<std::string> states_;  // after so many transactions
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

DiskFindings crash_everywhere(const DiskBounds& bounds) {
  return Crashes(bounds).run();
}

}  // namespace reporterd::model
