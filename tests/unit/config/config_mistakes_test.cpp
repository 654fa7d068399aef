// Every kind of mistake and the exact line that it gets.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/config.h"

namespace reporterd {
namespace {

std::string mistake_in(const std::string& yaml) {
  const auto config = parse_config(yaml, "r.yaml");
  if (config) {
    return "no error";
  }
  EXPECT_EQ(config.error().code, ErrorCode::config);
  return config.error().what;
}

struct Mistake {
  std::string yaml;
  std::string error;
};

void expect_all(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(mistake_in(mistake.yaml), mistake.error) << mistake.yaml;
  }
}

}  // namespace

TEST(ConfigMistakes, AUrlBeyondAsciiIsRefusedBeforeTheDestinationRefusesIt) {
  for (const char* key : {"url", "proxy"}) {
    const std::string error =
        mistake_in(std::string("destination: {") + key + ": 'http://localhost/ä'}\n");
    EXPECT_TRUE(error.starts_with(std::string("r.yaml:1: destination.") + key +
                                  ": holds a character beyond ASCII; write it as %XX; allowed: "))
        << error;
  }
}

TEST(ConfigMistakes, WhatIsLongIsCutBetweenCharacters) {
  const std::string umlauts = "ääääääääääääääääääääääää";
  EXPECT_EQ(mistake_in("limits: {connections: x" + umlauts + "}\n"),
            "r.yaml:1: limits.connections: \"x" + umlauts.substr(0, 38) +
                "...\" is not a whole number; allowed: a whole number from 1 to 1024");
  const std::string section = "x" + umlauts + umlauts;
  EXPECT_TRUE(
      mistake_in(section + ": 1\n").starts_with("r.yaml:1: " + section.substr(0, 79) + ": "))
      << mistake_in(section + ": 1\n");
}

TEST(ConfigMistakes, AnEscapeThatIsReadAsHalfACharacterIsRefused) {
  const std::string error =
      "the escapes \\N and \\_ are not used here; allowed: plain values, each written out";
  expect_all({{"log:\n  file: \"a\\N.log\"\n", "r.yaml:2: " + error},
              {"{\"\\_\": 1}\n", "r.yaml:1: " + error}});
}

TEST(ConfigMistakes, AValueOfTheWrongKindIsNamedWithItsKey) {
  expect_all({
      {"telemetry:\n  enabled: 'true'\n",
       "r.yaml:2: telemetry.enabled: \"true\" in quotes is text, not a switch; allowed: true or "
       "false, without quotes"},
      {"telemetry:\n  enabled: yes\n",
       "r.yaml:2: telemetry.enabled: \"yes\" is not a switch; allowed: true or false, without "
       "quotes"},
      {"telemetry:\n  enabled:\n  noticePeriod: 1h\n",
       "r.yaml:2: telemetry.enabled: has no value; allowed: true or false, without quotes"},
      {"telemetry:\n  enabled: [true]\n",
       "r.yaml:2: telemetry.enabled: is a list; allowed: true or false, without quotes"},
      {"telemetry:\n  enabled: {a: b}\n",
       "r.yaml:2: telemetry.enabled: is a map; allowed: true or false, without quotes"},
      {"limits: {connections: five}\n",
       "r.yaml:1: limits.connections: \"five\" is not a whole number; allowed: a whole number from "
       "1 to 1024"},
      {"limits: {connections: '5'}\n",
       "r.yaml:1: limits.connections: \"5\" in quotes is text, not a number; allowed: a whole "
       "number from 1 to 1024"},
      {"report: {interval: 12}\n",
       "r.yaml:1: report.interval: \"12\" is not a duration; allowed: 1s to 365d, with the unit "
       "ms, s, m, h or d"},
      {"outbox: {maxBytes: 64MB}\n",
       "r.yaml:1: outbox.maxBytes: \"64MB\" is not a size; allowed: 1MiB to 64GiB, as bytes or "
       "with KiB, MiB, GiB"},
      {"log: {level: verbose}\n",
       "r.yaml:1: log.level: \"verbose\" is not one of the choices; allowed: debug, info, warn or "
       "error"},
      {"log: {file: \"a\\nb\"}",
       "r.yaml:1: log.file: holds a line end or another control character; allowed: the name of a "
       "file, credential:NAME (of systemd), or \"\" for none"},
      {"destination:\n  type: azure-table\n",
       "r.yaml:2: destination.type: \"azure-table\" is not one of the choices; allowed: http"},
  });
}

