// The house keeps its rules; and each rule finds what breaks it.
#include "tests/house/house_rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace reporterd {
namespace {

namespace fs = std::filesystem;

std::string in_words(const std::vector<Finding>& findings) {
  std::ostringstream out;
  for (const Finding& finding : findings) {
    out << finding.path << ":" << finding.line << ": " << finding.what << "\n";
  }
  return out.str();
}

// A small house of its own for each test.
class HouseRules : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            (std::string("house-") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  // "" when the rules hold.
  std::string found() const { return in_words(check_house(root_)); }

 private:
  fs::path root_;
};

}  // namespace

TEST(House, ItsRulesHold) {
  EXPECT_EQ(in_words(check_house(SOURCE_DIR)), "");
}

TEST(House, TheWholeProjectIsLookedAt) {
  std::string paths;
  for (const SourceFile& file : read_house(SOURCE_DIR)) {
    paths += file.path + "\n";
  }
  for (const char* path : {"daemon/core/outbox.h", "tests/house/house_test.cpp", "dev", ".ci/run",
                           "docs/reporterd.yaml", "CMakeLists.txt", "daemon/config.cpp"}) {
    EXPECT_NE(paths.find(std::string(path) + "\n"), std::string::npos) << path;
  }
}

TEST_F(HouseRules, WhatIsAllowedIsNotFound) {
  write("daemon/core/a.cpp", "#include \"daemon/core/a.h\"\n#include <vector>\n// never ::now()\n");
  write("daemon/collect/a.cpp", "#include \"daemon/config.h\"\n#include \"daemon/core/a.h\"\n");
  write("daemon/app.cpp", "#include \"store/a.h\"\n#include \"daemon/io/a.h\"\n");
  write("daemon/io/uv_handle.h", "#pragma once\n#include <uv.h>\n");
  write("daemon/io/file_linux.cpp", "#include <unistd.h>\n");
  write("tests/unit/io/file_windows_test.cpp", "#include <windows.h>\n");
  write("store/a.cpp", "#include <sqlite3.h>\n#include \"version.h\"\n");
  write("docs/a.md", "[b](b.md#part) [c](https://example.com/x) [d](#here)\n");
  write("docs/b.md", "https://example.com/home/x\n");
  write("build/x.h", "\t\n");
  EXPECT_EQ(found(), "");
}

TEST_F(HouseRules, CoreKnowsNobody) {
  write("daemon/core/a.cpp",
        "#include \"daemon/config.h\"\n#include \"store/x.h\"\n#include <thread>\n"
        "#include <unistd.h>\n#include <fmt/format.h>\n");
  EXPECT_EQ(found(),
            "daemon/core/a.cpp:1: daemon/core/ may not know daemon/config.h\n"
            "daemon/core/a.cpp:2: daemon/core/ may not know store/x.h\n"
            "daemon/core/a.cpp:3: core may not include <thread>\n"
            "daemon/core/a.cpp:4: core may not include <unistd.h>\n"
            "daemon/core/a.cpp:5: core may not include <fmt/format.h>\n");
}

TEST_F(HouseRules, EveryRoomKnowsOnlyItsOwnAndCore) {
  write("store/a.cpp", "#include \"daemon/io/x.h\"\n");
  write("daemon/io/a.cpp", "#include \"store/x.h\"\n");
  write("daemon/destination/a.h", "#pragma once\n#include \"daemon/config.h\"\n");
  write("daemon/control/a.cpp", "#include \"daemon/collect/x.h\"\n");
  write("daemon/collect/a.cpp", "#include \"daemon/config_keys.h\"\n");
  write("daemon/config.cpp", "#include \"daemon/app.h\"\n");
  write("collector/a.cpp", "#include \"store/x.h\"\n");
  write("ctl/a.cpp", "#include \"store/kept_state.h\"\n#include \"store/sqlite_outbox.h\"\n");
  EXPECT_EQ(found(),
            "collector/a.cpp:1: collector/ may not know store/x.h\n"
            "ctl/a.cpp:2: ctl/ may not know store/sqlite_outbox.h\n"
            "daemon/collect/a.cpp:1: daemon/collect/ may not know daemon/config_keys.h\n"
            "daemon/config.cpp:1: daemon/config may not know daemon/app.h\n"
            "daemon/control/a.cpp:1: daemon/control/ may not know daemon/collect/x.h\n"
            "daemon/destination/a.h:2: daemon/destination/ may not know daemon/config.h\n"
            "daemon/io/a.cpp:1: daemon/io/ may not know store/x.h\n"
            "store/a.cpp:1: store/ may not know daemon/io/x.h\n");
}

