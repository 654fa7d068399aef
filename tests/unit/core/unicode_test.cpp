#include "daemon/core/unicode.h"

#include <gtest/gtest.h>

namespace reporterd {
namespace {

using namespace std::string_view_literals;

TEST(Unicode, MarkedTextBecomesUtf8WithoutItsMark) {
  const std::string expected = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\r\n";  // a, ä, €, a smiley
  EXPECT_EQ(utf8_of_file("\xEF\xBB\xBF" + expected), expected);
  EXPECT_EQ(utf8_of_file("\xFF\xFE"
                         "a\0\xE4\0\xAC\x20\x3D\xD8\x00\xDE\r\0\n\0"sv),
            expected);
  EXPECT_EQ(utf8_of_file("\xFE\xFF"
                         "\0a\0\xE4\x20\xAC\xD8\x3D\xDE\x00\0\r\0\n"sv),
            expected);
  EXPECT_EQ(utf8_of_file("\xFF\xFE"), "");
}

TEST(Unicode, TextWithoutAMarkStaysAsItIs) {
  for (const auto bytes : {""sv, "a"sv, "a\0"sv, "\xFF"sv, "\xEF\xBB"sv, "a\xFF\xFE"sv}) {
    EXPECT_EQ(utf8_of_file(bytes), bytes);
  }
}

TEST(Unicode, HalfACharacterIsNoUtf8) {
  EXPECT_EQ(utf8_of_file("\xFF\xFE"
                         "a\0b"sv),
            "a\xFF")
      << "an odd byte at the end";
  EXPECT_EQ(utf8_of_file("\xFF\xFE\x3D\xD8"sv), "\xFF");
  EXPECT_EQ(utf8_of_file("\xFF\xFE\x3D\xD8"
                         "a\0"sv),
            "\xFF"
            "a");
  EXPECT_EQ(utf8_of_file("\xFF\xFE\x00\xDE\x3D\xD8\x00"sv), "\xFF\xFF\xFF");
}

}  // namespace
}  // namespace reporterd
