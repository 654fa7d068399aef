#pragma once
// What each command does: one function each, named like the command.

#include "ctl/call.h"
#include "ctl/commands.h"
#include "ctl/exit_codes.h"

namespace reporterd::ctl {

Outcome<Exit> status(const Arguments& arguments, const Settings& settings);
Outcome<Exit> flush(const Arguments& arguments, const Settings& settings);
Outcome<Exit> submit(const Arguments& arguments, const Settings& settings);
Outcome<Exit> report(const Arguments& arguments, const Settings& settings);
Outcome<Exit> preview(const Arguments& arguments, const Settings& settings);
Outcome<Exit> queue_list(const Arguments& arguments, const Settings& settings);
Outcome<Exit> queue_show(const Arguments& arguments, const Settings& settings);
Outcome<Exit> queue_delete(const Arguments& arguments, const Settings& settings);
Outcome<Exit> queue_requeue(const Arguments& arguments, const Settings& settings);
Outcome<Exit> history_list(const Arguments& arguments, const Settings& settings);
Outcome<Exit> history_show(const Arguments& arguments, const Settings& settings);
Outcome<Exit> pause(const Arguments& arguments, const Settings& settings);
Outcome<Exit> resume(const Arguments& arguments, const Settings& settings);
Outcome<Exit> consent_show(const Arguments& arguments, const Settings& settings);
Outcome<Exit> id_show(const Arguments& arguments, const Settings& settings);
Outcome<Exit> config_check(const Arguments& arguments, const Settings& settings);
Outcome<Exit> config_show(const Arguments& arguments, const Settings& settings);
Outcome<Exit> config_reload(const Arguments& arguments, const Settings& settings);
Outcome<Exit> doctor(const Arguments& arguments, const Settings& settings);
Outcome<Exit> support_bundle(const Arguments& arguments, const Settings& settings);
Outcome<Exit> completion(const Arguments& arguments, const Settings& settings);

// Shared by the verbs.

// For reading the outbox from end to end and trying the endpoint; the latter takes at most
// destination.connectTimeout, 10 min.
constexpr Millis doctors_patience = std::chrono::minutes(15);

// Opens the control socket; where `submit_will_do` and it is not ours to open, the submit socket.
Outcome<Client> open_service(const Settings& settings, bool submit_will_do);
// The service's answer, which may take `longer` than usual.
Outcome<Json> ask(const Settings& settings, std::string_view method, const Json& params = {},
                  Millis longer = Millis(0));
// The same of what reporterctl found by itself (offline.h).
template <class T>
Outcome<T> from_offline(Result<T> result) {
  if (!result) {
    return give_up(exit_for(result.error().code), std::move(result.error().what));
  }
  return *std::move(result);
}
// The answer of `doctor`, a line each.
std::string render_findings(const Json& diagnosis);
// Prints an answer: `text`, or the JSON itself with --json.
void print_answer(const Settings& settings, const Json& answer, const std::string& text);

}  // namespace reporterd::ctl
