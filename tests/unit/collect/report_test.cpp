#include "daemon/collect/report.h"

#include <gtest/gtest.h>

#include <chrono>

#include "daemon/core/message.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

constexpr const char* sender = "375b9834f7c48a44cf5428e44e2f1b9b1fe58f028914453a2af77f71556bce82";

HostFacts ubuntu() {
  HostFacts facts;
  facts.arch = "x64";
  facts.platform = "linux";
  facts.release = "20.04.2 LTS";
  facts.distro = "Ubuntu";
  facts.codename = "Focal Fossa";
  facts.virtual_machine = true;
  facts.nic = DefaultNic{.mac = "02:42:ac:11:00:02", .ip4 = "172.17.0.2"};
  facts.uuid = "4c4c4544-0042-3510-8054-b4c04f4d3032";
  facts.serial = "3d1219c7c4c5404aaa1f6d2a48adfda4";
  return facts;
}

ButlerReading butler_5_1() {
  ButlerReading reading;
  reading.state = ButlerReading::State::on;
  reading.qrs_host = "sense.example.com";
  reading.version = "5.1.0";
  reading.node_version = "v14.16.0";
  reading.enabled_features = {{"api", {{"butlerping", true}, {"half", 1e-7}}},
                              {"feature", {{"heartbeat", false}}}};
  return reading;
}

constexpr const char* data_text =
    R"({"service":"butler","serviceVersion":"5.1.0",)"
    R"("system":{"id":"375b9834f7c48a44cf5428e44e2f1b9b1fe58f028914453a2af77f71556bce82",)"
    R"("arch":"x64","platform":"linux","release":"20.04.2 LTS","distro":"Ubuntu",)"
    R"("codename":"Focal Fossa","virtual":true,"nodeVersion":"v14.16.0"},)"
    R"("enabledFeatures":{"api":{"butlerping":true,"half":1e-7},"feature":{"heartbeat":false}}})";

TEST(Report, IsTheDocumentedMessage) {
  const auto day = std::chrono::sys_days(std::chrono::year(2021) / 3 / 9);
  const WallTime ts(day.time_since_epoch() + std::chrono::hours(5) + std::chrono::minutes(30) +
                    Millis(125));
  EXPECT_EQ(report_content(ubuntu(), butler_5_1(), sender).data, data_text);
  EXPECT_EQ(make_report(ubuntu(), butler_5_1(), sender, ts),
            R"({"ts":"2021-03-09T05:30:00.125Z","data":)" + std::string(data_text) + "}");
}

TEST(Report, OfEveryGoldenConfigurationPassesTheMessageCheck) {
  MessageCheck check({});
  for (const auto& file : golden_files("butler-config", ".yaml")) {
    for (const char* feature_set : {"5.1", "7.3"}) {
      ButlerConfig config;
      config.config_file = file.string();
      config.feature_set = feature_set;
      const auto now = wall_at(1'615'267'800'125'000);
      const auto report = make_report(ubuntu(), read_butler(config), sender, now);
      const auto checked = check.check(report, {}, now);
      ASSERT_TRUE(checked) << file << ": " << checked.error().what;
      EXPECT_EQ(checked->body, report) << "compact as it is";
    }
  }
}

TEST(Report, HoldsNoAddressAndNoSerial) {
  const auto data = report_content(ubuntu(), butler_5_1(), sender).data;
  for (const char* secret : {"02:42", "172.17", "4c4c4544", "3d1219c7", "sense.example"}) {
    EXPECT_EQ(data.find(secret), std::string::npos) << secret;
  }
}

TEST(Report, SystemTextOfAnotherKindIsWithheldAndCounted) {
  auto facts = ubuntu();
  facts.arch = "x 64";
  facts.release = "20.04 <b>";
  facts.distro = std::string(129, 'a');
  facts.codename = "";
  auto reading = butler_5_1();
  reading.version = "";
  reading.withheld = {"Butler.heartbeat.enable"};
  const auto content = report_content(facts, reading, sender);
  const std::vector<std::string> withheld = {"serviceVersion", "system.arch", "system.release",
                                             "system.distro", "Butler.heartbeat.enable"};
  EXPECT_EQ(content.withheld, withheld);
  const auto data = nlohmann::json::parse(content.data);
  EXPECT_EQ(data["serviceVersion"], "unknown");
  EXPECT_EQ(data["system"]["arch"], "unknown");
  EXPECT_EQ(data["system"]["release"], "unknown");
  EXPECT_EQ(data["system"]["distro"], "unknown");
  EXPECT_EQ(data["system"]["codename"], "");
}

TEST(FieldNotes, StandForEveryFieldInItsOrder) {
  const auto notes = field_notes(butler_5_1(), "5.1");
  std::vector<std::string> paths;
  const auto flat = nlohmann::ordered_json::parse(data_text).flatten();
  for (const auto& [path, value] : flat.items()) {
    std::string dotted = "data" + path;
    std::ranges::replace(dotted, '/', '.');
    paths.push_back(dotted);
  }
  ASSERT_EQ(notes.size(), paths.size() + 1);
  EXPECT_EQ(notes.front().path, "ts");
  for (std::size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(notes[i + 1].path, paths[i]);
    EXPECT_FALSE(notes[i + 1].source.empty());
    EXPECT_FALSE(notes[i + 1].purpose.empty());
  }
  EXPECT_EQ(notes.back().source, "Butler.heartbeat.enable");
}

}  // namespace
}  // namespace reporterd