TEST(ConfigMistakes, AValueOutOfRangeIsNamedWithItsRange) {
  expect_all({
      {"limits:\n  connections: 0\n",
       "r.yaml:2: limits.connections: 0 is out of range; allowed: a whole number from 1 to 1024"},
      {"report: {interval: 1ms}\n",
       "r.yaml:1: report.interval: \"1ms\" is out of range; allowed: 1s to 365d, with the unit ms, "
       "s, m, h or d"},
      {"history:\n  keep: 5000d\n",
       "r.yaml:2: history.keep: \"5000d\" is out of range; allowed: 0s to 3650d, with the unit ms, "
       "s, m, h or d"},
      {"outbox:\n  maxBytes: 1024\n",
       "r.yaml:2: outbox.maxBytes: \"1024\" is out of range; allowed: 1MiB to 64GiB, as bytes or "
       "with KiB, MiB, GiB"},
  });
}

TEST(ConfigMistakes, TextThatMayBeASecretIsNotRepeated) {
  expect_all({
      {"destination:\n  url: http://example.com/?code=abc\n",
       "r.yaml:2: destination.url: would send unencrypted to another machine; allowed: \"\", "
       "https://HOST[:PORT]/PATH, or http:// to this machine (localhost, 127.x.x.x, [::1])"},
      {"destination:\n  url: https://u:abc@example.com/\n",
       "r.yaml:2: destination.url: holds a user name; allowed: \"\", https://HOST[:PORT]/PATH, or "
       "http:// to this machine (localhost, 127.x.x.x, [::1])"},
      {"destination:\n  proxy: http://u:abc@h\n",
       "r.yaml:2: destination.proxy: holds a user name; it belongs into "
       "destination.proxyCredentialsFile; allowed: \"\", or http://, https://, socks5:// or "
       "socks5h:// with HOST[:PORT]"},
  });
}

TEST(ConfigMistakes, AnUnknownKeyComesWithTheNearestKnownOne) {
  expect_all({
      {"telemetry:\n  notice_period: 1h\n",
       "r.yaml:2: telemetry.notice_period: is not a known key; did you mean noticePeriod?; "
       "allowed: enabled, followButler or noticePeriod"},
      {"telemetry:\n  enabeld: true\n",
       "r.yaml:2: telemetry.enabeld: is not a known key; did you mean enabled?; allowed: enabled, "
       "followButler or noticePeriod"},
      {"telemetry:\n  colour: red\n",
       "r.yaml:2: telemetry.colour: is not a known key; allowed: enabled, followButler or "
       "noticePeriod"},
      {"telemtry:\n  enabled: true\n",
       "r.yaml:1: telemtry: is not a known key; did you mean telemetry?; allowed: telemetry, "
       "butlers, report, destination, retry, outbox, history, limits or log"},
      {"url: https://a/\n",
       "r.yaml:1: url: is not a section; did you mean destination.url?; allowed: telemetry, "
       "butlers, report, destination, retry, outbox, history, limits or log"},
      {"butlers:\n  - config_file: a\n",
       "r.yaml:2: butlers[0].config_file: is not a known key; did you mean configFile?; allowed: "
       "configFile, version, nodeVersion or featureSet"},
      {"<<: 1\n",
       "r.yaml:1: <<: is not a known key; allowed: telemetry, butlers, report, destination, retry, "
       "outbox, history, limits or log"},
      {"\"a\\nb\": 1",
       "r.yaml:1: a?b: is not a known key; allowed: telemetry, butlers, report, destination, "
       "retry, outbox, history, limits or log"},
      {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyyy: 1",
       "r.yaml:1: "
       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: is not a "
       "known key; allowed: telemetry, butlers, report, destination, retry, outbox, history, "
       "limits or log"},
  });
}

TEST(ConfigMistakes, TheShapeOfTheFileIsChecked) {
  expect_all({
      {"- telemetry\n",
       "r.yaml:1: the file is a list, not a map; allowed: a map of sections: telemetry, butlers, "
       "report, destination, retry, outbox, history, limits or log"},
      {"hello\n",
       "r.yaml:1: the file is a single value, not a map; allowed: a map of sections: telemetry, "
       "butlers, report, destination, retry, outbox, history, limits or log"},
      {"telemetry: on\n",
       "r.yaml:1: telemetry: is a single value, not a map of keys; allowed: enabled, followButler "
       "or noticePeriod"},
      {"telemetry: [on]\n",
       "r.yaml:1: telemetry: is a list, not a map of keys; allowed: enabled, followButler or "
       "noticePeriod"},
  });
}