TEST_F(HouseRules, LibrariesStayInTheirRooms) {
  write("daemon/app.cpp", "#include <uv.h>\n");
  write("daemon/control/a.cpp", "#include <sqlite3.h>\n");
  write("store/a.cpp", "#include <curl/curl.h>\n");
  EXPECT_EQ(found(),
            "daemon/app.cpp:1: this room may not see <uv.h>\n"
            "daemon/control/a.cpp:1: this room may not see <sqlite3.h>\n"
            "store/a.cpp:1: this room may not see <curl/curl.h>\n");
}

TEST_F(HouseRules, HandlesDoNotLeaveTheirRoomThroughAHeader) {
  write("daemon/io/handle.h", "#pragma once\n#include <uv.h>\n");
  write("daemon/io/timer.h", "#pragma once\n#include \"daemon/io/handle.h\"\n");
  write("daemon/io/timer.cpp", "#include \"daemon/io/timer.h\"\n");
  write("daemon/io/loop.h", "#pragma once\nstruct uv_loop_s;\n");
  write("daemon/app.cpp", "#include \"daemon/io/loop.h\"\n#include \"daemon/io/timer.h\"\n");
  EXPECT_EQ(found(), "daemon/app.cpp:2: daemon/io/timer.h shows <uv.h> to this room\n");
}

TEST_F(HouseRules, ATypesNameIsDefinedOnce) {
  write("daemon/control/a.h", "#pragma once\nstruct Changed {\n};\nstruct Row;\n");
  write("daemon/core/a.h", "#pragma once\nclass Changed final : public B {\n};\nstruct Row {};\n");
  EXPECT_EQ(found(), "daemon/core/a.h:2: Changed is defined in daemon/control/a.h too\n");
}

TEST_F(HouseRules, AFunctionThatOnlyItsFileKnowsHasANameOfItsOwn) {
  const std::string one = "namespace {\nvoid put(int a) {\n  f(a);\n}\n";
  write("daemon/io/a.cpp", one + "int get() {\n}\n}  // namespace\nvoid open() {\n}\n");
  write("daemon/io/b.cpp", one + "}  // namespace\nint get() {\n}\nvoid open() {\n}\n");
  write("daemon/io/c.cpp",
        "namespace {\nconst X put = f(1);\nTEST(Put, open) {\n}\n}  // namespace\n");
  write("daemon/io/d_windows.cpp", one + "}  // namespace\n");
  write("daemon/core/a.cpp", one + "void put(long a) {\n}\n}  // namespace\n");
  EXPECT_EQ(found(), "daemon/io/b.cpp:2: put is a function of daemon/io/a.cpp too\n");
}

TEST_F(HouseRules, SystemsAreToldApartByFile) {
  write("daemon/io/a.cpp",
        "#include <sys/socket.h>\n#ifdef _WIN32\n#endif\n#if __linux__\n#endif\n");
  EXPECT_EQ(found(),
            "daemon/io/a.cpp:1: <sys/socket.h> belongs into a file of one system (_linux, "
            "_windows)\n"
            "daemon/io/a.cpp:2: operating systems are told apart by file (_linux, _windows)\n"
            "daemon/io/a.cpp:4: operating systems are told apart by file (_linux, _windows)\n");
}

TEST_F(HouseRules, TheServiceMakesNoChildrenAndNoListeningPort) {
  write("daemon/io/a_linux.cpp", "if (fork() == 0) {\n// fork\n  uv_tcp_init(loop, port);\n");
  write("collector/a.cpp", "popen(\"x\", \"r\");\n");  // a program of its own
  EXPECT_EQ(
      found(),
      "daemon/io/a_linux.cpp:1: fork: no child processes and no listening port here\n"
      "daemon/io/a_linux.cpp:3: uv_tcp_init: no child processes and no listening port here\n");
}

