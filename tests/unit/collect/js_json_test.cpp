#include "daemon/collect/js_json.h"

#include <gtest/gtest.h>

#include <limits>

namespace reporterd {
namespace {

TEST(JsNumber, PrintsAsJavaScriptDoes) {
  const std::pair<double, const char*> cases[] = {
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {0.5, "0.5"},
      {100, "100"},
      {123.456, "123.456"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1.25e21, "1.25e+21"},
      {1e-6, "0.000001"},
      {1.5e-6, "0.0000015"},
      {1e-7, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
      {9007199254740993.0, "9007199254740992"},
  };
  for (const auto& [number, text] : cases) {
    EXPECT_EQ(js_number(number), text);
  }
}

TEST(CompactJson, KeepsOrderAndEscapesText) {
  const nlohmann::ordered_json value = {{"z", {1.0, 1e-7, nullptr}},
                                        {"a", nlohmann::ordered_json::object()},
                                        {"e", nlohmann::ordered_json::array()},
                                        {"q\"", "\u00e5\n"}};
  EXPECT_EQ(compact_json(value), "{\"z\":[1,1e-7,null],\"a\":{},\"e\":[],\"q\\\"\":\"\u00e5\\n\"}");
}

}  // namespace
}  // namespace reporterd
