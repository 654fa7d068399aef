// What clients may do wrong on the sockets: a clear answer, nothing stored, the next one is served.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    site_.configure({.destination = to(closed_port())});
    site_.start();
  }

  // reporterd is still there, and has stored nothing.
  void TearDown() override {
    EXPECT_EQ(site_.status()["ledger"]["accepted"], accepted_) << site_.reporterd().output();
    EXPECT_EQ(site_.submit(999'999), "queued");
    EXPECT_EQ(site_.stop(), 0);
  }

  // The code of the error that `text` is answered with; 0: none.
  int code_of(LocalClient& client, const std::string& text) const {
    EXPECT_TRUE(client.send(text + "\n"));
    const auto answer = client.line();
    const Json json = answer ? Json::parse(*answer) : Json();
    return json.contains("error") ? json["error"]["code"].get<int>() : 0;
  }

  static std::string submit_of(const std::string& message_json) {
    return R"({"jsonrpc":"2.0","id":1,"method":"submit","params":{"message":)" + message_json +
           "}}";
  }

  static std::string nested(int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) {
      text += "{\"a\":";
    }
    return text + "0" + std::string(static_cast<std::size_t>(depth), '}');
  }

  static std::string with(const std::string& what, const std::string& instead) {
    std::string text = message(1);
    text.replace(text.find(what), what.size(), instead);
    return submit_of(text);
  }

  Site site_;
  int accepted_ = 0;
};

TEST_F(BadInput, EachMistakeHasItsCodeAndTheConnectionGoesOn) {
  const std::string valid = submit_of(message(1));
  const std::vector<std::pair<std::string, int>> mistakes = {
      {"{\"jsonrpc\":\"2.0\",", -32700},
      {"\xff\xfe", -32700},
      {"[" + valid + "]", -32600},
      {R"({"jsonrpc":"2.0","method":"status"})", -32600},
      {R"({"jsonrpc":"2.0","id":1,"id":2,"method":"status"})", -32600},
      {R"({"jsonrpc":"2.0","id":1,"method":"launch"})", -32601},
      {R"({"jsonrpc":"2.0","id":1,"method":"submit","params":{"massage":{}}})", -32602},
      {with(sample_id, "abc"), -32001},
      {with(sample_id, std::string(64, 'A')), -32001},
      {with("2026-01-01", "2026-13-01"), -32001},
      {with("2026-01-01", "2009-01-01"), -32001},
      {with(".001Z", ".0000001Z"), -32001},
      {with(".001Z", ".001"), -32001},
      {with("\"heartbeat\":false", "\"hostName\":\"secret\""), -32001},
      {with("\"heartbeat\":false", "\"heartbeat\":false,\"heartbeat\":false"), -32001},
      {with("\"5.1.0\"", "\"5.1.\xff\""), -32700},
      {submit_of(std::string(5000, '[') + std::string(5000, ']')), -32602},
      {submit_of(nested(5000)), -32001},
      {with("\"heartbeat\"", fmt::format("\"{}\"", std::string(70'000, 'x'))), -32002},
      {submit_of(fmt::format("\"{}\"", std::string(300'000, 'x'))), -32002},
  };
  LocalClient client = site_.client("submit");
  for (const auto& [text, code] : mistakes) {
    EXPECT_EQ(code_of(client, text), code) << text.substr(0, 300);
  }
  EXPECT_EQ(code_of(client, line("pause")), -32020);
  EXPECT_EQ(code_of(client, line("status")), 0);
}

TEST_F(BadInput, TheSameKeyWithOtherBytesIsAConflictAndTheFirstStands) {
  LocalClient client = site_.client("submit");
  EXPECT_EQ(code_of(client, submit_of(message(1))), 0);
  EXPECT_EQ(code_of(client, with("5.1.0", "5.1.1")), -32003);
  accepted_ = 1;
  EXPECT_EQ(site_.status()["ledger"]["conflicts"], 1);
}

TEST_F(BadInput, AClientThatVanishesInTheMiddleOfALineLeavesNothing) {
  {
    LocalClient client = site_.client("submit");
    const std::string text = submit_of(message(1));
    ASSERT_TRUE(client.send(text.substr(0, text.size() / 2)));
  }
  EXPECT_EQ(site_.status()["condition"], "idle");
}

TEST_F(BadInput, AClientThatNeverReadsIsCutOffWhileOthersAreServed) {
  const LocalClient deaf = site_.client("control");
  const std::string requests = [] {
    std::string text;
    for (int i = 0; i < 500; ++i) {
      text += line("config.show");
    }
    return text;
  }();
  // Each answer is over a kilobyte: it is either cut off, or no longer read from.
  for (int i = 0; i < 40 && deaf.send(requests, std::chrono::milliseconds(500)); ++i) {
    ASSERT_FALSE(site_.status().is_null());
  }
  EXPECT_FALSE(deaf.send(requests + requests, std::chrono::milliseconds(500)));
  EXPECT_EQ(site_.status()["condition"], "idle");
}

TEST_F(BadInput, TheSixtyFifthConnectionIsClosedAndTheOthersStay) {
  std::vector<LocalClient> clients;
  clients.reserve(64);
  for (int i = 0; i < 64; ++i) {
    clients.push_back(site_.client("submit"));
  }
  EXPECT_EQ(code_of(clients.front(), line("status")), 0);
  EXPECT_EQ(code_of(clients.back(), line("status")), 0);
  LocalClient more = site_.client("submit");
  EXPECT_TRUE(more.closed());
  EXPECT_EQ(code_of(clients.back(), line("status")), 0);
  EXPECT_FALSE(site_.status().is_null());  // the other socket has room of its own
  clients.clear();
  EXPECT_TRUE(site_.reporterd().wait_until([&] {
    LocalClient next = site_.client("submit");
    return next.send(line("status")) && next.line().has_value();
  }));
}

TEST_F(BadInput, AFloodOfConnectionsIsSurvived) {
  for (int i = 0; i < 1000; ++i) {
    const LocalClient client = site_.client("submit");
    client.send("{");
  }
  EXPECT_TRUE(site_.reporterd().wait_until([&] { return !site_.status().is_null(); }));
}

}  // namespace
}  // namespace reporterd
