#include "windows-service/image_path.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <shellapi.h>

#include "daemon/unique_handle_windows.h"
#include "windows-service/installation.h"
#include "windows-service/windows_error.h"

namespace reporterd {
namespace {

using Words = std::vector<std::string>;

// As the started program gets them.
Words taken_apart(const std::string& line) {
  int count = 0;
  const LocalMemory<wchar_t*> words(CommandLineToArgvW(wide(line).c_str(), &count));
  Words all;
  for (int i = 0; i < count; ++i) {
    all.push_back(narrow(words.get()[i]));
  }
  return all;
}

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
  Words all = taken_apart(command_line(R"(C:\Pr\u00f6gram Files\r.exe)", words));
  ASSERT_EQ(all.size(), words.size() + 1);
  all.erase(all.begin());
  EXPECT_EQ(all, words);
}

TEST(ImagePath, TheServiceIsToldThatItIsOneAndWhereItsFilesAre) {
  const Words usual = taken_apart(service_command_line({}));
  ASSERT_EQ(usual.size(), 3U);
  EXPECT_TRUE(usual[0].ends_with("windows_service_test.exe")) << usual[0];
  EXPECT_EQ(Words(usual.begin() + 1, usual.end()), (Words{"service", "run"}));
  const Words placed =
      taken_apart(service_command_line({R"(C:\a b\reporterd.yaml)", R"(D:\state\)"}));
  EXPECT_EQ(Words(placed.begin() + 1, placed.end()),
            (Words{"service", "run", "--config", R"(C:\a b\reporterd.yaml)", "--state-dir",
                   R"(D:\state\)"}));
}

TEST(ImagePath, NamesOfFilesAreFull) {
  const Words words = taken_apart(service_command_line({"reporterd.yaml", ""}));
  ASSERT_EQ(words.size(), 5U);
  EXPECT_EQ(words[4].substr(1, 2), ":\\") << words[4];
  const std::string on_server = R"(\\server\share\reporterd.yaml)";
  EXPECT_EQ(taken_apart(service_command_line({on_server, ""})).at(4), on_server);
}

}  // namespace
}  // namespace reporterd
