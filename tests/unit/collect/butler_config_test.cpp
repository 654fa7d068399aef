#include "daemon/collect/butler_config.h"

#include <gtest/gtest.h>

#include "daemon/collect/feature_table.h"
#include "daemon/collect/js_json.h"
#include "daemon/core/message_rules.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

using State = ButlerReading::State;

ButlerConfig config_for(const std::string& file) {
  ButlerConfig config;
  config.config_file = file;
  return config;
}

ButlerReading interpreted(const std::string& text) {
  const YamlLayer layer{.file = "p.yaml", .text = text};
  return interpret(std::span(&layer, 1), config_for("p.yaml"));
}

ButlerReading with_switch(const std::string& value) {
  return interpreted("Butler:\n  anonTelemetry: " + value + "\n  configQRS: {host: h}\n");
}

std::string api_of(const std::string& api) {
  return compact_json(
      interpreted("Butler: {restServerEndpointsEnable: " + api + "}").enabled_features["api"]);
}

std::string everything(const ButlerReading& reading) {
  std::string text = reading.why + reading.qrs_host + compact_json(reading.enabled_features) +
                     reading.version + reading.node_version;
  for (const auto* list : {&reading.withheld, &reading.files, &reading.warnings}) {
    for (const auto& line : *list) {
      text += "\n" + line;
    }
  }
  return text;
}

TEST(ButlerSwitch, IsOnWhenAbsentOrTrue) {
  EXPECT_EQ(interpreted("Butler: {logLevel: info}").state, State::on);
  EXPECT_EQ(with_switch("true").state, State::on);
  EXPECT_EQ(with_switch("TRUE").state, State::on);
  EXPECT_EQ(with_switch("!!bool 'true'").state, State::on);
  EXPECT_EQ(with_switch("true").why, "");
}

TEST(ButlerSwitch, IsOffForAnythingElse) {
  for (const char* value : {"false", "'true'", "1", "yes", "on", "null", "", "[true]", "{a: 1}"}) {
    EXPECT_EQ(with_switch(value).state, State::off) << value;
  }
  EXPECT_EQ(with_switch("false").why, "p.yaml:2: Butler.anonTelemetry is false");
  EXPECT_EQ(with_switch("sekret").why, "p.yaml:2: Butler.anonTelemetry is not true");
}

TEST(ButlerSwitch, IsUnknownWhereTheFileCannotBeUnderstood) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "p.yaml: is empty"},
      {"# only a comment\n", "p.yaml: is empty"},
      {"Butler:\n", "p.yaml: has no 'Butler' map"},
      {"Butler: [1]\n", "p.yaml: has no 'Butler' map"},
      {"butler: {anonTelemetry: true}\n", "p.yaml: has no 'Butler' map"},
      {"- Butler\n", "p.yaml: is not a map of settings"},
      {"But", "p.yaml: is not a map of settings"},
      {"Butler:\n  a: 1\n  a: 2\n", "p.yaml: line 3: the key 'a' is there twice"},
      {"Butler: {a: 1}\n---\nButler: {a: 1}\n",
       "p.yaml: line 2: a second document starts; one is allowed"},
  };
  for (const auto& [text, why] : cases) {
    const auto reading = interpreted(text);
    EXPECT_EQ(reading.state, State::unknown) << text;
    EXPECT_EQ(reading.why, why);
    EXPECT_TRUE(reading.enabled_features.is_null());
  }
  EXPECT_EQ(interpreted("Butler: {a: [1, 2").state, State::unknown) << "half-written";
  EXPECT_EQ(interpreted("Butler:\n  text: \"half").state, State::unknown) << "half-written";
}

TEST(ButlerFeatures, AreReadForPreviewAlsoWhenOff) {
  const auto reading = interpreted("Butler: {anonTelemetry: false, heartbeat: {enable: true}}");
  EXPECT_EQ(reading.enabled_features["feature"]["heartbeat"], true);
}

