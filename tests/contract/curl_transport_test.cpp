// The transport contract on libcurl, and its connections, which only a real network has.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "tests/contract/curl_transport_fixture.h"
#include "tests/contract/transport_contract.h"

namespace reporterd {
namespace {

std::unique_ptr<TransportUnderTest> make_curl_under_test(Transport::OnReply on_reply) {
  return std::make_unique<CurlUnderTest>(std::move(on_reply));
}

INSTANTIATE_TEST_SUITE_P(Curl, TransportContract,
                         testing::Values(MakeTransportUnderTest(make_curl_under_test)));

TEST_F(CurlTransportTest, RequestsShareAKeptConnection) {
  HttpServer server(ok);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlTransportTest, IdleClosesTheConnections) {
  HttpServer server(ok);
  reply_to(server.url());
  transport_.idle();
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(CurlTransportTest, IdleWaitsForRequestsInFlight) {
  HttpServer server(
      [](const ReceivedRequest&) { return ServerAction{.delay = std::chrono::milliseconds(20)}; });
  transport_.send(1, {server.url(), {}, "{}"});
  transport_.idle();
  ASSERT_TRUE(run_until(loop_, [&] { return last_id_ == 1; }));
  EXPECT_EQ(last_.fate, Fate::answered);
}

TEST_F(CurlTransportTest, AServerThatClosesAKeptConnectionCostsNoReply) {
  HttpServer server([](const ReceivedRequest&) {
    return ServerAction{.kind = ServerAction::Kind::reply_and_close};
  });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  }
}

TEST_F(CurlTransportTest, AReplyThatEndsInItsHeadIsNoAnswer) {
  HttpServer server([](const ReceivedRequest&) {
    return ServerAction{.kind = ServerAction::Kind::raw,
                        .body = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Le"};
  });
  const Reply reply = reply_to(server.url());
  EXPECT_EQ(reply.fate, Fate::ambiguous);
  EXPECT_EQ(reply.what, "the connection was closed in the middle of the reply");
}

TEST_F(CurlTransportTest, SaysWhoItIsAndNeverWaitsFor100Continue) {
  HttpServer server(ok);
  EXPECT_EQ(reply_to(server.url(), std::string(3U << 20, 'x')).fate, Fate::answered);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].header("user-agent"), "reporterd/test");
  EXPECT_EQ(requests[0].header("expect"), "");
  EXPECT_EQ(requests[0].body.size(), 3U << 20);
}

TEST_F(CurlTransportTest, OnlyHttpAndHttpsAreSpoken) {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "",
                          "http://", "http://127.0.0.1:99999/"}) {
    const Reply reply = reply_to(url);
    EXPECT_EQ(reply.fate, Fate::unreachable) << url;
    EXPECT_NE(reply.what.find("not a valid http(s) URL"), std::string::npos) << reply.what;
  }
}

TEST_F(CurlTransportTest, AHeaderCannotSmuggleAnotherOneIn) {
  HttpServer server(ok);
  transport_.send(1, {server.url(), {{"x-functions-key", "abc\r\nHost: evil"}}, "{}"});
  EXPECT_EQ(last_id_, 0U);
  ASSERT_TRUE(run_until(loop_, [&] { return last_id_ == 1; }));
  EXPECT_EQ(last_.fate, Fate::unreachable);
  EXPECT_EQ(server.requests().size(), 0U);
}

TEST_F(CurlTransportTest, AnUnknownHostIsUnreachable) {
  const Reply reply = reply_to("http://no-such-host.invalid/");
  EXPECT_EQ(reply.fate, Fate::unreachable);
  EXPECT_FALSE(reply.tls_problem);
  EXPECT_EQ(reply.what, "the host name cannot be resolved");
}

TEST_F(CurlTransportTest, DestructionWithRequestsInFlightTellsNothing) {
  HttpServer server(
      [](const ReceivedRequest&) { return ServerAction{.kind = ServerAction::Kind::hang}; });
  int replies = 0;
  {
    CurlTransport transport(loop_, [&](SendId, const Reply&) { ++replies; });
    transport.apply(settings_);
    transport.send(1, {server.url(), {}, "{}"});
    transport.send(2, {server.url(), {}, "{}"});
    transport.cancel(2);
  }
  run_ready(loop_);
  EXPECT_EQ(replies, 0);
}

TEST_F(CurlTransportTest, NewSettingsHoldForTheNextRequest) {
  HttpServer server(ok);
  reply_to(server.url());
  settings_.user_agent = "reporterd/next";
  apply();
  reply_to(server.url());
  EXPECT_EQ(server.requests().at(1).header("user-agent"), "reporterd/next");
}

TEST_F(CurlTransportTest, NewSettingsDoNotDisturbARequestInFlight) {
  HttpServer server([](const ReceivedRequest& request) {
    return ServerAction{.delay = std::chrono::milliseconds(request.body == "slow" ? 50 : 0)};
  });
  transport_.send(1, {server.url(), {}, "slow"});
  ASSERT_TRUE(server.wait_for_requests(0));
  settings_.user_agent = "reporterd/next";
  apply();
  ASSERT_TRUE(run_until(loop_, [&] { return last_id_ == 1; }));
  EXPECT_EQ(last_.fate, Fate::answered);
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
}

}  // namespace
}  // namespace reporterd
