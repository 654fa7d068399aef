// The files that a configuration names: good ones pass, and of a bad one key, file and fault are
// told.
#include "daemon/config_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "daemon/config_values.h"
#include "daemon/path.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_ca.h"

namespace reporterd {
namespace {

using D = DestinationConfig;
using NamedFile = std::pair<const char*, std::string D::*>;

const std::vector<NamedFile> pem_files = {
    {"destination.caFile", &D::ca_file},
    {"destination.clientCertificateFile", &D::client_certificate_file},
    {"destination.clientKeyFile", &D::client_key_file}};
const std::vector<NamedFile> secret_files = {
    {"destination.proxyCredentialsFile", &D::proxy_credentials_file},
    {"destination.functionKeyFile", &D::function_key_file}};

class ConfigFiles : public testing::Test {
 protected:
  void SetUp() override {
    config.destination.ca_file = write("ca.pem", ca.certificate_pem());
    config.destination.client_certificate_file = write("client.pem", client.certificate_pem);
    config.destination.client_key_file = write("client.key", client.key_pem);
    config.destination.proxy_credentials_file = write("proxy", "me:secret\n");
    config.destination.function_key_file = write("key", "0123\r\n");
    config.log.file = folder / "reporterd.log";
  }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_of(folder / name), std::ios::binary) << text;
    return folder / name;
  }

  // "" when nothing is wrong.
  std::string problem() const {
    const auto read = read_named_files(config, consent);
    EXPECT_TRUE(read || read.error().code == ErrorCode::config);
    return read ? "" : read.error().what;
  }

  // What is wrong is told in one line that begins with key and file and ends with the fault.
  void expect_wrong(const std::string& key, const std::string& file,
                    const std::string& fault) const {
    const std::string what = problem();
    EXPECT_EQ(what.find(key + ": " + file + " "), 0U) << what;
    EXPECT_NE(what.find(fault), std::string::npos) << what;
    EXPECT_EQ(std::ranges::count(what, '\n'), 0) << what;
    EXPECT_EQ(what.find("secret"), std::string::npos) << what;
  }

  // The same where each of `files` in turn is named `bad`.
  void expect_each_wrong(const std::vector<NamedFile>& files, const std::string& bad,
                         const std::string& fault) {
    for (const auto& [key, file] : files) {
      const std::string good = std::exchange(config.destination.*file, bad);
      expect_wrong(key, bad, fault);
      config.destination.*file = good;
    }
  }

  TestCa ca;
  Certificate client = ca.issue({"DNS:client"});
  TempFolder folder;
  Config config;
  Consent consent{Decision::on, "", ""};
};

TEST_F(ConfigFiles, GoodOnesAreReadAndTheLogIsNotMade) {
  EXPECT_EQ(problem(), "");
  const auto secrets = read_named_files(config, consent);
  ASSERT_TRUE(secrets);
  EXPECT_EQ(secrets->function_key, "0123");
  EXPECT_EQ(secrets->proxy_credentials, "me:secret");
  EXPECT_FALSE(std::filesystem::exists(config.log.file));
}

TEST_F(ConfigFiles, TheKeyMayStandWithItsCertificate) {
  write("client.pem", client.certificate_pem + client.key_pem);
  config.destination.client_key_file = "";
  EXPECT_EQ(problem(), "");
}

TEST_F(ConfigFiles, AMissingOneIsNamedWithItsKey) {
  expect_each_wrong(pem_files, folder / "missing", "cannot be read: No such file");
}

TEST_F(ConfigFiles, WhatIsNoFileIsNamedWithItsKey) {
  expect_each_wrong(pem_files, folder / "", "is not a regular file");
  expect_each_wrong(secret_files, folder / "", "is not a regular file");
}

TEST_F(ConfigFiles, ASecretInPlaceOfItsFilesNameIsToldNobody) {
  for (const auto& [key, member] : secret_files) {
    std::string& file = config.destination.*member;
    for (const std::string& secret : {std::string("Zm9v"), "Zm9v/YmFy" + std::string(300, '=')}) {
      const std::string good = std::exchange(file, folder / secret);
      EXPECT_TRUE(problem().starts_with(std::string(key) + ": there is no such file ("))
          << problem();
      EXPECT_EQ(problem().find("Zm9v"), std::string::npos) << problem();
      EXPECT_EQ(yaml_without_secrets(config).find(secret), std::string::npos);
      file = good;
    }
    EXPECT_NE(yaml_without_secrets(config).find(in_quotes(file)), std::string::npos);
  }
}

TEST_F(ConfigFiles, WhatIsNoCertificateOrKeyIsSaid) {
  const DestinationConfig& destination = config.destination;
  for (const std::string& text : {std::string(), std::string("secret"), client.key_pem}) {
    write("ca.pem", text);
    expect_wrong("destination.caFile", destination.ca_file, "no certificate in PEM form");
  }
  write("ca.pem", ca.certificate_pem());
  write("client.pem", client.key_pem);
  expect_wrong("destination.clientCertificateFile", destination.client_certificate_file,
               "no certificate in PEM form");
  write("client.pem", client.certificate_pem);
  write("client.key", client.certificate_pem);
  expect_wrong("destination.clientKeyFile", destination.client_key_file, "no private key");
  write("client.key", ca.issue({"DNS:other"}).key_pem);
  expect_wrong("destination.clientKeyFile", destination.client_key_file,
               "the key of another certificate than " + destination.client_certificate_file);
  config.destination.client_key_file = "";
  expect_wrong("destination.clientCertificateFile", destination.client_certificate_file,
               "no private key");
}

TEST_F(ConfigFiles, ASecretIsOneLine) {
  const std::string& file = config.destination.function_key_file;
  write("key", "\n");
  expect_wrong("destination.functionKeyFile", file, "is empty");
  write("key", "secret\nsecret\n");
  expect_wrong("destination.functionKeyFile", file, "exactly one line");
  write("key", std::string(70'000, 'k'));
  expect_wrong("destination.functionKeyFile", file, "too large");
}

TEST_F(ConfigFiles, ASecretMayBeSavedWithAMark) {
  for (const auto& bytes : {std::string("\xEF\xBB\xBF"
                                        "ab\r\n"),
                            std::string("\xFF\xFE"
                                        "a\0b\0\r\0\n\0",
                                        10)}) {
    write("key", bytes);
    EXPECT_EQ(problem(), "");
    EXPECT_EQ(read_secrets(config.destination)->function_key, "ab");
  }
}

TEST_F(ConfigFiles, TheLogsFolderMustBeThereAndTheLogAFile) {
  config.log.file = folder / "logs/deep/reporterd.log";
  expect_wrong("log.file", config.log.file, "there is no folder " + (folder / "logs/deep"));
  EXPECT_FALSE(std::filesystem::exists(folder / "logs"));
  config.log.file = name_of(folder.path());
  expect_wrong("log.file", config.log.file, "is not a regular file");
}

TEST_F(ConfigFiles, OffNeedsNeitherKeyNorLog) {
  config.destination.function_key_file = folder / "missing";
  config.log.file = folder / "missing/log";
  EXPECT_NE(problem(), "");
  consent.decision = Decision::off;
  EXPECT_EQ(problem(), "");
}

}  // namespace
}  // namespace reporterd
