#pragma once
// The instance id of one installation over time: of a Butler, or of the host itself, whose id
// programs get that name none. Once computed it is kept: a new DHCP address or network card must
// not make a new installation. Ids that were, or would have been, computed are kept too: the owner
// needs them to have old data deleted.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/collect/instance_id.h"
#include "daemon/core/result.h"
#include "daemon/core/time.h"

namespace reporterd {

struct SeenId {
  std::string id;
  std::string branch;
  WallTime first_seen;
  WallTime last_seen;
  bool was_current = false;  // reports were made under it; else only computed
  friend bool operator==(const SeenId&, const SeenId&) = default;
};

struct IdRecord {
  SeenId current;            // the id that reports carry
  std::string computed_now;  // what the last computation gave; may differ from current.id
  std::string machine;       // SHA-256 of the machine-id, "" while it could not be read
  std::vector<SeenId> earlier;
  friend bool operator==(const IdRecord&, const IdRecord&) = default;
};

// Whose ids are known: each Butler's by its configuration file, the host's own by "".
using IdRecords = std::map<std::string, IdRecord>;

// Under which name the outbox keeps the record of that file.
inline std::string id_record_name(const std::string& file) {
  return "id:" + file;
}

// Of all named values that were kept, those that are ids, by their file. A damaged one is left out.
IdRecords id_records(const std::map<std::string, std::string>& values);

// Takes in a computation. The current id changes only when the machine-id does (a cloned machine);
// an unreadable machine-id ("") changes nothing. At most 64 earlier ids are kept; those that no
// report carried make room first, the longest unseen before the others.
IdRecord update(std::optional<IdRecord> stored, const InstanceId& computed,
                std::string_view machine_id, WallTime now);

std::string to_json(const IdRecord& record);

// Error: corrupt.
Result<IdRecord> parse_id_record(std::string_view json);

}  // namespace reporterd
