// The outbox's file at open: sound, damaged, foreign, newer.

#include <optional>
#include <utility>

#include "tests/fuzz/outbox_files.h"
#include "tests/fuzz/targets.h"

namespace reporterd::fuzz {

// Damage may be met at any moment, but once: it is set aside by the next start, and that is the end
// of it.
void outbox_open(std::string_view input) {
  const DamagedCopy copy(input);
  std::optional<Life> last;
  bool damage_met = false;
  for (int lives = 0; lives < 4; ++lives) {
    auto life = live(copy.path());
    if (!life && life.error().code == ErrorCode::corrupt) {
      require(!std::exchange(damage_met, true), "damage is met again", life.error().what);
      last.reset();
      continue;
    }
    if (!life) {
      require(lives == 0 && (life.error().code == ErrorCode::invalid ||
                             life.error().code == ErrorCode::newer_version),
              "a damaged file is in the way of the service", life.error().what);
      require_one_line(life.error().what);
      copy.require_kept_as(copy.path());
      return;
    }
    const auto& aside = life->opened.set_aside;
    require(!damage_met || last || aside, "damage that was met is forgotten");
    if (lives == 0 && aside) {
      copy.require_kept_as(*aside);
    }
    if (last) {
      require_same(*last, *life);
      return;
    }
    damage_met = damage_met || aside;
    last = *std::move(life);
  }
  require(false, "the service does not come to rest");
}

}  // namespace reporterd::fuzz
