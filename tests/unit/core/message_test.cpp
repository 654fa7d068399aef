#include "daemon/core/message.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

const std::string id(64, 'a');
const std::string ts = "2026-03-03T11:13:55.862Z";

// A message of parts, each of which a test may replace.
struct Parts {
  std::string ts_field = R"("ts":"2026-03-03T11:13:55.862Z",)";
  std::string system = R"({"id":")" + id + R"(","arch":"x64","virtual":false})";
  std::string features = R"({"api":{},"feature":{}})";

  std::string json() const {
    return "{" + ts_field + R"("data":{"service":"butler","serviceVersion":"5.1.0","system":)" +
           system + R"(,"enabledFeatures":)" + features + "}}";
  }
};

std::string with_api(const std::string& api) {
  return Parts{.features = R"({"api":)" + api + "}"}.json();
}

class Check : public testing::Test {
 protected:
  Result<CheckedMessage> check(std::string_view json, const MessageDefaults& defaults = {}) {
    return check_.check(json, defaults, now_);
  }
  // What is wrong with a message; "" when nothing is.
  std::string problem(std::string_view json) {
    const auto message = check(json);
    return message ? "" : message.error().what;
  }

  WallTime now_ = *parse_ts("2026-03-04T00:00:00.123456Z");
  MessageCheck check_{MessageLimits{}};
};

std::string object_nested(int levels) {
  std::string json = "{}";
  for (int i = 0; i < levels; ++i) {
    json = R"({"n":)" + json + "}";
  }
  return json;
}

std::string object_of(int names) {
  std::string json = "{";
  for (int i = 0; i < names; ++i) {
    json += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\":1";
  }
  return json + "}";
}

}  // namespace

TEST_F(Check, AGoodMessageKeepsItsBytesAndGivesItsKey) {
  const std::string json = Parts().json();
  const auto message = check(json);
  ASSERT_TRUE(message.has_value()) << message.error().what;
  EXPECT_EQ(message->body, json);
  EXPECT_EQ(message->key, (MessageKey{id, *parse_ts(ts)}));
}

TEST_F(Check, WhiteSpaceBetweenTokensIsTakenOutAndNothingElse) {
  Parts parts;
  parts.system = R"({"id":")" + id + R"(","codename":"Focal  Fossa","release":" 20.04 "})";
  const std::string compact = parts.json();
  std::string spaced;
  bool in_string = false;
  for (const char c : compact) {
    in_string = in_string != (c == '"');
    spaced += c;
    if (!in_string && c != '"' && !std::isalnum(static_cast<unsigned char>(c))) {
      spaced += " \r\n\t";
    }
  }
  for (const auto& json :
       {compact, spaced, " " + compact, compact + "\n", compact + " ", "\r\n\t" + compact}) {
    const auto message = check(json);
    ASSERT_TRUE(message.has_value()) << message.error().what;
    EXPECT_EQ(message->body, compact);
  }
}

TEST_F(Check, AMissingTsBecomesNowInFirstPlace) {
  const std::string json = Parts{.ts_field = ""}.json();
  const auto message = check(json);
  ASSERT_TRUE(message.has_value()) << message.error().what;
  EXPECT_EQ(message->key.ts, now_);
  EXPECT_EQ(message->body, R"({"ts":"2026-03-04T00:00:00.123456Z",)" + json.substr(1));
}

TEST_F(Check, AMissingIdBecomesTheDefaultInFirstPlace) {
  const MessageDefaults defaults{std::string(64, 'b')};
  // An `api` with a `system` of its own stands first, to catch a search for the word.
  const std::string before = R"({ "ts":"2026-03-03T11:13:55.862Z", "data":)"
                             R"({"enabledFeatures":{"api":{"system":{"system":{}}}},"system" : {)";
  const std::string after = R"(},"service":"butler","serviceVersion":"5.1.0"}})";
  const std::string filled = R"("id":")" + std::string(64, 'b') + R"(")";
  const std::string compact_before =
      R"({"ts":"2026-03-03T11:13:55.862Z","data":)"
      R"({"enabledFeatures":{"api":{"system":{"system":{}}}},"system":{)";

  auto message = check(before + after, defaults);
  ASSERT_TRUE(message.has_value()) << message.error().what;
  EXPECT_EQ(message->body, compact_before + filled + after);
  EXPECT_EQ(message->key.instance_id, std::string(64, 'b'));

  message = check(before + R"( "arch" : "x64" )" + after, defaults);
  ASSERT_TRUE(message.has_value()) << message.error().what;
  EXPECT_EQ(message->body, compact_before + filled + R"(,"arch":"x64")" + after);
}

