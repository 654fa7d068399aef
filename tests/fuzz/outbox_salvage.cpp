// Salvage of a file, whether it needs it or not.

#include "store/salvage.h"

#include <string>

#include "tests/fuzz/outbox_files.h"
#include "tests/fuzz/targets.h"

namespace reporterd::fuzz {

void outbox_salvage(std::string_view input) {
  const DamagedCopy copy(input);
  const std::string to = copy.path() + ".salvage";
  const auto salvaged = salvage(copy.path(), to);
  require(salvaged.has_value(), "a salvage fails", salvaged ? "" : salvaged.error().what);
  copy.require_kept_as(copy.path());

  const auto life = live(to);
  require(life.has_value(), "what was salvaged is damaged", life ? "" : life.error().what);
  require(!life->opened.set_aside, "what was salvaged is set aside");
  const Ledger& ledger = life->opened.snapshot.ledger;
  require(salvaged->messages == ledger.queued + ledger.held && salvaged->lost >= 0,
          "a salvage counts what is not there");
  require(std::ssize(life->bodies) == salvaged->messages,
          "a salvage believes what the outbox does not");
  const auto again = live(to);
  require(again.has_value(), "what was salvaged is damaged", again ? "" : again.error().what);
  require_same(*life, *again);
}

}  // namespace reporterd::fuzz
