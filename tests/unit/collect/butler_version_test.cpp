#include "daemon/collect/butler_version.h"

#include <gtest/gtest.h>

#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

std::string banner(const std::string& version, const std::string& node) {
  const std::string time = "2021-03-09T05:30:00.125Z ";
  return time + "info: --------------------------------------\n" + time +
         "info: Starting Butler\n" + time + "info: Log level      : info\n" + time +
         "info: App version    : " + version + "\n" + time + "info: Instance ID    : 00\n" + time +
         "info: \n" + time + "info: Node version   : " + node + "\n" + time +
         "info: Architecture   : x64\n";
}

const std::string chatter(2'000'000, '.');

TEST(Banner, TheNewestOneCounts) {
  const auto versions = banner_versions(banner("5.0.0", "v12.0.0") + banner("5.1.0", "v14.16.0"));
  EXPECT_EQ(versions.butler, "5.1.0");
  EXPECT_EQ(versions.node, "v14.16.0");
}

TEST(Banner, WiderLabelsAndWindowsLineEndsAreRead) {
  const auto versions = banner_versions(
      "2025-10-11T16:41:18.780Z info: App version       : 14.0.0\r\n"
      "2025-10-11T16:41:18.781Z info: Node version      : v22.1.0\r\n");
  EXPECT_EQ(versions.butler, "14.0.0");
  EXPECT_EQ(versions.node, "v22.1.0");
}

TEST(Banner, OtherLinesAndStrangeVersionsAreNoBanner) {
  EXPECT_EQ(banner_versions("2021 info: The App version    : 5.1.0\n").butler, "");
  EXPECT_EQ(banner_versions("2021 error: App version    : 5.1.0\n").butler, "");
  EXPECT_EQ(banner_versions("2021 info: App version 5.1.0\n").butler, "");
  EXPECT_EQ(banner_versions("2021 info: App version    : <script>\n").butler, "");
  EXPECT_EQ(banner_versions("2021 info: App version    : " + std::string(65, '1')).butler, "");
  EXPECT_EQ(banner_versions("").butler, "");
}

TEST(PackageVersion, IsAPlainVersionOrNothing) {
  EXPECT_EQ(package_version(R"({"name":"butler","version":"5.1.0"})"), "5.1.0");
  EXPECT_EQ(package_version(R"({"version":5})"), "");
  EXPECT_EQ(package_version(R"({"version":"5 1"})"), "");
  EXPECT_EQ(package_version(R"({"version":"5.1.0")"), "") << "half-written";
  EXPECT_EQ(package_version("[]"), "");
}

TEST(FindVersions, PackageInTheSameFolderWinsOverTheOneAbove) {
  const Folder folder;
  const auto config = folder.write("config/production.yaml", "");
  folder.write("package.json", R"({"version":"5.1.0"})");
  EXPECT_EQ(find_versions(config, "log").butler, "5.1.0");
  folder.write("config/package.json", R"({"version":"5.2.0"})");
  EXPECT_EQ(find_versions(config, "log").butler, "5.2.0");
  EXPECT_EQ(find_versions(config, "log").node, "");
}

TEST(FindVersions, TheLogTellsWhatNoPackageTells) {
  const Folder folder;
  const auto config = folder.write("config/production.yaml", "");
  folder.write("log/butler.2021-03-08.log", banner("5.0.0", "v12.0.0"));
  folder.write("log/butler.2021-03-09.log", banner("5.1.0", "v14.16.0"));
  folder.write("log/butler.2021-03-10.log", "2021 info: nothing new\n");
  folder.write("log/butler.2021-03-11.log.gz", banner("9.9.9", "v9.9.9"));
  auto versions = find_versions(config, "log");
  EXPECT_EQ(versions.butler, "5.1.0");
  EXPECT_EQ(versions.node, "v14.16.0");
  folder.write("package.json", R"({"version":"5.1.1"})");
  versions = find_versions(config, "log");
  EXPECT_EQ(versions.butler, "5.1.1") << "the package says what runs next";
  EXPECT_EQ(versions.node, "v14.16.0");
  EXPECT_EQ(find_versions(config, "elsewhere").node, "");
  EXPECT_EQ(find_versions(config, folder / "log").node, "v14.16.0") << "an absolute folder";
}

TEST(FindVersions, OnlyTheEndsOfALargeLogAreRead) {
  const Folder folder;
  const auto config = folder.write("config/production.yaml", "");
  folder.write("log/butler.2021-03-09.log", banner("5.0.0", "v12.0.0") + chatter);
  EXPECT_EQ(find_versions(config, "log").butler, "5.0.0");
  folder.write("log/butler.2021-03-09.log",
               banner("5.0.0", "v12.0.0") + chatter + "\n" + banner("5.1.0", "v14.16.0"));
  EXPECT_EQ(find_versions(config, "log").butler, "5.1.0");
  folder.write("log/butler.2021-03-09.log", chatter + "\n" + banner("5.1.0", "v14.16.0") + chatter);
  EXPECT_EQ(find_versions(config, "log").butler, "");
}

}  // namespace
}  // namespace reporterd
