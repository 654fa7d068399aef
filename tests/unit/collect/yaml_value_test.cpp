#include "daemon/collect/yaml_value.h"

#include <gtest/gtest.h>

#include <cmath>

#include "daemon/collect/js_json.h"

namespace reporterd {
namespace {

std::string shown(const YamlValue& value) {
  if (const auto* map = value.map()) {
    std::string text;
    for (const auto& entry : *map) {
      text += (text.empty() ? "" : ", ") + entry.key + ": " + shown(*entry.value);
    }
    return "{" + text + "}";
  }
  if (const auto* list = std::get_if<YamlList>(&value.data)) {
    std::string text;
    for (const auto& element : *list) {
      text += (text.empty() ? "" : ", ") + shown(*element);
    }
    return "[" + text + "]";
  }
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    return "'" + *text + "'";
  }
  if (const auto* boolean = std::get_if<bool>(&value.data)) {
    return *boolean ? "true" : "false";
  }
  if (const auto* number = std::get_if<double>(&value.data)) {
    return std::isfinite(*number) ? js_number(*number) : std::to_string(*number);
  }
  return "null";
}

std::string loaded(std::string_view text) {
  const auto value = load_yaml(text, 0);
  return value ? shown(**value) : value.error().what;
}

TEST(Yaml, PlainScalarsAreThoseOfJsYaml4) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "null"},         {"~", "null"},        {"null", "null"},
      {"NULL", "null"},     {"nUll", "'nUll'"},   {"true", "true"},
      {"True", "true"},     {"TRUE", "true"},     {"tRUE", "'tRUE'"},
      {"False", "false"},   {"yes", "'yes'"},     {"on", "'on'"},
      {"Off", "'Off'"},     {"n", "'n'"},         {"1", "1"},
      {"-1", "-1"},         {"+12", "12"},        {"010", "10"},
      {"0o17", "15"},       {"0x1F", "31"},       {"0b101", "5"},
      {"0o8", "'0o8'"},     {"0x", "'0x'"},       {"1_000", "1000"},
      {"_1", "'_1'"},       {"1_", "'1_'"},       {"0.5", "0.5"},
      {".5", "0.5"},        {"-.5", "'-.5'"},     {"1.", "1"},
      {"1e3", "1000"},      {"1e-7", "1e-7"},     {"1e", "'1e'"},
      {"1.2.3", "'1.2.3'"}, {"12:30", "'12:30'"}, {".inf", "inf"},
      {"-.INF", "-inf"},    {"+.inf", "inf"},     {"1e999", "inf"},
      {"-0x10", "-16"},     {".", "'.'"},         {"2001-12-14", "'2001-12-14'"},
      {"1__0.5_0", "10.5"},
  };
  for (const auto& [text, value] : cases) {
    EXPECT_EQ(loaded("k: " + std::string(text)), "{k: " + std::string(value) + "}");
  }
  const auto nan = load_yaml(".NaN", 0);
  ASSERT_TRUE(nan);
  EXPECT_TRUE(std::isnan(std::get<double>((*nan)->data)));
}

TEST(Yaml, QuotesAndTagsDecideWhatATextIs) {
  EXPECT_EQ(loaded("['true', \"1\", ! 12, !!str 12, !!int '12', !!float 1, !!bool 'true']"),
            "['true', '1', '12', '12', 12, 1, true]");
  EXPECT_EQ(loaded("k: |\n  true\n"), "{k: 'true\n'}");
  EXPECT_EQ(loaded("k: !!int twelve"),
            "line 1: an unknown tag, or one that does not fit its value");
  EXPECT_EQ(loaded("\nk: !secret x"), "line 2: an unknown tag, or one that does not fit its value");
}

TEST(Yaml, EscapedCharactersAreWholeOnes) {
  EXPECT_EQ(loaded(R"({"\_ä\N": "\x85\u00a0€\_\_\L", "\N": 1})"),
            "{\u00a0ä\xC2\x85: '\xC2\x85\u00a0€\u00a0\u00a0\u2028', \xC2\x85: 1}");
}

TEST(Yaml, AnEscapeThatIsNoneIsNamedInWholeCharacters) {
  EXPECT_EQ(loaded("k: \"\\ä\""), "line 1: unknown escape character: \uFFFD");
  EXPECT_EQ(loaded("k: \"\\"), "line 1: unknown escape character: ?");  // at the end
}

TEST(Yaml, KeysAreTextAsInJavaScript) {
  EXPECT_EQ(loaded("{true: 1, null: 2, 0x10: 3, on: 4}"), "{true: 1, null: 2, 16: 3, on: 4}");
  EXPECT_EQ(loaded("[a, b]: 1"), "line 1: a list or a map as a key");
  EXPECT_EQ(loaded("&x [a]: 1\n*x : 2"), "line 1: a list or a map as a key");
}

TEST(Yaml, ARepeatedKeyIsAnErrorThatNamesItsLine) {
  EXPECT_EQ(loaded("a: 1\nb: 2\na: 3"), "line 3: the key 'a' is there twice");
  EXPECT_EQ(loaded("x:\n  - {1: x, 1.0: y}"), "line 2: the key '1' is there twice");
  EXPECT_EQ(loaded("a: 1\n\"a\": 3"), "line 2: the key 'a' is there twice");
}

