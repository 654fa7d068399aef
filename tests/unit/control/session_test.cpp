// Session: one request, and its answer.
#include "daemon/control/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/control/rpc.h"
#include "tests/unit/control/session_fixture.h"

namespace reporterd {
namespace {

TEST_F(SessionTest, SubmitAnswersTheKeyAndPassesTheMessageOnByteForByte) {
  connect(Access::submit);
  const std::string message = R"({ "ts" : "x",  "data":{"a":[1,{"b":"}"}],"e":1.10} })";
  EXPECT_EQ(ask(submit_line("1", message)), queued_answer("1"));
  ASSERT_EQ(service_.submitted.size(), 1U);
  EXPECT_EQ(service_.submitted[0], message);
}

TEST_F(SessionTest, AMessageThatIsThereAlreadyIsAnsweredAsDuplicate) {
  connect(Access::submit);
  ask(submit_line("1", "{}"));
  EXPECT_EQ(ask(submit_line("2", "{}")), R"({"jsonrpc":"2.0","id":2,"result":{)" +
                                             std::string(key_json) + R"(,"state":"duplicate"}})" +
                                             "\n");
}

TEST_F(SessionTest, MembersMayComeInAnyOrder) {
  connect(Access::submit);
  EXPECT_EQ(ask(R"({"params":{"message":{"a":1}},"method":"submit","id":"x","jsonrpc":"2.0"})"
                "\n"),
            queued_answer("\"x\""));
  EXPECT_EQ(service_.submitted.back(), R"({"a":1})");
}

TEST_F(SessionTest, IdsAreEchoedExactly) {
  connect(Access::submit);
  for (const std::string id : {"0", "-7", "1.50", "1e2", "12345678901234567890123", "null", "\"\"",
                               "\"a\\u0041\\n\"", "\"\xc3\xa9\"", "\" spaced \""}) {
    EXPECT_EQ(ask(submit_line(id, "{\"a\":" + id + "}")), queued_answer(id));
  }
}

TEST_F(SessionTest, AnIdThatIsNotAStringNumberOrNullIsRefused) {
  connect(Access::submit);
  for (const char* id : {"true", "{}", "[1]", "01", "1.", "--1", "nul", "\"\\q\""}) {
    expect_error(submit_line(id, "{}"), "null", rpc::invalid_request);
  }
  expect_error(submit_line("\"" + std::string(127, 'x') + "\"", "{}"), "null",
               rpc::invalid_request);
  EXPECT_TRUE(service_.submitted.empty());
}

TEST_F(SessionTest, AnIdThatGoesOnBehindAZeroByteIsRefused) {
  connect(Access::control);
  expect_error(call_line(std::string("1\0", 2), "status"), "null", rpc::invalid_request);
  expect_error(call_line(std::string("1\0}", 3), "status"), "null", rpc::parse_error);
}

TEST_F(SessionTest, WhatIsNotJsonIsAParseError) {
  connect(Access::control);
  for (const char* line :
       {"hello", "{", "{\"jsonrpc\":\"2.0\"", "{\"jsonrpc\" \"2.0\"}", "}", "{\"id\":1}}", "\"",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"} {}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sta\ttus\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\xff\"}"}) {
    expect_error(std::string(line) + "\n", "null", rpc::parse_error);
  }
  expect_error(submit_line("1", "{\"\xc3\":1}"), "null", rpc::parse_error);
  expect_error(call_line("3", "flush", "{\"force\":tru}"), "3", rpc::parse_error);
}

TEST_F(SessionTest, WhatIsNoRequestIsRefused) {
  connect(Access::control);
  for (const char* line : {
           "1", "\"text\"", "null", "[]",
           R"([{"jsonrpc":"2.0","id":1,"method":"status"}])",       // a batch
           R"({"jsonrpc":"2.0","method":"status"})",                // a notification
           R"({"jsonrpc":"2.0","id":1,"id":1,"method":"status"})",  // which id?
       }) {
    expect_error(std::string(line) + "\n", "null", rpc::invalid_request);
  }
  for (const char* line : {
           R"({"id":1,"method":"status"})",
           R"({"jsonrpc":"1.0","id":1,"method":"status"})",
           R"({"jsonrpc":2.0,"id":1,"method":"status"})",
           R"({"jsonrpc":"2.0","id":1})",
           R"({"jsonrpc":"2.0","id":1,"method":7})",
           R"({"jsonrpc":"2.0","method":7,"id":1})",
           R"({"jsonrpc":"2.0","id":1,"method":"status","params":[]})",
           R"({"jsonrpc":"2.0","id":1,"method":"status","params":null})",
           R"({"jsonrpc":"2.0","id":1,"method":"status","parms":{}})",
           R"({"jsonrpc":"2.0","id":1,"method":"status","\u0069d":2})",
           R"({"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"status"})",
           R"({"jsonrpc":"2.0","id":1,"method":"status","method":"status"})",
           R"({"jsonrpc":"2.0","id":1,"method":"status","params":{},"params":{}})",
       }) {
    expect_error(std::string(line) + "\n", "1", rpc::invalid_request);
  }
}