TEST(ConfigMistakes, AButlerNeedsAFileOfItsOwn) {
  expect_all({
      {"butlers: {configFile: a}\n",
       "r.yaml:1: butlers: is a map; allowed: a list with one map for each Butler on this machine"},
      {"butlers:\n  - a\n",
       "r.yaml:2: butlers[0]: is a single value, not a map of keys; allowed: configFile, version, "
       "nodeVersion or featureSet"},
      {"butlers:\n  - version: auto\n",
       "r.yaml:2: butlers[0].configFile: is missing; allowed: the name of that Butler's "
       "configuration file"},
      {"butlers:\n  -\n",
       "r.yaml:2: butlers[0].configFile: is missing; allowed: the name of that Butler's "
       "configuration file"},
      {"butlers:\n  - version: auto\n    configFile: \"\"\n",
       "r.yaml:3: butlers[0].configFile: is empty; allowed: the name of that Butler's "
       "configuration file"},
      {"butlers:\n  - version: auto\n    configFile:\n",
       "r.yaml:3: butlers[0].configFile: has no value; allowed: the name of that Butler's "
       "configuration file"},
      {"butlers:\n  - configFile: a\n  - version: auto\n    configFile: a\n",
       "r.yaml:4: butlers[1].configFile: is the file of another entry; allowed: each Butler once"},
      {"butlers:\n  - configFile: a\n  - configFile: b\n    featureSet: 6.0\n",
       "r.yaml:4: butlers[1].featureSet: \"6.0\" is not one of the choices; allowed: 5.1 or 7.3"},
      {"butlers:\n  - configFile: a\n    version: 'a b'\n",
       "r.yaml:3: butlers[0].version: is not a version; allowed: auto, or 1 to 64 of A-Z a-z 0-9 . "
       "+ - _"},
  });
}

TEST(ConfigMistakes, ValuesThatExcludeEachOtherAreBlamedOnAKeyThatIsSet) {
  expect_all({
      {"retry:\n  cap: 1s\n",
       "r.yaml:2: retry.cap: retry.cap is shorter than retry.base; allowed: a cap of at least the "
       "base"},
      {"retry:\n  base: 7h\n",
       "r.yaml:2: retry.base: retry.cap is shorter than retry.base; allowed: a cap of at least the "
       "base"},
      {"retry:\n  cap: 60s\n  messageBase: 61s\n",
       "r.yaml:2: retry.cap: retry.cap is shorter than retry.messageBase; allowed: a cap of at "
       "least the base"},
      {"destination:\n  body: data\n  batch: 10\n",
       "r.yaml:3: destination.batch: batches need the body form envelope: the form data carries no "
       "ts; allowed: batch: 1, or body: envelope"},
      {"destination:\n  clientKeyFile: a\n",
       "r.yaml:2: destination.clientKeyFile: a client key without a client certificate; allowed: "
       "both, or the certificate file alone when it holds the key as well"},
      {"destination:\n  proxyCredentialsFile: a\n",
       "r.yaml:2: destination.proxyCredentialsFile: credentials without a proxy; allowed: with "
       "destination.proxy only"},
      {"limits: {lineBytes: 32KiB}\n",
       "r.yaml:1: limits.lineBytes: outbox.maxMessageBytes is larger than limits.lineBytes, so "
       "such a message could not come in; allowed: a message that fits into a line"},
      {"outbox: {maxMessageBytes: 512KiB}\n",
       "r.yaml:1: outbox.maxMessageBytes: outbox.maxMessageBytes is larger than limits.lineBytes, "
       "so such a message could not come in; allowed: a message that fits into a line"},
      {"outbox:\n  maxMessageBytes: 256KiB\n  maxBytes: 1MiB\n", "no error"},
      {"outbox:\n  maxMessageBytes: 257KiB\n  maxBytes: 1MiB\nlimits: {lineBytes: 1MiB}\n",
       "r.yaml:3: outbox.maxBytes: outbox.maxBytes holds less than four messages of "
       "outbox.maxMessageBytes; allowed: room for four messages of full size"},
  });
}