TEST(Yaml, MergesGiveWayToTheMapsOwnKeys) {
  const std::string base = "base: &b {x: 1, y: 2}\n";
  EXPECT_EQ(loaded(base + "m: {<<: *b, y: 3}"), "{base: {x: 1, y: 2}, m: {x: 1, y: 3}}");
  EXPECT_EQ(loaded(base + "m: {y: 3, <<: *b}"), "{base: {x: 1, y: 2}, m: {y: 3, x: 1}}");
  EXPECT_EQ(loaded("m: {<<: [{x: 1}, {x: 2, z: 3}]}"), "{m: {x: 1, z: 3}}");
  EXPECT_EQ(loaded("{<<: {x: 1}, x: 2, x: 3}"), "line 1: the key 'x' is there twice");
  EXPECT_EQ(loaded("'<<': {x: 1}"), "{<<: {x: 1}}");
  EXPECT_EQ(loaded("<<: 1"), "line 1: '<<' takes a map or a list of maps");
  EXPECT_EQ(loaded("<<: [{a: 1}, 2]"), "line 1: '<<' takes a map or a list of maps");
}

TEST(Yaml, AnAliasIsTheValueItNames) {
  EXPECT_EQ(loaded("a: &x [1, {b: 2}]\nc: *x"), "{a: [1, {b: 2}], c: [1, {b: 2}]}");
  EXPECT_EQ(loaded("a: &x 1\nb: &x 2\nc: *x"), "{a: 1, b: 2, c: 2}");
  EXPECT_EQ(loaded("a: &x {b: *x}"), "line 1: an alias stands inside of what it names");
  EXPECT_NE(loaded("a: *nobody").find("line 1: "), std::string::npos);
}

TEST(Yaml, AliasBombsAndDeepNestingAreRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  std::string merges = "a0: &a0 {x: 1}\n";
  for (int i = 1; i < 30; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    const auto name = "a" + std::to_string(i);
    bomb += name + ": &" + name + " [";
    for (int j = 0; j < 10; ++j) {
      bomb += before + ", ";
    }
    bomb += "]\n";
    merges += name + ": &" + name + " {<<: " + before + ", k: " + before + "}\n";
  }
  EXPECT_NE(loaded(bomb).find("more than 200000 values"), std::string::npos);
  EXPECT_NE(loaded(merges).find("more than 200000 values"), std::string::npos);

  std::string wide = "wide: &w {";
  for (int i = 0; i < 1000; ++i) {
    wide += "k" + std::to_string(i) + ": 1, ";
  }
  wide += "}\nm: {<<: [";
  for (int i = 0; i < 1000; ++i) {
    wide += "*w, ";
  }
  EXPECT_NE(loaded(wide + "]}").find("more than 200000 values"), std::string::npos);

  EXPECT_EQ(loaded(std::string(64, '[') + std::string(64, ']')),
            std::string(64, '[') + std::string(64, ']'));
  EXPECT_EQ(loaded(std::string(65, '[') + std::string(65, ']')),
            "line 1: nested more than 64 deep");
  EXPECT_FALSE(load_yaml(std::string(1'000'000, '['), 0));
  EXPECT_FALSE(load_yaml(std::string(1'000'000, '{'), 0));
}

TEST(Yaml, OneDocumentIsAllowed) {
  EXPECT_EQ(loaded("%YAML 1.2\n---\na: 1\n...\n"), "{a: 1}");
  EXPECT_EQ(loaded("a: 1\n---\nb: 1\n"), "line 2: a second document starts; one is allowed");
  EXPECT_EQ(loaded(""), "null");
  EXPECT_EQ(loaded("# nothing\n"), "null");
}

TEST(Yaml, ReadsUtf8WithMarkAndAnyLineEnds) {
  EXPECT_EQ(loaded("\xEF\xBB\xBF"
                   "a: \u00e5\r\nb: 2\r\n"),
            "{a: '\u00e5', b: 2}");
  EXPECT_EQ(loaded("a: b # Latin-1: \xE5"), "{a: 'b'}");
  EXPECT_EQ(loaded("a: \xE5"), "{a: '\uFFFD'}");
}

TEST(Yaml, RefusesWhatButlerCannotRead) {
  using namespace std::string_view_literals;
  EXPECT_EQ(loaded("a\0:\0 \0001\0"sv),
            "line 1: a zero byte; is this UTF-16 without its mark? save it as UTF-8");
  EXPECT_EQ(loaded("a: 1\nb: \x04\nc: 2"), "line 2: a control character");
}

TEST(Yaml, LayersMergeMapByMap) {
  const auto base = *load_yaml("{a: {x: 1, y: [1, 2]}, b: 1, c: {d: 1}}", 0);
  const auto over = *load_yaml("{n: 0, a: {y: [3], z: 4}, c: null}", 1);
  EXPECT_EQ(shown(*lay_over(base, over)), "{a: {x: 1, y: [3], z: 4}, b: 1, c: null, n: 0}");
  EXPECT_EQ(shown(*base), "{a: {x: 1, y: [1, 2]}, b: 1, c: {d: 1}}") << "the layer is untouched";
}

TEST(Yaml, EntriesAreFoundThroughMapsOnly) {
  const auto root = *load_yaml("{a: {b: {c: 1}}, l: [1], n: null}", 0);
  ASSERT_NE(find_entry(*root->map(), "a.b.c"), nullptr);
  EXPECT_EQ(find_entry(*root->map(), "a.b.d"), nullptr);
  EXPECT_EQ(find_entry(*root->map(), "l.0"), nullptr);
  EXPECT_EQ(find_entry(*root->map(), "n.x"), nullptr);
  EXPECT_NE(find_entry(*root->map(), "n"), nullptr);
}

}  // namespace
}  // namespace reporterd