TEST(ButlerFeatures, TextThatIsNoFlagIsOmittedWithItsKey) {
  const auto reading = interpreted(
      "Butler:\n  heartbeat: {enable: sekret}\n  scheduler: {enable: YES}\n"
      "  mqttConfig: {enable: .inf}\n  emailNotification: {enable: [1]}\n"
      "  slackNotification: {enable: null}\n  teamsNotification: null\n");
  const auto& features = reading.enabled_features["feature"];
  EXPECT_FALSE(features.contains("heartbeat"));
  EXPECT_EQ(features["scheduler"], "YES");
  EXPECT_FALSE(features.contains("mqtt"));
  EXPECT_FALSE(features.contains("emailNotification"));
  EXPECT_TRUE(features["slackNotification"].is_null());
  EXPECT_EQ(features["teamsNotification"], false);
  const std::vector<std::string> withheld = {
      "Butler.heartbeat.enable", "Butler.emailNotification.enable", "Butler.mqttConfig.enable"};
  EXPECT_EQ(reading.withheld, withheld);
  EXPECT_EQ(reading.warnings.at(1),
            "p.yaml:2: Butler.heartbeat.enable is withheld: text other than "
            "yes/no/on/off/true/false");
}

TEST(ButlerFeatures, TheTableHasEveryFlagOfBothVersions) {
  std::size_t flags_5_1 = 0;
  for (const auto& row : feature_table) {
    flags_5_1 += row.key_5_1.empty() ? 0 : 1;
    EXPECT_FALSE(row.key_7_3.empty()) << row.flag;
  }
  const auto is_known = [](const FeatureRow& row) {
    return std::ranges::count(feature_names(), row.flag) == 1;
  };
  EXPECT_TRUE(std::ranges::all_of(feature_table, is_known)) << "to the message check";
  EXPECT_EQ(flags_5_1, 19U);
  EXPECT_EQ(feature_table.size(), 24U);
}

TEST(ButlerApi, LetsFlagsThroughAndNothingElse) {
  EXPECT_EQ(api_of("{z: true, a: NO, n: null, half: 0.5, one: 1.0, big: 1e21, deep: {x: Off}}"),
            R"({"z":true,"a":"NO","n":null,"half":0.5,"one":1,"big":1e+21,"deep":{"x":"Off"}})");
  EXPECT_EQ(api_of("{t: text, l: [true], inf: .inf, nan: .nan, huge: 1e999, d: 2001-01-01}"), "{}");
  EXPECT_EQ(api_of("{na\u00efve: true, 1st: true, _x: true, a-b: true, a.b: true, '': true}"),
            "{}");
  EXPECT_EQ(api_of("{" + std::string(64, 'a') + ": 1, " + std::string(65, 'b') + ": 1}"),
            "{\"" + std::string(64, 'a') + "\":1}");
  EXPECT_EQ(api_of("sekret"), "{}");
  EXPECT_EQ(api_of("null"), "{}");
  EXPECT_EQ(compact_json(interpreted("Butler: {x: 1}").enabled_features["api"]), "{}");
}

TEST(ButlerApi, CountsAndNamesWhatIsWithheld) {
  const auto reading = interpreted(
      "Butler:\n  restServerEndpointsEnable:\n    note: runs on sekret\n    ok: true\n"
      "    in:\n      servers: [sekret]\n    \"a\\nb\": true\n");
  const std::vector<std::string> withheld = {"Butler.restServerEndpointsEnable.note",
                                             "Butler.restServerEndpointsEnable.in.servers",
                                             "Butler.restServerEndpointsEnable.a?b"};
  EXPECT_EQ(reading.withheld, withheld);
  EXPECT_EQ(reading.warnings.size(), withheld.size() + 1) << "and the missing host";
  EXPECT_EQ(everything(reading).find("sekret"), std::string::npos);
}