TEST(ConfigMistakes, WhatYamlOffersBeyondPlainValuesIsRefused) {
  expect_all({
      {"retry:\n  base: 1s\n  base: 2s\n",
       "r.yaml:3: retry.base: is there twice; allowed: each key once"},
      {"retry:\n  base: 1s\nretry:\n  cap: 2s\n",
       "r.yaml:3: retry: is there twice; allowed: each key once"},
      {"retry: {}\n---\nretry: {}\n",
       "r.yaml:3: a second YAML document starts here; allowed: one document"},
      {"retry: &a {}\n",
       "r.yaml:1: anchors (&name) are not used here; allowed: plain values, each written out"},
      {"retry: {}\nlog: *a\n",
       "r.yaml:2: the referenced anchor is not defined; allowed: one YAML map of sections, as in "
       "docs/reporterd.yaml"},
      {"retry: !!map {}\n",
       "r.yaml:1: tags (!name) are not used here; allowed: plain values, each written out"},
      {"log: {file: !secret a}\n",
       "r.yaml:1: tags (!name) are not used here; allowed: plain values, each written out"},
      {"? [a]\n: b\n",
       "r.yaml:1: a list or map cannot be a key; allowed: plain values, each written out"},
      {": b\n",
       "r.yaml:1: a key is missing before the colon; allowed: plain values, each written out"},
      {"a: [[[[[[[[1]]]]]]]]",
       "r.yaml:1: nested too deeply; allowed: plain values, each written out"},
  });
}

TEST(ConfigMistakes, BrokenTextIsRefusedWithItsLine) {
  expect_all({
      {"retry:\n\tbase: 1s\n",
       "r.yaml:2: illegal map value; allowed: one YAML map of sections, as in docs/reporterd.yaml"},
      {"retry:\n  base: 1s\n cap: 1s\n",
       "r.yaml:3: end of map not found; allowed: one YAML map of sections, as in "
       "docs/reporterd.yaml"},
      {"retry: {base: 1s\n",
       "r.yaml:2: end of map flow not found; allowed: one YAML map of sections, as in "
       "docs/reporterd.yaml"},
  });
}

TEST(ConfigMistakes, WhatIsNoTextIsRefused) {
  expect_all({
      {"a: 1\nb: \xFF\n",
       "r.yaml:1: the file is not UTF-8; allowed: text saved as UTF-8, or as UTF-16 with its mark"},
      {"\xFF\xFEr\x01\x3D\xD8",
       "r.yaml:1: the file is not UTF-8; allowed: text saved as UTF-8, or as UTF-16 with its mark"},
      {"a: 1\nb: \x04\n",
       "r.yaml:2: a control character stands in the text; allowed: printable text, tabs and line "
       "ends"},
      {std::string("a\0b", 3),
       "r.yaml:1: a control character stands in the text; allowed: printable text, tabs and line "
       "ends"},
  });
}

TEST(ConfigMistakes, TooManyButlersAreRefused) {
  std::string yaml = "butlers:\n";
  for (int i = 0; i < 65; ++i) {
    yaml += "  - configFile: butler" + std::to_string(i) + ".yaml\n";
  }
  EXPECT_EQ(mistake_in(yaml), "r.yaml:1: butlers: has 65 entries; allowed: at most 64");
}

// The classic bomb: 10^9 strings in a few lines. The first anchor ends it.
TEST(ConfigMistakes, AnAliasBombIsRefusedAtItsFirstAnchor) {
  EXPECT_EQ(mistake_in("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"),
            "r.yaml:1: anchors (&name) are not used here; allowed: plain values, each written out");
}

TEST(ConfigMistakes, HostileTextEndsInAnErrorNotInACrash) {
  for (const char c : {'[', '{', '-', '?', ':', '"', '|', '>', '&', '!'}) {
    EXPECT_NE(mistake_in(std::string(100'000, c)), "no error") << c;
  }
}

TEST(ConfigMistakes, ManyKeysAreRefusedBeforeTheyCostTime) {
  std::string yaml;
  for (int i = 0; i < 90'000; ++i) {
    yaml += "k" + std::to_string(i) + ": 1\n";
  }
  EXPECT_EQ(mistake_in(yaml), "r.yaml:1001: too many entries; allowed: at most 1000");
}

// Neither end of the file's name nor a value can start a second line in a log.
TEST(ConfigMistakes, AnErrorIsOneLine) {
  const auto config = parse_config("log: {level: \"a\\nb\"}", "r\n.yaml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().what,
            "r?.yaml:1: log.level: \"a\\x0ab\" is not one of the choices; allowed: debug, info, "
            "warn or error");
}

}  // namespace reporterd
