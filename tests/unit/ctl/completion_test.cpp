#include "ctl/completion.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace reporterd::ctl {
namespace {

using Words = std::vector<std::string>;

struct Case {
  Words words;  // the last one is begun
  Words found;
};

TEST(Completion, ProposesWhatMayFollow) {
  const Words show_states = {"queued", "held"};
  for (const auto& [words, found] : std::initializer_list<Case>{
           {{"st"}, {"status"}},
           {{"re"}, {"report", "resume"}},
           {{"que"}, {"queue"}},
           {{"queue", ""}, {"list", "show", "delete", "requeue"}},
           {{"queue", "re"}, {"requeue"}},
           {{"queue", "list", "--st"}, {"--state"}},
           {{"queue", "list", "--state", ""}, show_states},
           {{"queue", "list", "--state", "h"}, {"held"}},
           {{"flush", "--"},
            {"--help", "--socket", "--patience", "--json", "--wait", "--timeout", "--force"}},
           {{"--v"}, {"--version"}},
           {{"--json", "completion", ""}, {"bash", "zsh", "fish"}},
           {{"completion", "b"}, {"bash"}},
           {{"completion", "bash", ""}, {}},
           {{"--socket", "sta"}, {files_word}},
           {{"--socket", "/run/x", "sta"}, {"status"}},
           {{"submit", ""}, {files_word}},
           {{"submit", "a", ""}, {}},
           {{"doctor", "--state-dir", "/v"}, {files_word}},
           {{"pause", ""}, {}},
           {{"no-such-command", ""}, {}},
           {{"flush", "--no-such-option", "x"}, {}},
           {{"status", "more", ""}, {}}}) {
    EXPECT_EQ(candidates(words), found) << testing::PrintToString(words);
  }
}

TEST(Completion, WithNothingTypedProposesEachFirstWordOnce) {
  const Words first = candidates(Words{""});
  EXPECT_EQ(std::ranges::count(first, "queue"), 1);
  EXPECT_EQ(std::ranges::count(first, "support-bundle"), 1);
  EXPECT_EQ(candidates(Words{}), first);
}

}  // namespace
}  // namespace reporterd::ctl