TEST(ButlerApi, IsBoundedInDepthAndNumber) {
  std::string deep = "true";
  std::string wide = "{";
  for (int i = 0; i < 12; ++i) {
    deep = "{d: " + deep + "}";
  }
  for (int i = 0; i < 5000; ++i) {
    wide += "n" + std::to_string(i) + ": true, ";
  }
  EXPECT_EQ(api_of(deep), R"({"d":{"d":{"d":{"d":{"d":{"d":{"d":{}}}}}}}})");
  const auto reading = interpreted("Butler: {restServerEndpointsEnable: " + wide + "}}");
  EXPECT_EQ(reading.enabled_features["api"].size(), 256U);
  EXPECT_EQ(reading.withheld.size(), 1U);
}

TEST(ButlerHost, IsTakenAsButlerWouldJoinIt) {
  EXPECT_EQ(interpreted("Butler: {configQRS: {host: ' Sense.Example '}}").qrs_host,
            " Sense.Example ");
  EXPECT_EQ(interpreted("Butler: {configQRS: {host: 10.20.30.40}}").qrs_host, "10.20.30.40");
  EXPECT_EQ(interpreted("Butler: {configQRS: {host: 42}}").qrs_host, "42");
  const auto without = interpreted("Butler: {configQRS: {port: 4242}}");
  EXPECT_EQ(without.qrs_host, "");
  EXPECT_EQ(without.warnings.at(0),
            "p.yaml: Butler.configQRS.host is missing; the instance id is made without it");
}

TEST(ButlerSecrets, NeverReachTheReading) {
  const auto reading = interpreted(
      "Butler:\n  configQRS: {host: h, headers: {X-Auth: sekret}}\n"
      "  cert: {clientCertPassphrase: sekret}\n  heartbeat: {enable: true, remoteURL: sekret}\n"
      "  emailNotification: {enable: sekret, smtp: {auth: {user: u, password: sekret}}}\n"
      "  restServerEndpointsEnable: {ok: true, note: sekret}\n  anonTelemetry: sekret\n");
  EXPECT_EQ(everything(reading).find("sekret"), std::string::npos);
  EXPECT_EQ(everything(interpreted("Butler: {p: 'sekret', q: !sekret x}")).find("sekret"),
            std::string::npos);
  EXPECT_EQ(everything(interpreted("Butler: {p: \"sekret\n")).find("sekret"), std::string::npos);
}

TEST(ButlerLayers, AreThoseOfNodeConfig) {
  const std::vector<std::string> files = {"/b/config/default.yaml", "/b/config/production.yaml",
                                          "/b/config/local.yaml",
                                          "/b/config/local-production.yaml"};
  std::vector<std::string> found;
  for (const std::string& file : layer_files("/b/config/production.yaml")) {
    found.push_back(path_of(file).generic_string());
  }
  EXPECT_EQ(found, files);
  const std::vector<std::string> alone = {"default.yaml", "local.yaml", "local-default.yaml"};
  EXPECT_EQ(layer_files("default.yaml"), alone);
}

TEST(ButlerLayers, LaterFilesWinKeyByKey) {
  const Folder folder;
  folder.write("default.yaml",
               "Butler: {anonTelemetry: true, heartbeat: {enable: true}, scheduler: {enable: true},"
               " restServerEndpointsEnable: {b: true, a: true}}");
  const auto file = folder.write(
      "production.yaml",
      "Butler: {heartbeat: {enable: false}, configQRS: {host: a}, restServerEndpointsEnable: {c: 1,"
      " b: false}}");
  const auto config = config_for(file);
  auto reading = read_butler(config);
  EXPECT_EQ(reading.state, State::on);
  EXPECT_EQ(reading.files.size(), 4U);
  EXPECT_EQ(reading.enabled_features["feature"]["heartbeat"], false);
  EXPECT_EQ(reading.enabled_features["feature"]["scheduler"], true);
  EXPECT_EQ(compact_json(reading.enabled_features["api"]), R"({"b":false,"a":true,"c":1})");

  folder.write("local.yaml", "Butler:\n  configQRS: {host: b}\n");
  EXPECT_EQ(read_butler(config).qrs_host, "b");
  const auto local = folder.write("local-production.yaml", "\nButler:\n  anonTelemetry: false\n");
  reading = read_butler(config);
  EXPECT_EQ(reading.state, State::off);
  EXPECT_EQ(reading.why, local + ":3: Butler.anonTelemetry is false");
}

