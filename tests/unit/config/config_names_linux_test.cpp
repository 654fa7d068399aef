// Names of files in the configuration, as Linux writes them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "daemon/config.h"

namespace reporterd {

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

}  // namespace reporterd
