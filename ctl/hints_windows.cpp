#include "ctl/hints.h"

namespace reporterd::ctl {

// As PowerShell has it, too: its sc is another command.
std::string_view how_to_start() {
  return "net start reporterd";
}

std::string_view who_may_ask() {
  return "programs need the local group reporter, administrators a window that runs as "
         "administrator";
}

std::string_view how_to_see_the_log() {
  return "Get-WinEvent -ProviderName reporterd";
}

}  // namespace reporterd::ctl
