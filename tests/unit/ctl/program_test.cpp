// The real reporterctl: see the fixture.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>

#include "daemon/control/rpc.h"
#include "tests/unit/ctl/program_fixture.h"

namespace reporterd {
namespace {

using testing::FakeServer;

TEST_F(ProgramTest, EveryVerbWorksAgainstTheRealProtocol) {
  serve_service();
  for (const char* verb :
       {"status", "flush", "flush --wait --timeout 2 --force", "preview", "queue list",
        "queue list --state held --after 3 --limit 5", "queue show 2", "queue requeue 1 2",
        "queue requeue --all", "history list --before 7 --state rejected", "history show 1",
        "pause", "pause 12h", "resume", "consent show", "id show", "config check", "config show",
        "config reload"}) {
    EXPECT_EQ(run(verb), 0) << verb << ": " << err_;
    EXPECT_NE(out_, "") << verb;
    EXPECT_EQ(err_, "") << verb;
    EXPECT_EQ(run(std::string(verb) + " --json"), 0) << verb << ": " << err_;
    EXPECT_TRUE(Json::accept(out_)) << verb << " printed " << out_;
  }
}

TEST_F(ProgramTest, WhatTheCommandLineSaysReachesTheService) {
  serve_service();
  run("flush --wait --timeout 2.5 --force");
  run("flush --wait --timeout 1d");  // the longest that the service takes
  EXPECT_EQ(run("flush --wait --timeout 25h"), 2);
  run("pause 90m");
  run("pause 3650d");
  EXPECT_EQ(run("pause 3651d"), 2);
  run("history list --before 7 --state rejected --limit 9");
  run("report 2");
  run("queue delete 4 9");
  run("queue delete --all");
  EXPECT_EQ(service_.calls,
            (std::vector<std::string>{"flush force=true wait=true 2500 ms",
                                      "flush force=false wait=true 86400000 ms",
                                      "pause for 5400000 ms", "pause for 315360000000 ms",
                                      "list settled=true state=rejected after=0 before=7 limit=9",
                                      "report 2", "remove 4,9", "remove all"}));
}

TEST_F(ProgramTest, WhatCouldNotBeDoneForEachIsAFailure) {
  serve_service();
  EXPECT_EQ(run("report"), 1);
  EXPECT_NE(out_.find("its file is empty"), std::string::npos);
  EXPECT_EQ(run("queue delete 4 9"), 1);
  EXPECT_NE(err_.find("message 9"), std::string::npos);
}

TEST_F(ProgramTest, AMissingServiceIsAProblemThatDoctorFinds) {
  EXPECT_EQ(run("doctor"), 1);
  EXPECT_TRUE(out_.starts_with("problem  service        nobody listens at " + socket_)) << out_;
  EXPECT_EQ(err_, "");
}

TEST_F(ProgramTest, WithoutTheServiceItReadsFilesWithNamesInAllLetters) {
  std::filesystem::create_directory(path_of(folder_ + "/Zustand-漢字"));
  write("Grüße-漢字.yaml", "butlers:\r\n  - configFile: Butler-漢字.yaml\r\n");
  write("Butler-漢字.yaml", "Butler:\n  anonTelemetry: true\n");
  EXPECT_EQ(run("config check Grüße-漢字.yaml"), 0) << err_;
  for (const char* verb : {"preview", "id show", "doctor"}) {
    EXPECT_EQ(run(std::string(verb) + " --config Grüße-漢字.yaml --state-dir Zustand-漢字"),
              verb == std::string_view("doctor") ? 1 : 0)
        << verb << ": " << err_ << out_;
    EXPECT_NE(out_.find("Butler-漢字.yaml"), std::string::npos) << verb << ": " << out_;
    EXPECT_EQ(err_, "");
  }
}

TEST_F(ProgramTest, AMethodOfTheOtherSocketMeansPermission) {
  serve([](const std::string& line) { return error(line, rpc::permission, "not here"); });
  EXPECT_EQ(run("queue list"), 4);
  EXPECT_EQ(err_, "reporterctl: not here\n");
}

TEST_F(ProgramTest, ErrorsOfTheServiceHaveTheirExitCodes) {
  const std::pair<ErrorCode, int> expected[] = {
      {ErrorCode::consent_off, 5}, {ErrorCode::storage_full, 75}, {ErrorCode::unavailable, 75},
      {ErrorCode::corrupt, 8},     {ErrorCode::not_possible, 1},  {ErrorCode::config, 1}};
  ErrorCode code{};
  serve([&](const std::string& line) { return error(line, rpc::code_of(code), "because"); });
  for (const auto& [each, exit] : expected) {
    code = each;
    EXPECT_EQ(run("flush"), exit);
    EXPECT_EQ(out_, "");
    EXPECT_EQ(err_, "reporterctl: because\n");
  }
}

TEST_F(ProgramTest, TheOutcomeOfAFlushIsTheExitCode) {
  std::string outcome;
  serve([&](const std::string& line) {
    return result(
        line, fmt::format(R"({{"outcome":"{}","settled":1,"stillQueued":2,"why":"x"}})", outcome));
  });
  for (const auto& [each, exit] : {std::pair{"done", 0},
                                   {"nothing", 0},
                                   {"started", 0},
                                   {"unreachable", 6},
                                   {"timed out", 7}}) {
    outcome = each;
    EXPECT_EQ(run("flush --wait"), exit) << each;
  }
}

TEST_F(ProgramTest, DamageShowsInTheExitCodeOfStatus) {
  std::string status;
  serve([&](const std::string& line) { return result(line, status); });
  status = R"({"storage":{"setAside":"outbox.db.damaged"},"ledger":{"balances":true}})";
  EXPECT_EQ(run("status"), 8);
  status = R"({"storage":{"setAside":null},"ledger":{"balances":false}})";
  EXPECT_EQ(run("status"), 8);
}

TEST_F(ProgramTest, ASilentServiceIsGivenUp) {
  serve([](const std::string&) { return ""; });
  EXPECT_EQ(run("status --patience 50ms"), 75);
  EXPECT_NE(err_.find("silent for 50 ms"), std::string::npos);
  EXPECT_EQ(run("flush --wait --timeout 50ms --patience 50ms"), 75);
  EXPECT_NE(err_.find("silent for 100 ms"), std::string::npos);
}

TEST_F(ProgramTest, ASupportBundleOfASilentServiceSaysSo) {
  serve([](const std::string&) { return ""; });
  EXPECT_EQ(run("support-bundle - --patience 0.05"), 0) << err_;
  EXPECT_NE(out_.find("\n== status\n# none: "), std::string::npos) << out_;
  EXPECT_NE(out_.find("\n== flight record\n"), std::string::npos) << out_;
}

TEST_F(ProgramTest, AConnectionThatEndsEarlyMeansTryLater) {
  serve([](const std::string&) { return FakeServer::hang_up; });
  EXPECT_EQ(run("status"), 75);
  EXPECT_EQ(run("submit -", "{}"), 75);
  EXPECT_NE(err_.find("from line 1 on"), std::string::npos);
}

TEST_F(ProgramTest, AnswersThatMakeNoSenseAreAFailure) {
  std::string answer;
  serve([&](const std::string&) { return answer; });
  for (const char* each : {"HTTP/1.1 400 Bad Request\r\n", "{}\n", "[]\n", "null\n",
                           R"({"id":2,"result":{}})"
                           "\n",
                           R"({"id":1})"
                           "\n",
                           R"({"id":1,"error":"text"})"
                           "\n",
                           R"({"id":1,"error":{"code":"x","message":"y"}})"
                           "\n"}) {
    answer = each;
    EXPECT_EQ(run("queue list"), 1) << each;
    EXPECT_NE(err_.find("not understood"), std::string::npos) << each;
  }
  for (const char* odd : {"[]", "7", "null", R"({"messages":[1,null,{"seq":{}}],"butlers":7})"}) {
    answer = fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}}\n", odd);
    for (const char* verb : {"status", "preview", "queue list", "queue show 1", "id show",
                             "consent show", "config reload", "flush", "report"}) {
      EXPECT_EQ(run(verb), 0) << verb << " given " << odd;
    }
  }
}