TEST_F(HouseRules, CoreDoesNotAskForTheTime) {
  write("daemon/core/a.cpp", "auto t = std::chrono::steady_clock::now();\n");
  EXPECT_EQ(found(), "daemon/core/a.cpp:1: core asks for the time, the environment or a thread\n");
}

TEST_F(HouseRules, FilesAreShortAndNarrow) {
  std::string wide = "// ";
  for (int i = 0; i < 97; ++i) {
    wide += "\xC3\xB6";  // 100 columns, 197 bytes
  }
  write("ctl/a.cpp", wide + "\n" + wide + "x\n\tint a;\n");
  write("ctl/b.h", "int b;\n");
  std::string tall;
  for (int i = 0; i < 401; ++i) {
    tall += "\n";
  }
  write("ctl/c.cpp", tall);
  EXPECT_EQ(found(),
            "ctl/a.cpp:2: more than 100 columns\n"
            "ctl/a.cpp:3: a tab\n"
            "ctl/b.h:0: a header without #pragma once\n"
            "ctl/c.cpp:0: more than 400 lines\n");
}

TEST_F(HouseRules, ManualPagesAreLookedAt) {
  std::string expected;
  for (const char* page : {"docs/a.1", "docs/a.5", "docs/a.7", "docs/a.8"}) {
    write(page,
          "see /wo"
          "rk/x\n");
    expected += std::string(page) + ":1: a folder of one machine\n";
  }
  EXPECT_EQ(found(), expected);
}

TEST_F(HouseRules, TestsDoNotSleep) {
  write("tests/a_test.cpp",
        "std::this_thread::sle"
        "ep_for(1s);\nusl"
        "eep(1);\nuv_sl"
        "eep(1);\n");
  write("daemon/main.cpp",
        "sl"
        "eep(1);\n");  // not a test
  EXPECT_EQ(found(),
            "tests/a_test.cpp:1: a test sleeps; wait for what it needs instead\n"
            "tests/a_test.cpp:2: a test sleeps; wait for what it needs instead\n"
            "tests/a_test.cpp:3: a test sleeps; wait for what it needs instead\n");
}

TEST_F(HouseRules, MarkersComeWithAReason) {
  write("ctl/a.cpp",
        "// TO"
        "DO: later\n// TO"
        "DO(#12): later\n"
        "int a;  // NO"
        "LINT\nint b;  // NO"
        "LINT(some-check)\n"
        "int c;  // NO"
        "LINT(some-check): the name is given by the library\n");
  EXPECT_EQ(found(),
            "ctl/a.cpp:1: a TO"
            "DO without its issue, (#number)\n"
            "ctl/a.cpp:3: a check is switched off without (its name): and the reason\n"
            "ctl/a.cpp:4: a check is switched off without (its name): and the reason\n");
}

TEST_F(HouseRules, NoTraceOfTheMachineStays) {
  write("docs/a.md",
        "see /wo"
        "rk/x\nor /ho"
        "me/me/x\nsays Clau"
        "de\n");
  EXPECT_EQ(found(),
            "docs/a.md:1: a folder of one machine\n"
            "docs/a.md:2: a folder of one machine\n"
            "docs/a.md:3: a word about the tools that the code was written with\n");
}

TEST_F(HouseRules, TestsThatADocumentNamesAreThere) {
  write("tests/a_test.cpp", "TEST(Disk, IsFull) {\nTEST_F(Long,\n       IsTheName) {\n");
  write("docs/a.md", "`Disk.IsFull` `Long.IsTheName` `Disk.full`\n`Disk.IsEmpty` Disk.IsGone\n");
  EXPECT_EQ(found(), "docs/a.md:2: there is no test Disk.IsEmpty\n");
}

TEST_F(HouseRules, LinksLeadSomewhere) {
  write("README.md", "[a](docs/gone.md) [b](README.md) [c](gone.md#part)\n[d](docs)\n");
  EXPECT_EQ(found(),
            "README.md:1: the link to docs/gone.md leads nowhere\n"
            "README.md:1: the link to gone.md leads nowhere\n"
            "README.md:2: the link to docs leads nowhere\n");
}

}  // namespace reporterd
