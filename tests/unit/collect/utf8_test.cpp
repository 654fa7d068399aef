#include "daemon/collect/utf8.h"

#include <gtest/gtest.h>

namespace reporterd {
namespace {

TEST(Utf8, WellFormedTextStaysAsItIs) {
  const std::string text = "a \u00e5 \u20ac \U0001F600";
  EXPECT_EQ(well_formed_utf8(text), text);
}

TEST(Utf8, EachMaximalIllFormedPartBecomesOneReplacement) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(well_formed_utf8("a\xE5z"), "a" + mark + "z") << "Latin-1";
  EXPECT_EQ(well_formed_utf8("\xE2\x82"), mark) << "cut off";
  EXPECT_EQ(well_formed_utf8("\xE2\x82z"), mark + "z");
  EXPECT_EQ(well_formed_utf8("\xC0\xAF"), mark + mark) << "overlong";
  EXPECT_EQ(well_formed_utf8("\xE0\x80\xAF"), mark + mark + mark) << "overlong";
  EXPECT_EQ(well_formed_utf8("\xED\xA0\x80"), mark + mark + mark) << "surrogate";
  EXPECT_EQ(well_formed_utf8("\xF4\x90\x80\x80"), mark + mark + mark + mark) << "over U+10FFFF";
}

TEST(Utf8, OneLineHidesControlCharactersAndCutsBetweenCharacters) {
  EXPECT_EQ(one_line("a\nb\x1b[31m\x7f"), "a?b?[31m?");
  EXPECT_EQ(one_line("\u00e5\u00e5\u00e5", 5), "\u00e5\u00e5...");
  EXPECT_EQ(one_line("\u00e5\u00e5", 4), "\u00e5\u00e5");
}

}  // namespace
}  // namespace reporterd
