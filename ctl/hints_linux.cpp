#include "ctl/hints.h"

namespace reporterd::ctl {

std::string_view how_to_start() {
  return "systemctl start reporterd";
}

std::string_view who_may_ask() {
  return "programs need the group reporter, administrators reporter-admin (or root)";
}

std::string_view how_to_see_the_log() {
  return "journalctl -u reporterd";
}

}  // namespace reporterd::ctl
