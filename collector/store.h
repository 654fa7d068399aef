#pragma once
// What the collector has received, in an SQLite database: one row per (instance id, ts).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/core/result.h"
#include "daemon/core/time.h"

namespace reporterd {

enum class Stored { added, known, conflict };  // conflict: known, with other bytes

struct StoredRow {
  std::string received;  // canonical UTC, like ts
  std::string instance_id;
  std::string ts;
  std::string service;
  std::string service_version;
  std::int64_t bytes = 0;
};

struct StoredCounts {
  std::int64_t messages = 0;
  std::int64_t instances = 0;
};

// One thread writes; what arrives while it commits shares the next transaction, so that many
// senders cost one fsync together. Public functions may be called from many threads and return
// after the commit.
class CollectorStore {
 public:
  // Opens `file`, or makes it. Errors: io, corrupt.
  static Result<std::unique_ptr<CollectorStore>> open(const std::string& file);
  // Opens an existing `file` beside a running collector. Errors: not_found, io, corrupt.
  static Result<std::unique_ptr<CollectorStore>> open_existing(const std::string& file);
  ~CollectorStore();
  CollectorStore(const CollectorStore&) = delete;
  CollectorStore& operator=(const CollectorStore&) = delete;

  // Stores what is new; one answer per message, in order. On an error nothing was stored.
  Result<std::vector<Stored>> add(std::vector<CheckedMessage> messages, WallTime received);

  // Removes every row of an instance, from the file as well; how many there were.
  Result<std::int64_t> erase(const std::string& instance_id);

  // Calls `visit` for each row, oldest first.
  Status each_row(const std::function<void(const StoredRow&)>& visit);
  Result<StoredCounts> counts();

 private:
  struct Impl;
  explicit CollectorStore(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<CollectorStore>> open_with(const std::string& file, int flags);

  std::unique_ptr<Impl> impl_;
};

}  // namespace reporterd
