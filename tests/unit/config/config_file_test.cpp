// What a good file gives: the sample, an empty file, a written one, file names.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/config.h"
#include "daemon/config_keys.h"

namespace reporterd {
namespace {

std::string read_sample() {
  std::ifstream stream(SOURCE_DIR "/docs/reporterd.yaml");
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// The sample with its commented-out list of Butlers in place of the empty one.
std::string sample_with_butler() {
  std::istringstream lines(read_sample());
  std::string out;
  bool in_list = false;
  for (std::string line; std::getline(lines, line);) {
    in_list = (in_list && line.starts_with("#")) || line == "# butlers:";
    if (line != "butlers: []") {
      out += (in_list ? line.substr(2) : line) + "\n";
    }
  }
  return out;
}

Config everything_changed() {
  Config c;
  c.telemetry = {.enabled = false, .follow_butler = false, .notice_period = Millis(1)};
  c.butlers = {{"/opt/b 1/c.yaml", "5.1.0", "v14.16.0", "7.3"}, {"/b\"2\\.yaml"}};
  c.report = {.interval = Millis(1001), .start_spread = Millis(0)};
  c.destination = {.type = "http",
                   .url = "https://example.com/api?a=b",
                   .body = BodyForm::envelope,
                   .batch = 100,
                   .in_flight = 3,
                   .connect_timeout = Millis(2),
                   .timeout = Millis(61'000),
                   .ca_file = "/a",
                   .client_certificate_file = "/b",
                   .client_key_file = "/c",
                   .proxy = "socks5h://proxy:1080",
                   .proxy_credentials_file = "/d",
                   .no_proxy = "*.sense.example, örebro",
                   .function_key_file = "/e"};
  c.retry = {.base = Millis(100),
             .cap = Millis(999),
             .message_base = Millis(10),
             .failures_to_back_off = 1,
             .network_back_within = Millis(0),
             .retry_after_max = std::chrono::hours(48),
             .spread_retry_after = false};
  c.outbox = {.max_bytes = 1U << 20, .max_age = Millis(1000), .max_message_bytes = 1025};
  c.history = {.keep = Millis(0), .max_bytes = 0};
  c.limits = {.line_bytes = 4096,
              .connections = 1,
              .unanswered = 1,
              .response_bytes = 1U << 30 >> 4,
              .key_bytes = 1U << 30};
  c.log = {.level = LogLevel::error, .file = "/l", .max_bytes = 65536, .files = 1};
  return c;
}

// Removes its file at the end of a test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_(testing::TempDir() + "/reporterd-" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml") {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST(ConfigFile, TheSampleIsTheDefault) {
  const auto config = parse_config(read_sample(), "docs/reporterd.yaml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(*config, Config());
}

TEST(ConfigFile, TheSampleShowsEveryKeyOfTheTable) {
  const std::string sample = read_sample();
  for (const auto& key : config_keys()) {
    EXPECT_NE(sample.find("\n  " + key.name + ": "), std::string::npos)
        << key.section << "." << key.name;
  }
  for (const auto& key : butler_keys()) {
    EXPECT_NE(sample.find(key.name + ": "), std::string::npos) << "butlers[]." << key.name;
  }
}

TEST(ConfigFile, TheSamplesButlerIsAnEntryWithTheDefaults) {
  const auto config = parse_config(sample_with_butler(), "/etc/reporterd/reporterd.yaml");
  ASSERT_TRUE(config) << config.error().what;
  Config expected;
  expected.butlers = {{.config_file = "/opt/butler/config/production.yaml"}};
  EXPECT_EQ(*config, expected);
}

TEST(ConfigFile, AFileWithNothingInItIsTheDefault) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "---\n...\n", "\xEF\xBB\xBF", "~",
                           "telemetry:\nbutlers:\nretry: # base: 1s\n", "{}"}) {
    const auto config = parse_config(text, "c.yaml");
    ASSERT_TRUE(config) << text << config.error().what;
    EXPECT_EQ(*config, Config()) << text;
  }
}

TEST(ConfigFile, WhatIsWrittenIsReadBack) {
  for (const Config& config : {Config(), everything_changed()}) {
    const auto again = parse_config(to_yaml(config), "c.yaml");
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, config) << to_yaml(config);
  }
}

