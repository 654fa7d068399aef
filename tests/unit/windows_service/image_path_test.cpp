#include "windows-service/image_path.h"

#include <gtest/gtest.h>

#include "windows-service/installation.h"

namespace reporterd {
namespace {

using Words = std::vector<std::string>;

TEST(ImagePath, TheProgramIsAlwaysInQuotes) {
  EXPECT_EQ(command_line(R"(C:\Program Files\reporterd\reporterd.exe)", {"service", "run"}),
            R"("C:\Program Files\reporterd\reporterd.exe" service run)");
  EXPECT_EQ(command_line(R"(C:\reporterd.exe)", {}), R"("C:\reporterd.exe")");
}

TEST(ImagePath, EveryWordArrivesAsItWas) {
  const Words words = {"plain",
                       R"(C:\With Blank\)",
                       R"(C:\no\blank\)",
                       "",
                       R"(a"quote)",
                       R"(a\"both)",
                       R"(two\\"more \\)",
                       "tab\there",
                       "T\u00e4lk\u00e4\u4e2d\u6587",
                       R"(\\server\share name\\)"};
  Words all = words_of(command_line(R"(C:\Pr\u00f6gram Files\r.exe)", words));
  ASSERT_EQ(all.size(), words.size() + 1);
  all.erase(all.begin());
  EXPECT_EQ(all, words);
}

TEST(ImagePath, TheServiceIsToldThatItIsOneAndWhereItsFilesAre) {
  const Words usual = words_of(service_command_line({}));
  ASSERT_EQ(usual.size(), 3U);
  EXPECT_TRUE(usual[0].ends_with("windows_service_test.exe")) << usual[0];
  EXPECT_EQ(Words(usual.begin() + 1, usual.end()), (Words{"service", "run"}));
  const Words placed = words_of(service_command_line({R"(C:\a b\reporterd.yaml)", R"(D:\state\)"}));
  EXPECT_EQ(Words(placed.begin() + 1, placed.end()),
            (Words{"service", "run", "--config", R"(C:\a b\reporterd.yaml)", "--state-dir",
                   R"(D:\state\)"}));
}

TEST(ImagePath, WhatIsNotGivenStaysWhereTheServiceHasIt) {
  const std::string present = service_command_line({R"(C:\a b\own.yaml)", R"(D:\state\)"});
  const InstallOptions kept = with_places_of(present, {});
  EXPECT_EQ(kept.config_file, R"(C:\a b\own.yaml)");
  EXPECT_EQ(kept.state_dir, R"(D:\state\)");
  EXPECT_EQ(service_command_line(kept), present);
  const InstallOptions changed = with_places_of(present, {.config_file = R"(E:\new.yaml)"});
  EXPECT_EQ(changed.config_file, R"(E:\new.yaml)");
  EXPECT_EQ(changed.state_dir, R"(D:\state\)");
}

TEST(ImagePath, WhatTheServiceDoesNotNameStaysOpen) {
  for (const std::string& present : {std::string(), service_command_line({}),
                                     std::string(R"("C:\r.exe" service run --config)")}) {
    const InstallOptions open = with_places_of(present, {});
    EXPECT_EQ(open.config_file, "") << present;
    EXPECT_EQ(open.state_dir, "") << present;
  }
}

TEST(ImagePath, NamesOfFilesAreFull) {
  const Words words = words_of(service_command_line({"reporterd.yaml", ""}));
  ASSERT_EQ(words.size(), 5U);
  EXPECT_EQ(words[4].substr(1, 2), ":\\") << words[4];
  const std::string on_server = R"(\\server\share\reporterd.yaml)";
  EXPECT_EQ(words_of(service_command_line({on_server, ""})).at(4), on_server);
}

}  // namespace
}  // namespace reporterd
