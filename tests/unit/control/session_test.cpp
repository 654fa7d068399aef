#include "daemon/control/session.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "daemon/control/rpc.h"
#include "tests/unit/control/fakes.h"

namespace reporterd {
namespace {

using testing::FakeService;
using testing::FakeStream;

constexpr const char* key_json =
    R"("instanceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
    R"("ts":"2026-01-02T03:04:05.000Z")";

std::string submit_line(const std::string& id, const std::string& message) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"submit","params":{"message":)" + message +
         "}}\n";
}

std::string call_line(const std::string& id, const std::string& method,
                      const std::string& params = "") {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method + "\"" +
         (params.empty() ? "" : R"(,"params":)" + params) + "}\n";
}

std::string queued_answer(const std::string& id) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{)" + key_json + R"(,"state":"queued"}})" +
         "\n";
}

std::string error_start(const std::string& id, int code) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":)" + std::to_string(code) +
         R"(,"message":")";
}

class SessionTest : public ::testing::Test {
 protected:
  void connect(Access access, SessionLimits limits = {}) {
    session_ = std::make_unique<Session>(stream_, service_, reader_, access, limits);
  }

  std::string ask(const std::string& bytes) {
    session_->received(bytes);
    return stream_.take();
  }

  void expect_error(const std::string& line, const std::string& id, int code) {
    const std::string answer = ask(line);
    EXPECT_TRUE(answer.starts_with(error_start(id, code))) << line << " gave " << answer;
    EXPECT_EQ(answer.find('\n'), answer.size() - 1) << line << " gave " << answer;
  }

  FakeStream stream_;
  FakeService service_;
  RequestReader reader_;
  std::unique_ptr<Session> session_;
};

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

TEST_F(SessionTest, WhatIsNotJsonIsAParseError) {
  connect(Access::control);
  for (const char* line :
       {"hello", "{", "{\"jsonrpc\":\"2.0\"", "{\"jsonrpc\" \"2.0\"}", "}", "{\"id\":1}}", "\"",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"} {}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sta\ttus\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\xff\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"submit\",\"params\":{\"message\":{\"\xc3\":1}}"
        "}"}) {
    expect_error(std::string(line) + "\n", "null", rpc::parse_error);
  }
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

TEST_F(SessionTest, EmptyLinesAreSkippedAndCrLfEndsALine) {
  connect(Access::submit);
  std::string line = submit_line("1", "{}");
  line.insert(line.size() - 1, "\r");
  EXPECT_EQ(ask("\n\r\n  \t\n" + line + "\r\n\n"), queued_answer("1"));
}

TEST_F(SessionTest, AnswersComeInTheOrderOfTheRequests) {
  connect(Access::submit);
  service_.later = true;
  EXPECT_EQ(ask(submit_line("1", "{\"a\":1}") + submit_line("2", "{\"a\":2}") +
                submit_line("3", "{\"a\":3}")),
            "");
  const std::string status = ask(call_line("4", "status"));
  EXPECT_EQ(status, "");
  service_.release(2);
  service_.release(1);
  EXPECT_EQ(stream_.take(), "");
  service_.release(0);
  const std::string answers = stream_.take();
  EXPECT_TRUE(answers.starts_with(queued_answer("1") + queued_answer("2") + queued_answer("3") +
                                  R"({"jsonrpc":"2.0","id":4,"result":{)"))
      << answers;
}

TEST_F(SessionTest, ManyLinesAtOnceAreAnsweredWithOneWrite) {
  connect(Access::submit);
  ask(submit_line("1", "{\"a\":1}") + submit_line("2", "{\"a\":2}"));
  EXPECT_EQ(stream_.writes, 1);
}

TEST_F(SessionTest, ALineOverTheLimitIsRefusedAndSkippedAndTheConnectionGoesOn) {
  connect(Access::submit, {.line_bytes = 300, .unanswered = 10});
  const int too_large = rpc::code_of(ErrorCode::too_large);
  const std::string shell = submit_line("1", R"({"a":""})");
  std::string fits = submit_line("1", R"({"a":")" + std::string(301 - shell.size(), 'x') + "\"}");
  ASSERT_EQ(fits.size(), 301U);  // 300 and its LF
  EXPECT_EQ(ask(fits), queued_answer("1"));
  expect_error(submit_line("1", R"({"a":")" + std::string(302 - shell.size(), 'x') + "\"}"), "null",
               too_large);
  // The answer does not wait for the end of such a line, and only one is given.
  expect_error(std::string(400, 'x'), "null", too_large);
  EXPECT_EQ(ask(std::string(5000, 'y')), "");
  EXPECT_EQ(ask("z\n" + submit_line("2", "{\"b\":1}")), queued_answer("2"));
}

