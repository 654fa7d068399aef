#include "daemon/core/message_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace reporterd {
namespace {

struct Rule {
  bool (*allows)(std::string_view);
  const char* others;  // besides letters and digits
  bool upper;          // capital letters as well
  bool letter_first;
  std::size_t least, most;
};

const Rule rules[] = {
    {is_service_name, "-", false, true, 1, 32},
    {is_version, "._+-", true, false, 1, 64},
    {is_system_word, "_", true, false, 1, 32},
    {is_system_text, " ._+,:()/~-", true, false, 0, 128},
    {is_api_name, "_", true, true, 1, 64},
};

bool is_between(char c, char first, char last) {
  return first <= c && c <= last;
}

TEST(MessageRules, EachAllowsItsCharactersAndNoOthers) {
  for (const Rule& rule : rules) {
    for (int i = 0; i < 256; ++i) {
      const char c = static_cast<char>(i);
      const bool letter = is_between(c, 'a', 'z') || (rule.upper && is_between(c, 'A', 'Z'));
      const bool other = std::string_view(rule.others).find(c) != std::string_view::npos;
      const bool allowed = letter || is_between(c, '0', '9') || other;
      EXPECT_EQ(rule.allows(std::string("a") + c), allowed) << i;
      EXPECT_EQ(rule.allows(std::string(1, c)), rule.letter_first ? letter : allowed) << i;
    }
  }
}

TEST(MessageRules, EachAllowsAsManyCharactersAsItSays) {
  for (const Rule& rule : rules) {
    EXPECT_EQ(rule.allows(""), rule.least == 0);
    EXPECT_TRUE(rule.allows(std::string(rule.most, 'a')));
    EXPECT_FALSE(rule.allows(std::string(rule.most + 1, 'a'))) << rule.most;
  }
}

TEST(MessageRules, ASwitchWordIsOneOfSixInAnyCase) {
  for (const char* word : {"yes", "no", "on", "off", "true", "false", "YES", "oN", "False"}) {
    EXPECT_TRUE(is_switch_word(word)) << word;
  }
  for (const char* word : {"", "y", "yess", "of", "0", "yes ", "\x4E\x0F", "[es", "9es"}) {
    EXPECT_FALSE(is_switch_word(word)) << word;
  }
}

TEST(MessageRules, AFeatureHasANameAndNoTwoHaveTheSame) {
  const auto names = feature_names();
  EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(), names.size());
  EXPECT_TRUE(std::ranges::all_of(names, is_api_name));
}

}  // namespace
}  // namespace reporterd