TEST_F(ProgramTest, WrongUsageExitsWithTwo) {
  for (const char* arguments :
       {"", "explode", "queue", "queue list extra", "status --wat", "queue show", "queue show x",
        "queue delete", "queue delete 1 --all", "flush --timeout 3", "flush --wait --timeout 0",
        "flush --wait --timeout x", "pause never", "report one", "submit", "queue list --limit x",
        "status --patience 0", "support-bundle", "support-bundle - --json"}) {
    EXPECT_EQ(run(arguments), 2) << arguments;
    EXPECT_EQ(out_, "") << arguments;
    EXPECT_TRUE(err_.starts_with("reporterctl: ")) << err_;
    EXPECT_TRUE(err_.ends_with("; see reporterctl --help\n")) << err_;
    EXPECT_EQ(std::ranges::count(err_, '\n'), 1) << err_;
  }
}

TEST_F(ProgramTest, AWordThatIsNotKnownIsNamed) {
  EXPECT_EQ(run("explode"), 2);
  EXPECT_EQ(err_, "reporterctl: explode is not known here; see reporterctl --help\n");
  EXPECT_EQ(run("queue explode"), 2);
  EXPECT_EQ(err_, "reporterctl: explode is not known here; see reporterctl --help\n");
}

TEST_F(ProgramTest, HelpAndVersionNeedNoService) {
  EXPECT_EQ(run("--version"), 0);
  EXPECT_TRUE(out_.starts_with("reporterctl "));
  EXPECT_EQ(run("--help"), 0);
  for (const char* words : {"queue", "0   ok", "7   flush was not complete", "75  try later"}) {
    EXPECT_NE(out_.find(words), std::string::npos) << words;
  }
}

