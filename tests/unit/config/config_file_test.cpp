// What a good file gives: the sample, an empty file, a written one, file names.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/config.h"
#include "daemon/config_keys.h"
#include "daemon/path.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

std::string read_sample() {
  std::ifstream stream(path_of(SOURCE_DIR "/docs/reporterd.yaml"));
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

// A name that is absolute, on the drive of this folder where there are drives.
std::string absolute(const std::string& name) {
  return name_of(std::filesystem::current_path().root_name()) + name;
}

Config everything_changed() {
  Config c;
  c.telemetry = {.enabled = false, .follow_butler = false, .notice_period = Millis(1)};
  c.butlers = {{absolute("/opt/b 1/c.yaml"), "5.1.0", "v14.16.0", "7.3"},
               {absolute("/b\"2\\.yaml")}};
  c.report = {.interval = Millis(1001), .start_spread = Millis(0)};
  c.destination = {.type = "http",
                   .url = "https://example.com/api?a=b",
                   .body = BodyForm::envelope,
                   .batch = 100,
                   .in_flight = 3,
                   .connect_timeout = Millis(2),
                   .timeout = Millis(61'000),
                   .ca_file = absolute("/a"),
                   .client_certificate_file = absolute("/b"),
                   .client_key_file = absolute("/c"),
                   .proxy = "socks5h://proxy:1080",
                   .proxy_credentials_file = absolute("/d"),
                   .no_proxy = "*.sense.example, örebro",
                   .function_key_file = absolute("/e")};
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
  c.log = {.level = LogLevel::error, .file = absolute("/l"), .max_bytes = 65536, .files = 1};
  return c;
}

std::string write(const std::string& file, std::string_view bytes) {
  std::ofstream(path_of(file), std::ios::binary) << bytes;
  return file;
}

// The text, which is ASCII, as UTF-16 with its mark; `high`: where the higher byte stands.
std::string in_utf16(std::string_view text, std::size_t high) {
  std::string bytes = high == 0 ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : text) {
    bytes += high == 0 ? std::string{'\0', c} : std::string{c, '\0'};
  }
  return bytes;
}

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
  expected.butlers = {{.config_file = absolute("/opt/butler/config/production.yaml")}};
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

TEST(ConfigFile, ItIsReadFromDisk) {
  const TempFolder folder;
  const std::string file = write(folder / "\xC3\xB6.yaml", "report: {interval: 90s}\n");
  const auto config = load_config(file);
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->report.interval, std::chrono::seconds(90));
}

TEST(ConfigFile, EditorsMayMarkItAndEndLinesAsTheyLike) {
  const TempFolder folder;
  const std::string good = "# one\r\nreport:\r\n  interval: 90s\r\n";
  const std::string bad = "# one\r\nreport:\r\n  interval: never\r\n";
  const auto as = {+[](const std::string& text) { return text; },
                   +[](const std::string& text) { return "\xEF\xBB\xBF" + text; },
                   +[](const std::string& text) { return in_utf16(text, 1); },
                   +[](const std::string& text) { return in_utf16(text, 0); }};
  for (const auto saved : as) {
    const auto config = load_config(write(folder / "c.yaml", saved(good)));
    ASSERT_TRUE(config) << config.error().what;
    EXPECT_EQ(config->report.interval, std::chrono::seconds(90));
    const auto wrong = load_config(write(folder / "c.yaml", saved(bad)));
    ASSERT_FALSE(wrong);
    EXPECT_TRUE(wrong.error().what.starts_with((folder / "c.yaml") + ":3: report.interval: "))
        << wrong.error().what;
  }
}

TEST(ConfigFile, AFileOverTheLimitIsRefused) {
  const TempFolder folder;
  const std::string file = write(folder / "c.yaml", std::string((1U << 20) + 1, '#'));
  const auto config = load_config(file);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().what, file + ":1: the file is too large; allowed: at most 1MiB");
}

}  // namespace reporterd
