#pragma once
// Answers of the service as text for people. Pure functions; every text that comes from outside is
// made safe to print (printable.h). Members that are missing or of a wrong kind are shown as
// nothing: --json shows what really came.

#include <string>

#include "ctl/call.h"

namespace reporterd::ctl {

std::string render_status(const Json& status, bool colour);
std::string render_preview(const Json& preview);
std::string render_reports(const Json& reports);
std::string render_flush(const Json& result);
std::string render_paused(const Json& paused);
std::string render_messages(const Json& messages);  // a list of the queue or the history
std::string render_message(const Json& message);    // one of them, body and all
std::string render_consent(const Json& consent);
std::string render_ids(const Json& ids);
std::string render_config_checked(const Json& checked);
std::string render_config_reloaded(const Json& reloaded);
std::string render_submitted(const Json& submitted);

// Safe member access for answers that may be anything.
std::string text_in(const Json& object, const char* name);     // "" when it is no text
std::int64_t number_in(const Json& object, const char* name);  // 0 when it is no whole number
bool flag_in(const Json& object, const char* name);            // false when it is no boolean
const Json& member_in(const Json& object, const char* name);   // null when it is not there

}  // namespace reporterd::ctl
