#include "daemon/io/local_server.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/unit/io/local_server_fixture.h"

namespace reporterd {
namespace {

TEST_F(LocalServerTest, CarriesBytesBothWays) {
  on_received_ = [](Seen& seen, std::string_view bytes) {
    seen.stream->write("you said " + std::string(bytes));
  };
  open();
  LocalClient client(settings_.path);
  ASSERT_TRUE(client.send("hello"));
  EXPECT_TRUE(until([&] { return client.has("you said hello"); }));
}

TEST_F(LocalServerTest, AnswersOfOneTurnArriveInOrder) {
  on_received_ = [](Seen& seen, std::string_view) {
    for (const char* word : {"a", "b", "c"}) {
      seen.stream->write(word);
    }
  };
  open();
  LocalClient client(settings_.path);
  client.send("x");
  EXPECT_TRUE(until([&] { return client.has("abc"); }));
}

TEST_F(LocalServerTest, ManyClientsAreKeptApart) {
  on_received_ = [](Seen& seen, std::string_view bytes) {
    seen.stream->write(std::string(bytes) + "!");
  };
  open();
  std::vector<std::unique_ptr<LocalClient>> clients;
  for (std::size_t i = 0; i < settings_.connections; ++i) {
    clients.push_back(std::make_unique<LocalClient>(settings_.path));
    ASSERT_TRUE(until([&] { return server_->connections() == i + 1; }));
    ASSERT_TRUE(clients.back()->send(std::to_string(i)));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_TRUE(until([&] { return clients[i]->has(std::to_string(i) + "!"); }));
  }
  EXPECT_EQ(server_->connections(), clients.size());
}

TEST_F(LocalServerTest, OneClientTooManyIsClosedAndTheOthersStay) {
  settings_.connections = 2;
  on_received_ = [](Seen& seen, std::string_view) { seen.stream->write("here"); };
  open();
  LocalClient first(settings_.path);
  LocalClient second(settings_.path);
  ASSERT_TRUE(until([&] { return server_->connections() == 2; }));
  LocalClient third(settings_.path);
  EXPECT_TRUE(until([&] { return third.at_end(); }));
  first.send("x");
  EXPECT_TRUE(until([&] { return first.has("here"); }));
  second.leave();
  ASSERT_TRUE(until([&] { return server_->connections() == 1; }));
  LocalClient fourth(settings_.path);
  fourth.send("x");
  EXPECT_TRUE(until([&] { return fourth.has("here"); }));
}

TEST_F(LocalServerTest, AClientThatVanishesMidLineTakesItsHandlerWithIt) {
  open();
  {
    LocalClient client(settings_.path);
    client.send("{\"half\":");
    ASSERT_TRUE(until([&] { return !seen_.empty() && !seen_[0]->bytes.empty(); }));
    EXPECT_FALSE(seen_[0]->gone);
  }
  EXPECT_TRUE(until([&] { return seen_[0]->gone; }));
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(LocalServerTest, AClientThatNeverReadsIsCutOff) {
  settings_.unsent_bytes = 1U << 20;
  open();
  LocalClient client(settings_.path);
  client.send("x");
  ASSERT_TRUE(until([&] { return !seen_.empty() && !seen_[0]->bytes.empty(); }));
  std::size_t written = 0;
  while (!seen_[0]->gone && written < (64U << 20)) {
    seen_[0]->stream->write(std::string(10'000, 'x'));
    written += 10'000;
    run_ready(loop_, 1);
  }
  EXPECT_TRUE(seen_[0]->gone);
  EXPECT_LT(written, 4U << 20);  // the limit, and what the system's own buffers took
}

TEST_F(LocalServerTest, AClientThatIsCutOffInsideItsHandlerSeesNoUseAfterEnd) {
  settings_.unsent_bytes = 1000;
  on_received_ = [](Seen& seen, std::string_view) {
    for (int i = 0; i < 100; ++i) {
      seen.stream->write(std::string(100'000, 'x'));
    }
    seen.stream->pause_reading(true);
    seen.stream->pause_reading(false);
    seen.stream->finish();
  };
  open();
  LocalClient client(settings_.path);
  client.send("x");
  EXPECT_TRUE(until([&] { return !seen_.empty() && seen_[0]->gone; }));
}

TEST_F(LocalServerTest, ASlowClientWithinItsLimitGetsEverything) {
  on_received_ = [](Seen& seen, std::string_view) {
    seen.stream->write(std::string(3U << 20, 'x'));
    seen.stream->write("end");
  };
  open();
  LocalClient client(settings_.path);
  client.send("x");
  ASSERT_TRUE(until([&] { return !seen_.empty() && !seen_[0]->bytes.empty(); }));
  run_ready(loop_);
  EXPECT_TRUE(until([&] {
    client.read_all();
    return client.received.ends_with("end");
  }));
  EXPECT_EQ(client.received.size(), (3U << 20) + 3);
}

TEST_F(LocalServerTest, FinishClosesAfterTheLastByte) {
  on_received_ = [](Seen& seen, std::string_view) {
    seen.stream->write(std::string(1U << 20, 'x'));
    seen.stream->finish();
  };
  open();
  LocalClient client(settings_.path);
  client.send("x");
  EXPECT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ(client.received.size(), 1U << 20);
  EXPECT_TRUE(until([&] { return seen_[0]->gone; }));
}

TEST_F(LocalServerTest, APausedClientIsNotReadUntilItIsResumed) {
  on_received_ = [](Seen& seen, std::string_view) { seen.stream->pause_reading(true); };
  open();
  LocalClient client(settings_.path);
  client.send("one");
  ASSERT_TRUE(until([&] { return !seen_.empty() && seen_[0]->bytes == "one"; }));
  client.send("two");
  run_ready(loop_);
  EXPECT_EQ(seen_[0]->bytes, "one");
  seen_[0]->stream->pause_reading(false);
  EXPECT_TRUE(until([&] { return seen_[0]->bytes == "onetwo"; }));
}

TEST_F(LocalServerTest, AFloodGetsNoMoreThanItsShareOfATurn) {
  std::map<std::uint64_t, std::size_t> bytes_in_turn;
  on_received_ = [&](Seen&, std::string_view bytes) {
    bytes_in_turn[loop_.turn()] += bytes.size();
  };
  open();
  LocalClient flood(settings_.path);
  const std::string block(1U << 20, 'x');
  std::size_t sent = 0;
  while (sent < (4U << 20)) {
    sent += flood.send_some(block);
    run_ready(loop_, 1);
  }
  EXPECT_TRUE(until([&] { return seen_[0]->bytes.size() == sent; }));
  for (const auto& [turn, bytes] : bytes_in_turn) {
    EXPECT_LE(bytes, 64U << 10);
  }
}

TEST_F(LocalServerTest, AHandlerThatIsRefusedClosesTheConnection) {
  auto opened = LocalServer::open(loop_, settings_, [](Stream&) { return nullptr; });
  ASSERT_TRUE(opened);
  LocalClient client(settings_.path);
  EXPECT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ((*opened)->connections(), 0U);
}

TEST_F(LocalServerTest, DestructionEndsTheClientsAndGivesTheNameBack) {
  open();
  LocalClient client(settings_.path);
  ASSERT_TRUE(until([&] { return seen_.size() == 1; }));
  seen_[0]->stream->write("last words");
  server_.reset();
  EXPECT_TRUE(seen_[0]->gone);
  run_ready(loop_);
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(client.received, "last words");
  EXPECT_FALSE(LocalClient(settings_.path).is_connected());
  open();
  EXPECT_TRUE(LocalClient(settings_.path).is_connected());
}

TEST_F(LocalServerTest, AnotherServicesNameIsLeftToIt) {
  open();
  const std::string error = error_of_open();
  EXPECT_NE(error.find("another service listens at " + settings_.path), std::string::npos) << error;
  EXPECT_TRUE(LocalClient(settings_.path).is_connected());
}

}  // namespace
}  // namespace reporterd