TEST_F(Check, WhatTheSenderSaysWinsOverTheDefaults) {
  const auto message = check(Parts().json(), {std::string(64, 'b')});
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->key.instance_id, id);
}

TEST_F(Check, AMissingIdWithoutADefaultIsAnError) {
  EXPECT_EQ(problem(Parts{.system = "{}"}.json()), "data.system.id: is missing");
}

TEST_F(Check, TsMustLieBetween2015AndTwoDaysAhead) {
  const auto with_ts = [](const std::string& text) {
    return Parts{.ts_field = R"("ts":")" + text + R"(",)"}.json();
  };
  EXPECT_EQ(problem(with_ts("2015-01-01T00:00:00Z")), "");
  EXPECT_EQ(problem(with_ts("2026-03-06T00:00:00.123456Z")), "");
  const std::string out_of_range = "ts: must lie between 2015-01-01 and 48 hours from now";
  EXPECT_EQ(problem(with_ts("2014-12-31T23:59:59.999999Z")), out_of_range);
  EXPECT_EQ(problem(with_ts("2026-03-06T00:00:00.123457Z")), out_of_range);
  EXPECT_NE(problem(with_ts("yesterday")), "");
  EXPECT_NE(problem(with_ts("2026-02-29T00:00:00Z")), "");
  EXPECT_NE(problem(with_ts("2026\\u002d03-03T11:13:55.862Z")), "");
}

TEST_F(Check, AKeyIsCanonicalHoweverTsIsWritten) {
  const auto message = check(Parts{.ts_field = R"("ts":"2026-03-03T12:13:55.8620+01:00",)"}.json());
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(canonical_ts(message->key.ts), ts);
  EXPECT_NE(message->body.find("12:13:55.8620+01:00"), std::string::npos);
}

TEST_F(Check, ErrorsNameTheFieldAndNeverItsValue) {
  EXPECT_EQ(problem(Parts{.system = R"({"hostname":"srv-secret-42"})"}.json()),
            "data.system.hostname: is not a documented field; see docs/privacy.md");
  EXPECT_EQ(problem(Parts{.system = R"({"arch":"secret value"})"}.json()),
            "data.system.arch: must be 1 to 32 of A-Z, a-z, 0-9 and _");
  EXPECT_EQ(
      problem(with_api(R"({"scheduler":{"start":"secret"}})")),
      "data.enabledFeatures.api.scheduler.start: must be one of yes, no, on, off, true, false");
  EXPECT_EQ(problem(R"({"data":[]})"), "data: must be an object");
  EXPECT_EQ(problem(R"({})"), "data: is missing");
  EXPECT_EQ(problem(R"({"data":{"service":"butler"}})"), "data.serviceVersion: is missing");
  EXPECT_EQ(problem("[]"), "the message must be a JSON object");
  EXPECT_EQ(problem(""), "the message is empty");
}

TEST(InstanceId, Is64LowerCaseHexDigits) {
  const std::string rest(63, 'a');
  for (const char c : {'0', '9', 'a', 'f'}) {
    EXPECT_TRUE(is_instance_id(rest + c)) << c;
  }
  for (const char c : {'/', ':', '`', 'g', 'A', 'F'}) {
    EXPECT_FALSE(is_instance_id(rest + c)) << c;
  }
  EXPECT_FALSE(is_instance_id(rest));
  EXPECT_FALSE(is_instance_id(rest + "aa"));
  EXPECT_FALSE(is_instance_id(""));
}