TEST_F(ProgramTest, APrettyPrintedDocumentIsOneMessage) {
  serve_service();
  EXPECT_EQ(run("submit -", "\n{\n  \"ts\": \"x\",\r\n  \"data\": {\n\"a\": 1.10}\n}\n"), 0)
      << err_;
  ASSERT_EQ(service_.submitted.size(), 1U);
  EXPECT_EQ(service_.submitted[0], R"({   "ts": "x",    "data": { "a": 1.10} })");
  EXPECT_EQ(out_, "queued " + testing::sample_id + "/2026-01-02T03:04:05.000Z\n");
}

TEST_F(ProgramTest, JsonLinesAreAMessageEach) {
  serve_service();
  write("messages", "{\"a\":1}\n\n{\"a\":2}\r\n{\"a\":2}");
  EXPECT_EQ(run("submit messages --json"), 0) << err_;
  EXPECT_EQ(service_.submitted, (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}", "{\"a\":2}"}));
  EXPECT_TRUE(out_.starts_with(R"({"line":1,"instanceId":"aaa)")) << out_;
  EXPECT_NE(out_.find("\n{\"line\":3,"), std::string::npos) << out_;
  EXPECT_NE(out_.find("\n{\"line\":4,"), std::string::npos) << out_;
}

// As PowerShell and editors of Windows write files.
TEST_F(ProgramTest, AByteOrderMarkIsNoPartOfAMessageAndUtf16IsRefused) {
  serve_service();
  EXPECT_EQ(run("submit -", "\xef\xbb\xbf{\"a\":1}\r\n{\"a\":2}\r\n"), 0) << err_;
  EXPECT_EQ(service_.submitted, (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"}));
  for (const std::string_view text :
       {std::string_view("\xff\xfe{\0}\0", 6), std::string_view("\xfe\xff\0{\0}", 6)}) {
    EXPECT_EQ(run("submit -", text), 1);
    EXPECT_EQ(err_, "reporterctl: standard input is UTF-16; save it as UTF-8\n");
  }
  EXPECT_EQ(service_.submitted.size(), 2U);
}

TEST_F(ProgramTest, BadLinesAreNamedAndTheOthersGo) {
  std::atomic<int> count = 0;
  serve([&](const std::string& line) {
    const std::string ok = result(line, R"({"instanceId":"i","ts":"t","state":"queued"})");
    return ++count == 2 ? error(line, rpc::code_of(ErrorCode::storage_full), "full") : ok;
  });
  EXPECT_EQ(run("submit -", "{\"a\":1}\n{\"a\":2}\nnonsense\n{\"a\":4}\n"), 1);
  EXPECT_EQ(out_, "queued i/t\nqueued i/t\n");
  EXPECT_NE(err_.find("line 2: full\n"), std::string::npos) << err_;
  EXPECT_NE(err_.find("line 3: not valid JSON\n"), std::string::npos) << err_;
  count = 0;
  EXPECT_EQ(run("submit -", "{\"a\":1}\n{\"a\":2}\n"), 75);
}

TEST_F(ProgramTest, ManyMessagesGoThroughInOrder) {
  serve_service();
  std::string input;
  for (int i = 0; i < 3000; ++i) {
    input += fmt::format("{{\"n\":{}}}\n", i);
  }
  EXPECT_EQ(run("submit -", input), 0) << err_;
  ASSERT_EQ(service_.submitted.size(), 3000U);
  EXPECT_EQ(service_.submitted[2999], "{\"n\":2999}");
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 3000);
}

TEST_F(ProgramTest, AnInputWithoutAMessageIsAFailureThatSaysWhy) {
  serve_service();
  std::filesystem::create_directory(path_of(folder_ + "/folder"));
  write("empty", "");
  for (const auto& [file, why] : {std::pair{"-", "there is no message in standard input"},
                                  {"empty", "there is no message in empty"},
                                  {"missing", "cannot read missing: No such file or directory"},
                                  {"folder", "cannot read folder: Is a directory"}}) {
    EXPECT_EQ(run(fmt::format("submit {}", file), "\n \n"), 1) << file;
    EXPECT_EQ(err_, fmt::format("reporterctl: {}\n", why));
  }
  EXPECT_TRUE(service_.submitted.empty());
}

TEST_F(ProgramTest, WhatIsNoObjectIsNotSentAsAMessage) {
  serve_service();
  EXPECT_EQ(run("submit -", "{\"a\":\n"), 1);
  EXPECT_EQ(err_, "reporterctl: line 1: not valid JSON\n");
  for (const char* text : {"[]", "[\n{\"a\":1}\n]", " 7", "null", "\"text\""}) {
    EXPECT_EQ(run("submit -", text), 1) << text;
    EXPECT_NE(err_.find("line 1: not a message"), std::string::npos) << err_;
    EXPECT_NE(err_.find("JSON Lines"), std::string::npos) << err_;
    EXPECT_EQ(std::ranges::count(err_, '\n'), 1) << err_;
  }
  EXPECT_TRUE(service_.submitted.empty());
  EXPECT_EQ(run("submit -", "[]\n{\"a\":1}\n"), 1);
  EXPECT_EQ(service_.submitted, std::vector<std::string>{"{\"a\":1}"});
}

TEST_F(ProgramTest, WhatCouldSteerATerminalIsEscaped) {
  serve([](const std::string& line) {
    return result(line,
                  "{\"messages\":[{\"seq\":1,\"reason\":\"\\u001b[2J\\u009b\xe2\x80\xae\"}]}");
  });
  EXPECT_EQ(run("queue list"), 0);
  EXPECT_NE(out_.find("\\u001b[2J\\u009b\\u202e"), std::string::npos) << out_;
  EXPECT_EQ(run("queue list --json"), 0);
  EXPECT_NE(out_.find("\\u001b[2J\\u009b\\u202e"), std::string::npos) << out_;
  EXPECT_TRUE(Json::accept(out_));
}

}  // namespace
}  // namespace reporterd
