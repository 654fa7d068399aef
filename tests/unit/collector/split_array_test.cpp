#include "collector/split_array.h"

#include <gtest/gtest.h>

#include <string>

namespace reporterd {

using Elements = std::vector<std::string_view>;

TEST(SplitArray, ElementsKeepTheirBytes) {
  EXPECT_EQ(split_array("[]"), Elements());
  EXPECT_EQ(split_array(" [ \n ] "), Elements());
  EXPECT_EQ(split_array(R"([1])"), Elements({"1"}));
  EXPECT_EQ(split_array(R"([{"a":[1,2]} , {"b": {}}, 3 ])"),
            Elements({R"({"a":[1,2]})", R"({"b": {}})", "3"}));
  EXPECT_EQ(split_array(R"(["],[", "\"],", "\\"])"),
            Elements({R"("],[")", R"("\"],")", R"("\\")"}));
}

TEST(SplitArray, WhatDoesNotAddUpIsNoArray) {
  for (const auto* text : {"", "[", "]", "{}", "[1", "1]", "[,]", "[1,]", "[,1]", "[1,,2]", "[{]",
                           "[}]", "[{}]]", "[\"]", "[\"\\\"]", "[[]", "[1] 2"}) {
    EXPECT_EQ(split_array(text), std::nullopt) << text;
  }
}

TEST(SplitArray, ArraysAreToldByTheirFirstCharacter) {
  EXPECT_TRUE(is_array(" \n[1]"));
  EXPECT_FALSE(is_array("{\"a\":[1]}"));
  EXPECT_FALSE(is_array(""));
}

}  // namespace reporterd
