#include "tests/bench/sample_messages.h"

#include <fmt/format.h>

namespace reporterd {
namespace {

// Everything after the ts; a made-up installation.
constexpr std::string_view sample_data =
    R"("data":{"service":"butler","serviceVersion":"5.1.0","system":{)"
    R"("id":"3b8e0d6f5a7c419288f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6","arch":"x64",)"
    R"("platform":"linux","release":"11.7","distro":"Debian GNU/Linux","codename":"bullseye",)"
    R"("virtual":true,"nodeVersion":"v14.15.4"},"enabledFeatures":{"api":{"activeUserCount":true,)"
    R"("activeUsers":true,"apiListEnbledEndpoints":true,"base62ToBase16":true,)"
    R"("base16ToBase62":true,"butlerping":true,"createDir":true,"createDirQVD":true,)"
    R"("fileDelete":true,"fileMove":true,"fileCopy":true,"keyValueStore":true,)"
    R"("mqttPublishMessage":true,"scheduler":{"createNewSchedule":true,"getSchedule":true,)"
    R"("getScheduleStatusAll":true,"updateSchedule":true,"deleteSchedule":true,)"
    R"("startSchedule":true,"stopSchedule":true},"senseAppReload":true,"senseAppDump":true,)"
    R"("senseListApps":true,"senseStartTask":true,"slackPostMessage":true},"feature":{)"
    R"("heartbeat":false,"dockerHealthCheck":false,"uptimeMonitor":true,)"
    R"("uptimeMonitor_storeInInfluxdb":false,"teamsNotification":true,)"
    R"("teamsNotification_reloadTaskFailure":true,"teamsNotification_reloadTaskAborted":true,)"
    R"("slackNotification":true,"slackNotification_reloadTaskFailure":true,)"
    R"("slackNotification_reloadTaskAborted":true,"emailNotification":true,)"
    R"("emailNotification_reloadTaskFailure":true,"emailNotification_reloadTaskAborted":true,)"
    R"("webhookNotification":false,"webhookNotification_reloadTaskFailure":false,)"
    R"("webhookNotification_reloadTaskAborted":false,"scheduler":true,"mqtt":true,)"
    R"("userActivityLogging":false}}})";

}  // namespace

std::string sample_message(std::size_t number) {
  return fmt::format(R"({{"ts":"2025-01-01T00:00:00.{:06}Z",{}}})", number, sample_data);
}

}  // namespace reporterd