// A key that is missing in the table would neither be read nor written: the round trip of
// everything_changed() would fail. This holds everything_changed() to its name.
TEST(ConfigFile, TheRoundTripChangesEveryKeyButTheOnesWithOneChoice) {
  const Config changed = everything_changed();
  for (const auto& key : config_keys()) {
    if (key.name == "type" || key.name == "body") {
      continue;  // the body form data excludes batches; it has its own test
    }
    EXPECT_NE(key.write(changed), key.write(Config())) << key.section << "." << key.name;
  }
  for (const auto& key : butler_keys()) {
    EXPECT_NE(key.write(changed.butlers[0]), key.write(ButlerConfig())) << key.name;
  }
}

TEST(ConfigFile, TheLegacyBodyFormIsRead) {
  const auto config = parse_config("destination: {body: data}", "c.yaml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->destination.body, BodyForm::data);
}

TEST(ConfigFile, RelativeFileNamesStartAtTheFolderOfTheFile) {
  const auto config = parse_config(
      "butlers:\n  - configFile: ../butler/c.yaml\n"
      "destination:\n  caFile: ca.pem\n  clientCertificateFile: /abs/cert.pem\n",
      "/etc/reporterd/reporterd.yaml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->butlers[0].config_file, "/etc/reporterd/../butler/c.yaml");
  EXPECT_EQ(config->destination.ca_file, "/etc/reporterd/ca.pem");
  EXPECT_EQ(config->destination.client_certificate_file, "/abs/cert.pem");
}

TEST(ConfigFile, ACredentialIsTheFileThatTheServiceManagerHands) {
  const std::string text = "destination: {functionKeyFile: \"credential:the-key\"}";
  const auto outside = parse_config(text, "c.yaml");
  setenv("CREDENTIALS_DIRECTORY", "/run/credentials/another.service", 1);
  const auto inside = parse_config(text, "c.yaml");
  unsetenv("CREDENTIALS_DIRECTORY");
  ASSERT_TRUE(outside && inside);
  EXPECT_EQ(outside->destination.function_key_file, "/run/credentials/reporterd.service/the-key");
  EXPECT_EQ(inside->destination.function_key_file, "/run/credentials/another.service/the-key");
}

TEST(ConfigFile, ACredentialIsNamedPlainly) {
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "a b", "\xC3\xA9"}) {
    const auto config =
        parse_config(std::string("destination: {caFile: \"credential:") + name + "\"}", "c.yaml");
    ASSERT_FALSE(config) << name;
    EXPECT_NE(config.error().what.find("c.yaml:1: destination.caFile: names no credential"),
              std::string::npos)
        << config.error().what;
  }
}

TEST(ConfigFile, AFileNamedRelativelyStillGivesAbsoluteNames) {
  const auto config = parse_config("log: {file: reporterd.log}", "sub/c.yaml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->log.file, std::filesystem::current_path().string() + "/sub/reporterd.log");
}

TEST(ConfigFile, ItIsReadFromDisk) {
  const TemporaryFile file("report: {interval: 90s}\n");
  const auto config = load_config(file.path());
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->report.interval, std::chrono::seconds(90));
}

TEST(ConfigFile, AFileThatCannotBeReadIsNamed) {
  const auto missing = load_config("/nonexistent/c.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::config);
  EXPECT_EQ(missing.error().what,
            "/nonexistent/c.yaml: cannot be read: No such file or directory; "
            "allowed: a readable file of at most 1MiB");
  const auto folder = load_config("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().what,
            "/: cannot be read: not a regular file; allowed: a readable file of at most 1MiB");
}

TEST(ConfigFile, AFileOverTheLimitIsRefused) {
  const TemporaryFile file(std::string((1U << 20) + 1, '#'));
  const auto config = load_config(file.path());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().what, file.path() + ":1: the file is too large; allowed: at most 1MiB");
}

}  // namespace reporterd