TEST_F(Check, NamesFromOutsideAreShownOnlyWhereTheyArePlain) {
  EXPECT_EQ(problem("{\"aZ9_-\\n\x7f <b>\xC3\xA4\":1}"),
            "aZ9_-?n???b???: is not a documented field; see docs/privacy.md");
  EXPECT_EQ(problem("{\"azAZ09_-`{@[/:\":1}"),
            "azAZ09_-??????: is not a documented field; see docs/privacy.md");
}

TEST_F(Check, OfALongNameTheBeginningIsShown) {
  const std::string shown(64, 'n');
  const std::string rest = ": is not a documented field; see docs/privacy.md";
  EXPECT_EQ(problem("{\"" + shown + "\":1}"), shown + rest);
  EXPECT_EQ(problem("{\"" + shown + "n\":1}"), shown + "..." + rest);
}

TEST_F(Check, AnEmptyNameIsNoDocumentedOne) {
  const std::string empty = R"("":1)";
  const std::string why = ": is not a documented field; see docs/privacy.md";
  EXPECT_EQ(problem(Parts{.ts_field = empty + ","}.json()), why);
  EXPECT_EQ(problem("{\"data\":{" + empty + "}}"), "data." + why);
  EXPECT_EQ(problem(Parts{.system = "{" + empty + "}"}.json()), "data.system." + why);
  EXPECT_EQ(problem(Parts{.features = "{" + empty + "}"}.json()), "data.enabledFeatures." + why);
  EXPECT_EQ(problem(Parts{.features = R"({"feature":{)" + empty + "}}"}.json()),
            "data.enabledFeatures.feature." + why);
  EXPECT_NE(problem(with_api("{" + empty + "}")), "");
}

TEST_F(Check, WhereJsonIsMalformedIsSaid) {
  EXPECT_EQ(problem(R"({"ts" "data"})"), "malformed JSON near byte 7");
  EXPECT_EQ(problem("{"), "malformed JSON near byte 1");
}

TEST_F(Check, TextThatIsNotUtf8IsSaidToBeSo) {
  EXPECT_EQ(problem("{\"a\xFF\":1}"), "the message is not valid UTF-8");
}

TEST_F(Check, RepeatedNamesAreRefusedInEveryObject) {
  const std::string good = Parts().json();
  for (const auto* field : {R"("ts":"2026-03-03T11:13:55.862Z",)", R"("service":"butler",)",
                            R"("arch":"x64",)", R"("api":{},)"}) {
    std::string json = good;
    const auto at = json.find(field);
    ASSERT_NE(at, std::string::npos) << field;
    json.insert(at, field);
    EXPECT_NE(problem(json).find("is there twice"), std::string::npos) << json;
  }
  EXPECT_EQ(problem(with_api(R"({"a":1,"b":{"a":1},"c":2})")), "");
  EXPECT_EQ(problem(with_api(R"({"b":{"a":1},"a":1})")), "");
  EXPECT_EQ(problem(with_api(R"({"abcdefgh1":1,"abcdefgh2":2})")), "");
  EXPECT_EQ(problem(with_api(R"({"a":1,"b":{"x":1,"x":1}})")),
            "data.enabledFeatures.api.b.x: is there twice");
  EXPECT_EQ(problem(with_api(R"({"a":1,"b":{"x":1},"a":1})")),
            "data.enabledFeatures.api.a: is there twice");
}

TEST_F(Check, ApiIsAtMostEightObjectsDeep) {
  EXPECT_EQ(problem(with_api(object_nested(8))), "");
  EXPECT_NE(problem(with_api(object_nested(9))).find("nested deeper"), std::string::npos);
  EXPECT_NE(problem(with_api(object_nested(2000))).find("nested deeper"), std::string::npos);
}

TEST_F(Check, AnObjectBelowApiHasAtMost512Names) {
  EXPECT_EQ(problem(with_api(object_of(512))), "");
  EXPECT_EQ(problem(with_api(R"({"a":)" + object_of(512) + R"(,"b":)" + object_of(512) + "}")), "");
  EXPECT_NE(problem(with_api(object_of(513))).find("512"), std::string::npos);
}

