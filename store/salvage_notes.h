#pragma once
// What the first walk over a damaged file found, told apart by shape and not believed yet. It lies
// in a scratch database beside the outbox, so that memory does not grow with the file.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/time.h"
#include "store/books.h"
#include "store/database.h"
#include "store/digest.h"
#include "store/row_walk.h"

namespace reporterd {

// A row of `message`, as far as it outlives a salvage.
struct NotedMessage {
  Seq seq = 0;
  std::int64_t ts_us = 0;
  std::int64_t instance = 0;
  std::int64_t source = 0;
  State state = State::queued;
  std::int64_t accepted_ms = 0;
  std::int64_t accepted_us = 0;
  Digest sha{};
  std::optional<Digest> content;
  std::int64_t attempts = 0;
  std::optional<std::int64_t> due_ms;
  bool requeued = false;
  bool may_have_arrived = false;
};

class SalvageNotes {
 public:
  explicit SalvageNotes(std::unique_ptr<Database> scratch);
  ~SalvageNotes();
  SalvageNotes(const SalvageNotes&) = delete;
  SalvageNotes& operator=(const SalvageNotes&) = delete;

  // Notes the row if it has the shape of one that matters. Bodies are not noted: see body_of().
  void take(const RawRow& row);
  // Makes the questions below cheap; after the last take().
  void sort();

  // Rows that claim this position, settled ones first; a few at most.
  std::vector<NotedMessage> claiming(Seq seq);
  // Names that are known for an id; more than one when copies disagree.
  std::vector<std::string> instances(std::int64_t id);
  std::vector<std::string> sources(std::int64_t id);
  void add_instance(std::int64_t id, std::string_view name);

  // The ledger's row, if it was found and balances.
  const std::optional<Books>& books() const { return books_; }
  const ClockMark& clock() const { return clock_; }
  // true: a withdrawal had marked it. When the ledger knows of one whose mark cannot be read,
  // everything counts as marked: rather lost than sent against the owner's will.
  bool is_withdrawn(Seq seq, std::int64_t source) const;

  Database& database() { return *scratch_; }

 private:
  struct Inserts;
  bool take_message(const RawRow& row);
  bool take_ledger(const RawRow& row);
  void take_pair(const RawRow& row);
  void take_index_pair(const RawRow& row);

  std::unique_ptr<Database> scratch_;
  std::unique_ptr<Inserts> inserts_;
  std::optional<Books> books_;
  ClockMark clock_;
  struct Epoch {
    std::int64_t source;
    Seq up_to;
  };
  std::vector<Epoch> epochs_;
};

// The position and text of a row of `body`.
struct NotedBody {
  Seq seq;
  std::string_view json;
};
std::optional<NotedBody> body_of(const RawRow& row);

}  // namespace reporterd
