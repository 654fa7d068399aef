#include "daemon/control/status_report.h"

namespace reporterd {

std::string_view name_of(Condition condition) {
  switch (condition) {
    case Condition::stopping:
      return "stopping";
    case Condition::off:
      return "off";
    case Condition::paused:
      return "paused";
    case Condition::no_destination:
      return "no destination";
    case Condition::notice:
      return "notice";
    case Condition::auth_problem:
      return "auth problem";
    case Condition::config_problem:
      return "config problem";
    case Condition::waiting:
      return "waiting";
    case Condition::sending:
      return "sending";
    case Condition::idle:
      return "idle";
  }
  return "?";
}

std::string_view name_of(Decision decision) {
  switch (decision) {
    case Decision::on:
      return "on";
    case Decision::off:
      return "off";
    case Decision::unknown:
      return "unknown";
  }
  return "?";
}

}  // namespace reporterd