TEST_F(Check, NumbersAreFiniteAndShort) {
  for (const auto* number :
       {"0", "-0", "1", "-1.5", "1e3", "1E-7", "0.1234567890123456789012345678",
        "99999999999999999999999999999999"}) {
    EXPECT_EQ(problem(with_api(R"({"a":)" + std::string(number) + "}")), "") << number;
  }
  EXPECT_EQ(problem(with_api(R"({"a":)" + std::string(32, '9') + " \n}")), "");
  for (const auto* number : {"01", "+1", ".5", "1.", "1e", "0x1", "1e400", "-1e400", "NaN", "1_0",
                             "Infinity", "--1", "999999999999999999999999999999999"}) {
    EXPECT_NE(problem(with_api(R"({"a":)" + std::string(number) + "}")), "") << number;
  }
}

TEST_F(Check, MalformedJsonIsFoundWhereverItStands) {
  const std::string good = with_api(R"({"a":true,"b":null,"c":{"d":"on"}})");
  ASSERT_EQ(problem(good), "");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string json = good;
    return json.replace(json.find(from), from.size(), to);
  };
  for (const auto& json : {with("true", "tr ue"),
                           with("true", "truee"),
                           with("true", "tru"),
                           with("null", "nul"),
                           with("null", "nulll"),
                           with(R"("a":)", R"("a" )"),
                           with(R"("a":)", R"("a"::)"),
                           with(R"("a":)", "a:"),
                           with("true,", "true,,"),
                           with("true,", "true "),
                           with("on\"}", "on\",}"),
                           with("on\"}", "on\"]"),
                           with("\"on\"", "\"on"),
                           with("\"on\"", "\"on\":1"),
                           with("\"on\"", "\"o\\qn\""),
                           with("\"on\"", "\"o\nn\""),
                           with("\"on\"", "\"o\xFFn\""),
                           with("\"on\"", "\"o\xC0\x80n\""),
                           with("\"on\"", "'on'"),
                           with("{\"a\"", "{,\"a\""),
                           with("true", "true\f"),
                           with("true", "/**/true"),
                           good + "}",
                           good + "{}",
                           good + "x",
                           good + ",",
                           good.substr(0, good.size() - 1),
                           std::string("\xEF\xBB\xBF") + good,
                           good + '\0',
                           good.substr(1),
                           std::string("{"),
                           std::string("}"),
                           std::string("{\""),
                           std::string("{\"ts\"")}) {
    EXPECT_NE(problem(json), "") << json;
  }
}

TEST_F(Check, EscapesAreRefusedInNamesAndValues) {
  EXPECT_NE(problem(with_api(R"({"\u0061":true})")), "");
  EXPECT_NE(problem(with_api(R"({"a":"\u006fn"})")), "");
  EXPECT_NE(problem(Parts{.system = R"({"id":")" + id + R"(","release":"a\"b"})"}.json()), "");
}

TEST_F(Check, TheSizeLimitCountsWithoutWhiteSpaceAndAfterFilling) {
  const std::string json = Parts().json();
  const auto says = [&](std::size_t limit, const std::string& text) {
    const auto message = MessageCheck(MessageLimits{limit}).check(text, {}, now_);
    return message ? std::string("ok") : message.error().what;
  };
  EXPECT_EQ(says(json.size(), json), "ok");
  EXPECT_EQ(says(json.size(), json + std::string(10'000, ' ')), "ok");
  EXPECT_NE(says(json.size() - 1, json).find("bytes"), std::string::npos);
  const std::string unfilled = Parts{.ts_field = ""}.json();
  EXPECT_NE(says(unfilled.size(), unfilled).find("bytes"), std::string::npos);
  const auto refused = MessageCheck(MessageLimits{10}).check(json, {}, now_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::too_large);
}

TEST_F(Check, OneCheckServesManyMessages) {
  const std::string big = with_api(object_of(512));
  const std::string small = Parts().json();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(problem(big), "");
    EXPECT_NE(problem(big.substr(0, big.size() / 2)), "");
    EXPECT_EQ(problem(small), "");
    EXPECT_NE(problem(small.substr(0, small.size() - 1)), "");
  }
}

}  // namespace reporterd
