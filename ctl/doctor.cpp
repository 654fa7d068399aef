// The verb doctor: asks the service, and looks by itself where none runs.
#include <fmt/format.h>

#include <utility>

#include "ctl/offline.h"
#include "ctl/printable.h"
#include "ctl/render.h"
#include "ctl/verbs.h"
#include "daemon/places.h"

namespace reporterd::ctl {
namespace {

Outcome<Json> ask_service(const Settings& settings) {
  if (const auto alive = ask(settings, "status"); !alive) {
    return alive;
  }
  return ask(settings, "doctor", {}, doctors_patience);
}

// That the service is down is a problem like others.
Exit exit_of(const Json& diagnosis) {
  Exit exit = Exit::ok;
  for (const Json& finding : member_in(diagnosis, "findings")) {
    if (text_in(finding, "level") == "problem") {
      exit = worse(exit, text_in(finding, "about") == "damage" ? Exit::integrity : Exit::failure);
    }
  }
  return exit;
}

}  // namespace

std::string render_findings(const Json& diagnosis) {
  std::string text;
  for (const Json& finding : member_in(diagnosis, "findings")) {
    text += fmt::format("{:<8} {:<14} {}\n", printable(text_in(finding, "level")),
                        printable(text_in(finding, "about")), printable(text_in(finding, "text")));
  }
  return text;
}

Outcome<Exit> doctor(const Arguments& arguments, const Settings& settings) {
  const auto config = arguments.value("--config");
  const auto state_dir = arguments.value("--state-dir");
  const bool repair = arguments.has("--repair");
  Outcome<Json> answer = give_up(Exit::not_running, "");
  if (!config && !state_dir && !repair) {
    answer = ask_service(settings);
  }
  if (!answer && answer.error().exit == Exit::not_running) {
    answer = from_offline(offline_doctor(config.value_or(default_config_file()),
                                         state_dir.value_or(default_state_dir()),
                                         answer.error().text, repair));
  }
  if (!answer) {
    return std::unexpected(answer.error());
  }
  print_answer(settings, *answer, render_findings(*answer));
  return exit_of(*answer);
}

}  // namespace reporterd::ctl