TEST(ButlerLayers, ABrokenOneMakesTheWholeUnknown) {
  const Folder folder;
  const auto file = folder.write("production.yaml", "Butler: {anonTelemetry: true}");
  const auto config = config_for(file);
  EXPECT_EQ(read_butler(config).state, State::on);
  const auto local = folder.write("local.yaml", "");
  EXPECT_EQ(read_butler(config).why, local + ": is empty");
  folder.write("local.yaml", "Butler: null");
  EXPECT_EQ(read_butler(config).why, file + ": has no 'Butler' map");
  std::filesystem::remove(local);
  std::filesystem::create_directory(local);
  EXPECT_EQ(read_butler(config).state, State::unknown);
}

TEST(ButlerFiles, ThatCannotBeReadMakeItUnknown) {
  const Folder folder;
  auto reading = read_butler(config_for(folder / "production.yaml"));
  EXPECT_EQ(reading.state, State::unknown);
  EXPECT_EQ(reading.why, (folder / "production.yaml") + ": No such file or directory");
  EXPECT_EQ(reading.files.size(), 4U) << "watched until it comes";

  EXPECT_EQ(read_butler(config_for(folder / ".")).why, (folder / ".") + ": is not a regular file");

  const auto huge = folder.write("huge.yaml", "Butler: {a: 1}\n" + std::string((4U << 20), '#'));
  EXPECT_EQ(read_butler(config_for(huge)).why, huge + ": is larger than 4194304 bytes");
}

TEST(ButlerFiles, MayBeSavedWithAMarkAndEndLinesAsTheyLike) {
  const Folder folder;
  const std::string text = "# one\r\nButler:\r\n  anonTelemetry: false\r\n";
  std::string utf16 = "\xFF\xFE";
  for (const char c : text) {
    utf16 += {c, '\0'};
  }
  for (const std::string& bytes : {text, "\xEF\xBB\xBF" + text, utf16}) {
    const auto file = folder.write("production.yaml", bytes);
    EXPECT_EQ(read_butler(config_for(file)).why, file + ":3: Butler.anonTelemetry is false");
  }
}

TEST(ButlerFiles, AsLargeAsAllowedAreReadOrRefusedSoon) {
  const Folder folder;
  std::string text = "Butler:\n  anonTelemetry: true\n";
  for (int i = 0; text.size() < (4U << 20) - 20; ++i) {
    text += "  k" + std::to_string(i) + ": 1\n";
  }
  const auto reading = read_butler(config_for(folder.write("production.yaml", text)));
  EXPECT_EQ(reading.state, State::unknown);
  EXPECT_NE(reading.why.find("more than 200000 values"), std::string::npos) << reading.why;
}

TEST(ButlerVersion, ComesFromTheConfigurationOrIsLookedFor) {
  const Folder folder;
  const auto file = folder.write("config/production.yaml", "Butler: {logDirectory: logs}");
  folder.write("logs/butler.2021-03-09.log",
               "2021 info: App version    : 5.0.9\n2021 info: Node version   : v14.16.0\n");
  auto config = config_for(file);
  EXPECT_EQ(read_butler(config).version, "5.0.9");
  EXPECT_EQ(read_butler(config).node_version, "v14.16.0");
  folder.write("package.json", R"({"version":"5.1.0"})");
  EXPECT_EQ(read_butler(config).version, "5.1.0");
  config.version = "7.2.1";
  config.node_version = "v16";
  EXPECT_EQ(read_butler(config).version, "7.2.1");
  EXPECT_EQ(read_butler(config).node_version, "v16");
  config.version = "7.2 1";
  EXPECT_EQ(read_butler(config).version, "unknown");
  EXPECT_EQ(interpreted("Butler: {a: 1}").version, "unknown");
}

}  // namespace
}  // namespace reporterd
