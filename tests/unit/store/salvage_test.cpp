// Salvage: what can be read of a damaged file is in the new one, once, and the rest is counted.

#include <map>
#include <set>

#include "store/digest.h"
#include "tests/support/files.h"
#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// Its number stands in every piece of it, so that the pages that hold it can be found.
NewMessage marked(std::int64_t n) {
  const std::string mark = "<" + std::to_string(n) + ">";
  std::string body = "{\"n\":\"";
  const std::size_t bytes = n % 10 == 3 ? 9000 + static_cast<std::size_t>(n) * 20 : 200;
  while (body.size() < bytes) {
    body += mark;
  }
  NewMessage made{{instance(n % 3 == 0 ? 'b' : 'a'), wall_at(day_zero_us + n * 1000)}, "", "", ""};
  made.body = body + "\"}";
  made.source = n % 7 == 1 ? butler : "";
  return made;
}

// Pages of `bytes` in which `what` stands.
std::set<std::size_t> pages_with(const std::string& bytes, const std::string& what) {
  std::set<std::size_t> pages;
  for (auto at = bytes.find(what); at != std::string::npos; at = bytes.find(what, at + 1)) {
    pages.insert(at / page_bytes);
  }
  return pages;
}

struct Message {
  NewMessage message;
  State state;
  std::set<std::size_t> row_pages;
  std::set<std::size_t> pages;  // of row and body
};

