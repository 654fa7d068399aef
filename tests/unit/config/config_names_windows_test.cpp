// Names of files in the configuration, as Windows writes them.
#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/config.h"
#include "daemon/config_files.h"
#include "daemon/path.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

constexpr const char* file = "C:\\ProgramData\\reporterd\\reporterd.yaml";

std::string ca_file(const std::string& written) {
  const auto config = parse_config("destination: {caFile: " + written + "}", file);
  return config ? config->destination.ca_file : config.error().what;
}

TEST(ConfigNames, RelativeOnesStartAtTheFolderOfTheFile) {
  EXPECT_EQ(ca_file("ca.pem"), "C:\\ProgramData\\reporterd\\ca.pem");
  EXPECT_EQ(ca_file("..\\butler\\ca.pem"), "C:\\ProgramData\\reporterd\\..\\butler\\ca.pem");
  EXPECT_EQ(ca_file("sub/ca.pem"), "C:\\ProgramData\\reporterd\\sub/ca.pem");
}

TEST(ConfigNames, WithADriveOrAServerStayAsTheyAre) {
  EXPECT_EQ(ca_file("'D:\\Butler\\ca.pem'"), "D:\\Butler\\ca.pem");
  EXPECT_EQ(ca_file("D:/Butler/ca.pem"), "D:/Butler/ca.pem");
  EXPECT_EQ(ca_file("\\\\server\\share\\ca.pem"), "\\\\server\\share\\ca.pem");
  EXPECT_EQ(ca_file("'\\\\?\\D:\\Butler\\ca.pem'"), "\\\\?\\D:\\Butler\\ca.pem");
}

TEST(ConfigNames, OfAFileOnAServerStartAtItsFolder) {
  const auto config = parse_config("destination: {caFile: ca.pem}", "\\\\server\\share\\c.yaml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->destination.ca_file, "\\\\server\\share\\ca.pem");
}

TEST(ConfigNames, WithoutADriveAreOnThatOfTheFile) {
  EXPECT_EQ(ca_file("\\Butler\\ca.pem"), "C:\\Butler\\ca.pem");
}

TEST(ConfigNames, OfTheOutboxHaveOneKindOfSeparators) {
  EXPECT_EQ(outbox_file("C:\\ProgramData\\reporterd\\state"),
            "C:\\ProgramData\\reporterd\\state\\outbox.db");
  EXPECT_EQ(outbox_file("\\\\server\\share\\state\\"), "\\\\server\\share\\state\\outbox.db");
}

TEST(ConfigNames, MayHaveAnyLetter) {
  EXPECT_EQ(ca_file("\"\xC3\xA4\xE2\x82\xAC.pem\""),
            "C:\\ProgramData\\reporterd\\\xC3\xA4\xE2\x82\xAC.pem");
}

TEST(ConfigNames, AFileNamedRelativelyStillGivesAbsoluteNames) {
  const auto config = parse_config("log: {file: reporterd.log}", "sub\\c.yaml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->log.file, name_of(std::filesystem::current_path()) + "\\sub\\reporterd.log");
}

TEST(ConfigNames, ACredentialOfSystemdsIsRefusedWithAReason) {
  EXPECT_EQ(ca_file("credential:ca").find("is a credential of systemd's, which Windows has not"),
            std::string(file).size() + std::string(":1: destination.caFile: ").size());
}

TEST(ConfigNames, AFileThatCannotBeReadIsNamed) {
  const TempFolder folder;
  const auto missing = load_config(folder / "missing.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, (folder / "missing.yaml") +
                                      ": cannot be read: No such file or directory; allowed: a "
                                      "readable file of at most 1MiB");
  const auto of_folder = load_config(name_of(folder.path()));
  ASSERT_FALSE(of_folder);
  EXPECT_EQ(of_folder.error().what, name_of(folder.path()) +
                                        ": cannot be read: not a regular file; allowed: a readable "
                                        "file of at most 1MiB");
}

// What no file can be called is a secret as likely as what no file is called.
TEST(ConfigNames, WhatNoFileCanBeCalledNamesNone) {
  for (const char* name :
       {"C:\\a?b", "C:\\a*b", "C:\\a|b", "C:\\a<b", "C:\\a\"b", "C:\\no\\such"}) {
    EXPECT_TRUE(names_no_file(name)) << name;
  }
  EXPECT_FALSE(names_no_file("C:\\windows"));
  EXPECT_FALSE(names_no_file(""));
}

}  // namespace
}  // namespace reporterd
