// Session: lines out of a stream of bytes, the order of answers, and limits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <random>
#include <string>

#include "daemon/control/rpc.h"
#include "tests/unit/control/session_fixture.h"

namespace reporterd {
namespace {

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