std::string digest_text(const NewMessage& message) {
  const Digest digest =
      MessageDigest().of(message.key.instance_id, to_us(message.key.ts), message.body);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// An outbox with messages in all states, as the bytes of its file.
class Original {
 public:
  static constexpr std::int64_t count = 200;

  Original() {
    const Folder folder;
    StoreSettings settings;
    settings.history_bytes = 8 << 10;  // most of the history is key records
    Box box(folder.file(), settings);
    for (std::int64_t n = 1; n <= count; ++n) {
      EXPECT_EQ(box.append(marked(n)), Appended::queued);
    }
    box.run([&](Outbox& o) {
      for (std::int64_t n = 1; n <= count; ++n) {
        if (n % 4 == 0 || n < 20) {
          o.settle(n, n % 8 == 0 ? State::rejected : State::delivered, "", box.now());
        }
      }
      o.remove(41, box.now());
      o.hold_source(butler);
      o.put("pause", "until then");
      o.put("id:" + butler, std::string(3000, 'i'));
    });
    box.defer(42, 60);
    ledger = box.snapshot.ledger;
    read_messages(box);
    box.close();
    file = read_bytes(folder.file());
    for (Message& message : messages) {
      message.row_pages = pages_with(file, digest_text(message.message));
      message.pages = message.row_pages;
      message.pages.merge(pages_with(
          file, "<" + std::to_string(to_us(message.message.key.ts) % 1'000'000 / 1000) + ">"));
    }
  }

  std::size_t pages() const { return file.size() / page_bytes; }
  std::int64_t waiting() const { return ledger.queued + ledger.held; }

  std::string file;
  std::vector<Message> messages;
  Ledger ledger;

 private:
  void read_messages(Box& box) {
    for (std::int64_t n = 1; n <= count; ++n) {
      const auto row = box.find(n);
      messages.push_back({marked(n), row ? row->state : State::delivered, {}, {}});
    }
  }
};

const Original& original() {
  static const Original made;
  return made;
}

using Bodies = std::map<std::pair<std::string, std::int64_t>, std::string>;

// Opens the damaged file as after damage was met while running, and reads everything that waits.
class Reopened {
 public:
  explicit Reopened(const std::string& bytes, const std::string& wal = "") {
    write_bytes(folder.file(), bytes);
    if (!wal.empty()) {
      write_bytes(folder.file() + "-wal", wal);
    }
    write_bytes(folder.file() + ".suspect", "");
    box.emplace(folder.file());
    read_waiting();
    if (damage_met) {
      box->outbox.reset();
      box->open();
      read_waiting();
      EXPECT_FALSE(damage_met);
    }
    aside = box->outbox->opened().set_aside;
    if (aside) {
      EXPECT_EQ(read_bytes(*aside), bytes);
      EXPECT_EQ(read_bytes(*aside + "-wal"), wal);
    }
    for (const char* end : {".salvage", ".salvaged", ".salvage-notes"}) {
      EXPECT_FALSE(fs::exists(folder.file() + end));
    }
  }

  bool has_key(const MessageKey& key) {
    bool has = false;
    box->run([&](Outbox& o) { has = o.has_key(key); });
    return has;
  }

  const Folder folder{memory()};
  std::optional<Box> box;
  std::optional<std::string> aside;
  std::int64_t held = 0;  // before they were released
  Bodies waiting;
  Ledger ledger;
  bool damage_met = false;

 private:
  // What was held is released, since only the lease looks at a body's bytes.
  void read_waiting() {
    auto done = box->attempt([&](Outbox& o) {
      waiting.clear();
      held = std::ssize(o.list({.state = State::held, .limit = 1000}));
      o.release_source(butler);
      const Instant later = box->now().observed + std::chrono::hours(1);
      for (const LeasedMessage& given :
           o.lease({.now = later, .limit = 1000, .bytes = 1U << 30}).messages) {
        waiting.emplace(std::pair(given.key.instance_id, to_us(given.key.ts)), given.body);
      }
    });
    damage_met = !done;
    if (done) {
      ledger = done->ledger;
    }
  }
};

// What must hold whatever became of page `page` and all from `cut` on.
void expect_salvaged(Reopened& found, std::size_t page, std::size_t cut) {
  const auto is_whole = [&](const std::set<std::size_t>& pages) {
    return !pages.contains(page) && (pages.empty() || *pages.rbegin() < cut);
  };
  std::size_t known = 0;
  for (const Message& message : original().messages) {
    const MessageKey& key = message.message.key;
    const auto there = found.waiting.find({key.instance_id, to_us(key.ts)});
    if (message.state > State::held) {
      EXPECT_EQ(there, found.waiting.end()) << to_us(key.ts);
      if (is_whole(message.row_pages)) {
        EXPECT_TRUE(found.has_key(key)) << to_us(key.ts);
      }
      continue;
    }
    if (there != found.waiting.end()) {
      EXPECT_TRUE(there->second == message.message.body) << to_us(key.ts);
      ++known;
    } else {
      EXPECT_FALSE(is_whole(message.pages)) << to_us(key.ts);
    }
  }
  EXPECT_EQ(known, found.waiting.size()) << "nothing is made up";
  EXPECT_TRUE(found.ledger.balances());
  // A source whose name is gone stays held.
  EXPECT_EQ(found.ledger.queued, std::ssize(found.waiting));
}

// The ledger's row is in the tree that starts on page 4.
constexpr std::size_t ledger_page = 3;

void expect_counted(const Reopened& found) {
  EXPECT_EQ(found.ledger.lost, original().waiting() - std::ssize(found.waiting));
  EXPECT_EQ(found.ledger.accepted, original().ledger.accepted);
  EXPECT_EQ(found.ledger.delivered, original().ledger.delivered);
}

TEST(Salvage, NothingIsLostWhereOnlyTheLedgerIsDamaged) {
  Original const& from = original();
  std::string bytes = from.file;
  bytes.replace(ledger_page * page_bytes, page_bytes, page_bytes, '\0');
  Reopened found(bytes);
  ASSERT_TRUE(found.aside);
  expect_salvaged(found, ledger_page, from.pages());
  EXPECT_EQ(found.ledger.lost, 0);
  EXPECT_EQ(std::ssize(found.waiting), from.waiting());
  EXPECT_EQ(found.box->outbox->opened().salvaged->messages, from.waiting());
}

TEST(Salvage, WhateverPageIsZeroedTheRestIsThereOnce) {
  for (std::size_t page = 0; page < original().pages(); ++page) {
    SCOPED_TRACE(page);
    std::string bytes = original().file;
    bytes.replace(page * page_bytes, page_bytes, page_bytes, '\0');
    Reopened found(bytes);
    expect_salvaged(found, page, original().pages());
    if (page != ledger_page) {
      expect_counted(found);
    }
  }
}

TEST(Salvage, WhateverBitIsFlippedTheOtherPagesAreThereOnce) {
  for (std::size_t page = 0; page < original().pages(); ++page) {
    for (const std::size_t place : {page * 997 % 100, 3 + page * 131 % 97, page * 2741 % 4096}) {
      SCOPED_TRACE(testing::Message() << "page " << page << ", byte " << place);
      std::string bytes = original().file;
      char& byte = bytes[page * page_bytes + place];
      byte = static_cast<char>(byte ^ (1 << (page % 8)));
      Reopened found(bytes);
      expect_salvaged(found, page, original().pages());
      if (page != ledger_page) {
        expect_counted(found);
      }
    }
  }
}

TEST(Salvage, WhereverTheFileIsCutOffWhatIsBeforeIsThereOnce) {
  for (std::size_t page = 1; page < original().pages(); ++page) {
    SCOPED_TRACE(page);
    const std::size_t bytes = page * page_bytes + (page % 2 == 0 ? 0 : 1234);
    Reopened found(original().file.substr(0, bytes));
    expect_salvaged(found, page, page);
    if (page > ledger_page) {
      expect_counted(found);
    }
  }
}

}  // namespace
}  // namespace reporterd