TEST_F(SessionTest, UnknownMethodsAndWrongParametersHaveTheirCodes) {
  connect(Access::control);
  expect_error(call_line("1", "explode"), "1", rpc::method_not_found);
  expect_error(call_line("1", ""), "1", rpc::method_not_found);
  for (const auto& [method, params] : {
           std::pair{"submit", ""},
           {"submit", "{}"},
           {"submit", R"({"message":[]})"},
           {"submit", R"({"message":"text"})"},
           {"submit", R"({"message":{},"more":1})"},
           {"submit", R"({"message":{},"message":{}})"},
           {"status", R"({"verbose":true})"},
           {"flush", R"({"wait":1})"},
           {"flush", R"({"wait":true,"wait":true})"},
           {"flush", R"({"timeoutMs":5})"},
           {"flush", R"({"wait":true,"timeoutMs":0})"},
           {"flush", R"({"wait":true,"timeoutMs":1.5})"},
           {"flush", R"({"wait":true,"timeoutMs":18446744073709551615})"},
           {"pause", R"({"forMs":-1})"},
           {"report", R"({"butler":0})"},
           {"queue.list", R"({"state":"delivered"})"},
           {"queue.list", R"({"state":"in flight"})"},
           {"queue.list", R"({"limit":1001})"},
           {"queue.list", R"({"before":3})"},
           {"history.list", R"({"state":"queued"})"},
           {"history.list", R"({"after":3})"},
           {"queue.show", "{}"},
           {"queue.show", R"({"seq":"1"})"},
           {"queue.delete", "{}"},
           {"queue.delete", R"({"all":false})"},
           {"queue.delete", R"({"all":true,"seqs":[1]})"},
           {"queue.requeue", R"({"seqs":[]})"},
           {"queue.requeue", R"({"seqs":[1,0]})"},
           {"queue.requeue", R"({"seqs":[[1]]})"},
           {"config.check", R"({"text":1})"},
       }) {
    expect_error(call_line("1", method, params), "1", rpc::invalid_params);
  }
  EXPECT_TRUE(service_.calls.empty());
  EXPECT_TRUE(service_.submitted.empty());
}

TEST_F(SessionTest, DeepNestingIsAnErrorAndNoCrash) {
  connect(Access::control);
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  expect_error(call_line("1", "flush", "{\"force\":" + deep + "}"), "1", rpc::invalid_params);
  expect_error(call_line(deep, "status"), "null", rpc::invalid_request);
  expect_error(std::string(200'000, '[') + "\n", "null", rpc::invalid_request);
  std::string objects;
  for (int i = 0; i < 30'000; ++i) {
    objects += "{\"a\":";
  }
  expect_error(objects + "\n", "null", rpc::parse_error);
}

TEST_F(SessionTest, ParametersReachTheService) {
  connect(Access::control);
  ask(call_line("1", "report"));
  ask(call_line("1", "report", R"({"butler":2})"));
  ask(call_line("1", "flush"));
  ask(call_line("1", "flush", R"({"wait":true,"force":true,"timeoutMs":1500})"));
  ask(call_line("1", "pause"));
  ask(call_line("1", "pause", R"({"forMs":60000})"));
  ask(call_line("1", "queue.list"));
  ask(call_line("1", "queue.list", R"({"state":"held","after":7,"limit":3})"));
  ask(call_line("1", "history.list", R"({"state":"rejected","before":70})"));
  ask(call_line("1", "queue.delete", R"({"seqs":[4,9]})"));
  ask(call_line("1", "queue.requeue", R"({"all":true})"));
  ask(call_line("1", "config.check", R"({"file":"a.yaml","text":"x: 1"})"));
  EXPECT_EQ(service_.calls, (std::vector<std::string>{
                                "report all", "report 2", "flush force=false wait=false 60000 ms",
                                "flush force=true wait=true 1500 ms", "pause", "pause for 60000 ms",
                                "list settled=false state=any after=0 before=0 limit=50",
                                "list settled=false state=held after=7 before=0 limit=3",
                                "list settled=true state=rejected after=0 before=70 limit=50",
                                "remove 4,9", "requeue all", "config_check a.yaml x: 1"}));
}

TEST_F(SessionTest, AMessageIsShownOnlyWhereItIs) {
  connect(Access::control);
  EXPECT_NE(ask(call_line("1", "queue.show", R"({"seq":2})")).find(R"("rate":1.10)"),
            std::string::npos);
  EXPECT_NE(ask(call_line("1", "history.show", R"({"seq":1})")).find(R"("rate":1.10)"),
            std::string::npos);
  const int not_found = rpc::code_of(ErrorCode::not_found);
  expect_error(call_line("1", "queue.show", R"({"seq":1})"), "1", not_found);
  expect_error(call_line("1", "history.show", R"({"seq":2})"), "1", not_found);
  expect_error(call_line("1", "queue.show", R"({"seq":9})"), "1", not_found);
}

TEST_F(SessionTest, TheSubmitSocketHasSubmitAndStatusOnly) {
  connect(Access::submit);
  for (const Method& method : methods()) {
    if (method.access == Access::control) {
      expect_error(call_line("1", std::string(method.name)), "1", rpc::permission);
    }
  }
  EXPECT_TRUE(service_.calls.empty());
  EXPECT_TRUE(ask(call_line("1", "status")).starts_with(R"({"jsonrpc":"2.0","id":1,"result":)"));
}

TEST_F(SessionTest, EveryErrorCodeOfTheServiceHasANumberOfItsOwn) {
  connect(Access::control);
  std::vector<int> seen;
  for (int i = 0; i <= static_cast<int>(ErrorCode::unavailable); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    service_.failure = Error{code, "what \"happened\"\n and \xff what to do"};
    const int number = rpc::code_of(code);
    expect_error(submit_line("1", "{}"), "1", number);
    expect_error(call_line("1", "resume"), "1", number);
    EXPECT_EQ(rpc::error_code_of(number), code);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), number), 0);
    seen.push_back(number);
  }
  EXPECT_EQ(rpc::error_code_of(rpc::parse_error), std::nullopt);
}

}  // namespace
}  // namespace reporterd
