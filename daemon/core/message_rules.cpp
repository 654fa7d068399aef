#include "daemon/core/message_rules.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "daemon/core/letters.h"

namespace reporterd {
namespace {

// A set of ASCII characters, one look-up per character.
class CharSet {
 public:
  consteval CharSet(std::initializer_list<std::string_view> parts) {
    for (const std::string_view chars : parts) {
      for (const char c : chars) {
        has_[static_cast<unsigned char>(c)] = true;
      }
    }
  }
  constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }
  constexpr bool has_all_of(std::string_view text) const {
    return std::ranges::all_of(text, [this](char c) { return has(c); });
  }

 private:
  std::array<bool, 256> has_ = {};
};

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view decimal = "0123456789";
constexpr CharSet lower_letters = {lower};
constexpr CharSet letters = {lower, upper};
constexpr CharSet service_chars = {lower, decimal, "-"};
constexpr CharSet version_chars = {lower, upper, decimal, "._+-"};
constexpr CharSet word_chars = {lower, upper, decimal, "_"};
constexpr CharSet system_text_chars = {lower, upper, decimal, " ._+,:()/~-"};

constexpr std::array<std::string_view, 29> all_feature_names = {
    "heartbeat",
    "dockerHealthCheck",
    "uptimeMonitor",
    "uptimeMonitor_storeInInfluxdb",
    "uptimeMonitor_storeInNewRelic",
    "teamsNotification",
    "teamsNotification_reloadTaskFailure",
    "teamsNotification_reloadTaskAborted",
    "slackNotification",
    "slackNotification_reloadTaskFailure",
    "slackNotification_reloadTaskAborted",
    "emailNotification",
    "emailNotification_reloadTaskFailure",
    "emailNotification_reloadTaskAborted",
    "webhookNotification",
    "webhookNotification_reloadTaskFailure",
    "webhookNotification_reloadTaskAborted",
    "signl4Notification_reloadTaskFailure",
    "signl4Notification_reloadTaskAborted",
    "newRelicNotification_reloadTaskFailure",
    "newRelicNotification_reloadTaskAborted",
    "scheduler",
    "mqtt",
    "userActivityLogging",
    // Butler SOS
    "udpServer",
    "logdb",
    "influxdb",
    "appNames",
    "userSessions",
};

bool is_made_of(std::string_view text, const CharSet& chars, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && chars.has_all_of(text);
}

}  // namespace

bool is_service_name(std::string_view text) {
  return is_made_of(text, service_chars, 1, 32) && lower_letters.has(text.front());
}

bool is_version(std::string_view text) {
  return is_made_of(text, version_chars, 1, 64);
}

bool is_system_word(std::string_view text) {
  return is_made_of(text, word_chars, 1, 32);
}

bool is_system_text(std::string_view text) {
  return is_made_of(text, system_text_chars, 0, 128);
}

bool is_api_name(std::string_view text) {
  return is_made_of(text, word_chars, 1, 64) && letters.has(text.front());
}

bool is_switch_word(std::string_view text) {
  constexpr std::array<std::string_view, 6> words = {"yes", "no", "on", "off", "true", "false"};
  return std::ranges::any_of(
      words, [&](std::string_view word) { return std::ranges::equal(text, word, same_letter); });
}

std::span<const std::string_view> feature_names() {
  return all_feature_names;
}

}  // namespace reporterd