TEST_F(SessionTest, ReadingPausesWhileTooManyRequestsAreUnanswered) {
  connect(Access::submit, {.line_bytes = 300, .unanswered = 2});
  service_.later = true;
  std::string lines;
  for (int i = 1; i <= 5; ++i) {
    lines += submit_line(std::to_string(i), "{\"n\":" + std::to_string(i) + "}");
  }
  EXPECT_EQ(ask(lines), "");
  EXPECT_EQ(service_.submitted.size(), 2U);
  EXPECT_TRUE(stream_.reading_paused);
  service_.release();
  EXPECT_EQ(stream_.take(), queued_answer("1"));
  EXPECT_EQ(service_.submitted.size(), 3U);
  EXPECT_TRUE(stream_.reading_paused);
  for (int i = 2; i <= 5; ++i) {
    service_.release();
  }
  EXPECT_EQ(stream_.take(),
            queued_answer("2") + queued_answer("3") + queued_answer("4") + queued_answer("5"));
  EXPECT_FALSE(stream_.reading_paused);
  service_.later = false;
  EXPECT_EQ(ask(submit_line("6", "{}")), queued_answer("6"));
}

TEST_F(SessionTest, AFullHouseOfImmediateAnswersNeverPausesReading) {
  connect(Access::submit, {.line_bytes = 300, .unanswered = 1});
  ask(submit_line("1", "{\"a\":1}") + submit_line("2", "{\"a\":2}") + submit_line("3", "{}"));
  EXPECT_EQ(service_.submitted.size(), 3U);
  EXPECT_FALSE(stream_.reading_paused);
}

TEST_F(SessionTest, AnswersAfterTheConnectionIsGoneAreDropped) {
  connect(Access::control);
  service_.later = true;
  ask(submit_line("1", "{}") + call_line("2", "queue.list") + call_line("3", "resume") +
      call_line("4", "queue.show", R"({"seq":2})"));
  session_.reset();
  while (service_.owed() > 0) {
    service_.release();
  }
  EXPECT_EQ(stream_.take(), "");
}

TEST_F(SessionTest, AConnectionThatIsCutWhileItIsWrittenToIsNoProblem) {
  struct CuttingStream final : Stream {
    void write(std::string /*bytes*/) override { session->reset(); }
    void pause_reading(bool /*paused*/) override {}
    void finish() override {}
    std::unique_ptr<Session>* session = nullptr;
  } stream;
  session_ = std::make_unique<Session>(stream, service_, reader_, Access::submit, SessionLimits{});
  stream.session = &session_;
  session_->received(submit_line("1", "{}") + submit_line("2", "{}"));
  EXPECT_EQ(session_, nullptr);
  session_ = std::make_unique<Session>(stream, service_, reader_, Access::submit, SessionLimits{});
  service_.later = true;
  session_->received(submit_line("1", "{}"));
  service_.release();
  EXPECT_EQ(session_, nullptr);
}

// A mixture of good and bad lines, cut at every possible place, gives the same answers.
TEST_F(SessionTest, WhereTheBytesAreCutMakesNoDifference) {
  const std::string lines = submit_line("1", R"({"a":"\u00e9}","b":[1]})") + "\r\n" +
                            call_line("\"x\"", "queue.show", R"({"seq":9})") + "nonsense\n" +
                            std::string(400, 'x') + "\n" + submit_line("2", "{\"\xc3\xa9\":1}");
  connect(Access::control, {.line_bytes = 300, .unanswered = 100});
  const std::string whole = ask(lines);
  ASSERT_EQ(std::count(whole.begin(), whole.end(), '\n'), 5);
  for (std::size_t cut = 0; cut <= lines.size(); ++cut) {
    connect(Access::control, {.line_bytes = 300, .unanswered = 100});
    const std::string first = ask(lines.substr(0, cut));
    ASSERT_EQ(first + ask(lines.substr(cut)), whole) << "cut at " << cut;
  }
}

// Random damage to good lines: one answer each, never a crash, and the next line is understood.
TEST_F(SessionTest, DamagedLinesGetOneAnswerEach) {
  constexpr unsigned seed = 20'260'102;
  std::mt19937 random(seed);
  connect(Access::control);
  const std::string samples[] = {
      submit_line("17", R"({"ts":"2026-01-02T03:04:05Z","data":{"system":{"id":"x"},"f":[1,2]}})"),
      call_line("\"flush\"", "flush", R"({"wait":true,"timeoutMs":20})"),
      call_line("null", "queue.delete", R"({"seqs":[1,2,3]})")};
  const std::string bytes = "{}[]\",:\\0129.eE+-tfn \t\x01\x7f\x80\xc3\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string line = samples[random() % 3];
    line.pop_back();
    for (auto times = random() % 4 + 1; times > 0; --times) {
      const std::size_t at = random() % line.size();
      const char byte = bytes[random() % bytes.size()];
      switch (random() % 4) {
        case 0:
          line[at] = byte;
          break;
        case 1:
          line.insert(at, 1, byte);
          break;
        case 2:
          line.erase(at, random() % 8);
          break;
        default:
          line.insert(at, line.substr(random() % line.size(), random() % 20));
      }
      line += line.empty() ? "x" : "";
    }
    const std::string answer = ask(line + "\n" + call_line("1", "resume"));
    const std::string blank = line.find_first_not_of(" \t") == std::string::npos ? "" : "{";
    ASSERT_EQ(std::count(answer.begin(), answer.end(), '\n'), blank.empty() ? 1 : 2)
        << "seed " << seed << ", line " << line << ", answer " << answer;
    ASSERT_TRUE(answer.ends_with("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n")) << line;
  }
}

}  // namespace
}  // namespace reporterd
