// Every input of the corpora, once: what was found by fuzzing stays found, without a fuzzer.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"
#include "tests/support/files.h"

namespace reporterd::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
  std::vector<std::string> folders;  // besides tests/fuzz/corpus/NAME
};

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {
      {"rpc_line", rpc_line, {}},
      {"message", message, {"tests/corpus/messages/valid", "tests/corpus/messages/invalid"}},
      {"butler_yaml", butler_yaml, {"tests/unit/collect/golden/butler-config"}},
      {"config_yaml", config_yaml, {}},
      {"http_reply", http_reply, {}},
      {"flight", flight, {}},
      {"outbox_open", outbox_open, {}},
      {"outbox_salvage", outbox_salvage, {}},
  };
  return all;
}

std::vector<std::filesystem::path> inputs(const Target& target) {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> folders = target.folders;
  folders.push_back(std::string("tests/fuzz/corpus/") + target.name);
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/" + folder)) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

class Corpus : public testing::TestWithParam<Target> {};

}  // namespace

TEST_P(Corpus, BreaksNoPromise) {
  const auto files = inputs(GetParam());
  EXPECT_GE(files.size(), 10U);
  for (const auto& file : files) {
    std::cout << file.filename().string() << std::endl;  // the last one named is that of a crash
    try {
      GetParam().run(read_bytes(file));
    } catch (const Violation& violation) {
      ADD_FAILURE() << file << ": " << violation.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, testing::ValuesIn(targets()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(Corpus, AnEmptyInputIsOneToo) {
  EXPECT_NO_THROW(GetParam().run(""));
}

}  // namespace reporterd::fuzz
