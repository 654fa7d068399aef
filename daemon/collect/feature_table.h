#pragma once
// Which key of Butler's configuration stands behind which flag of `enabledFeatures.feature`, in the
// order of the message: Butler 5.1 (to 7.2.1) and Butler 7.3 (to 9.0.0), as their own code has it,
// misnamed keys included.

#include <array>
#include <string_view>

namespace reporterd {

struct FeatureRow {
  std::string_view flag;
  std::string_view key_5_1;  // dotted path below `Butler`; "" : that version has no such flag
  std::string_view key_7_3;
};

inline constexpr std::string_view api_key = "restServerEndpointsEnable";

// A key that both versions share.
constexpr FeatureRow both(std::string_view flag, std::string_view key) {
  return {.flag = flag, .key_5_1 = key, .key_7_3 = key};
}

inline constexpr std::array feature_table = {
    both("heartbeat", "heartbeat.enable"),
    both("dockerHealthCheck", "dockerHealthCheck.enable"),
    both("uptimeMonitor", "uptimeMonitor.enable"),
    FeatureRow{.flag = "uptimeMonitor_storeInInfluxdb",
               .key_5_1 = "uptimeMonitor.storeInInfluxdb.butlerSOSMemoryUsage",
               .key_7_3 = "uptimeMonitor.storeInInfluxdb.enable"},
    FeatureRow{.flag = "uptimeMonitor_storeInNewRelic",
               .key_5_1 = "",
               .key_7_3 = "uptimeMonitor.storeNewRelic.enable"},
    both("teamsNotification", "teamsNotification.enable"),
    both("teamsNotification_reloadTaskFailure", "teamsNotification.reloadTaskFailure.enable"),
    both("teamsNotification_reloadTaskAborted", "teamsNotification.reloadTaskAborted.enable"),
    both("slackNotification", "slackNotification.enable"),
    both("slackNotification_reloadTaskFailure", "slackNotification.reloadTaskFailure.enable"),
    both("slackNotification_reloadTaskAborted", "slackNotification.reloadTaskAborted.enable"),
    both("emailNotification", "emailNotification.enable"),
    both("emailNotification_reloadTaskFailure", "emailNotification.reloadTaskFailure.enable"),
    both("emailNotification_reloadTaskAborted", "emailNotification.reloadTaskAborted.enable"),
    both("webhookNotification", "webhookNotification.enable"),
    both("webhookNotification_reloadTaskFailure", "webhookNotification.reloadTaskFailure.enable"),
    both("webhookNotification_reloadTaskAborted", "webhookNotification.reloadTaskAborted.enable"),
    FeatureRow{.flag = "signl4Notification_reloadTaskFailure",
               .key_5_1 = "",
               .key_7_3 = "incidentTool.signl4.reloadTaskFailure.enable"},
    FeatureRow{.flag = "signl4Notification_reloadTaskAborted",
               .key_5_1 = "",
               .key_7_3 = "incidentTool.signl4.reloadTaskAborted.enable"},
    FeatureRow{.flag = "newRelicNotification_reloadTaskFailure",
               .key_5_1 = "",
               .key_7_3 = "incidentTool.newRelic.reloadTaskFailure.enable"},
    FeatureRow{.flag = "newRelicNotification_reloadTaskAborted",
               .key_5_1 = "",
               .key_7_3 = "incidentTool.newRelic.reloadTaskAborted.enable"},
    both("scheduler", "scheduler.enable"),
    both("mqtt", "mqttConfig.enable"),
    both("userActivityLogging", "userActivityLogging.enable"),
};

constexpr std::string_view key_of(const FeatureRow& row, std::string_view feature_set) {
  return feature_set == "7.3" ? row.key_7_3 : row.key_5_1;
}

}  // namespace reporterd
