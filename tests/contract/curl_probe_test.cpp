// CurlTransport::probe: a connection is opened as for a request, and nothing is sent on it.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <optional>
#include <string>

#include "tests/contract/curl_transport_fixture.h"
#include "tests/support/test_ca.h"

namespace reporterd {
namespace {

class CurlProbeTest : public CurlTransportTest {
 protected:
  Reply probe(const std::string& url) {
    std::optional<Reply> came;
    transport_.probe(url, [&](Reply reply) { came = std::move(reply); });
    EXPECT_TRUE(run_until(loop_, [&] { return came.has_value(); }));
    return came.value_or(Reply{});
  }
};

TEST_F(CurlProbeTest, ReachesAServerThatListensAndSendsNothing) {
  HttpServer server(ok);
  EXPECT_EQ(probe(server.url()).fate, Fate::answered);
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(last_id_, 0U);
}

TEST_F(CurlProbeTest, LeavesItsConnectionToNoRequest) {
  HttpServer server(ok);
  EXPECT_EQ(probe(server.url()).fate, Fate::answered);
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  EXPECT_EQ(probe(server.url()).fate, Fate::answered);
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  EXPECT_EQ(server.requests().size(), 2U);
  // The second request used the first one's; the server takes a while to accept what is connected.
  EXPECT_TRUE(run_until(loop_, [&] {
    loop_.defer([] {});  // nothing tells this loop of it: it looks again and again
    return server.connections() >= 3;
  }));
  EXPECT_EQ(server.connections(), 3U);
}

TEST_F(CurlProbeTest, SaysThatNobodyListens) {
  const Reply reply = probe(fmt::format("http://127.0.0.1:{}/", closed_port()));
  EXPECT_EQ(reply.fate, Fate::unreachable);
  EXPECT_NE(reply.what.find("refused"), std::string::npos) << reply.what;
}

TEST_F(CurlProbeTest, IsToldThatItWasCancelled) {
  HttpServer server(ok);
  std::optional<Reply> came;
  transport_.probe(fmt::format("https://localhost:{}/", closed_port()), [&](const Reply&) {});
  transport_.probe(server.url(), [&](Reply reply) { came = std::move(reply); });
  transport_.cancel_probes();
  EXPECT_FALSE(came);  // never from inside the call
  EXPECT_TRUE(run_until(loop_, [&] { return came.has_value(); }));
  EXPECT_EQ(came->fate, Fate::cancelled);
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
}

TEST_F(CurlProbeTest, OutlivesNewSettingsAndGoesWithTheTransport) {
  HttpServer server(ok);
  std::optional<Reply> came;
  transport_.probe(server.url(), [&](Reply reply) { came = std::move(reply); });
  apply();
  EXPECT_TRUE(run_until(loop_, [&] { return came.has_value(); }));
  EXPECT_EQ(came->fate, Fate::answered);
  bool called = false;
  {
    CurlTransport another(loop_, nullptr);
    another.apply(settings_);
    another.probe(server.url(), [&](const Reply&) { called = true; });
  }
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  EXPECT_FALSE(called);
}

TEST_F(CurlProbeTest, GoesThroughTlsAndSaysWhatIsWrongWithIt) {
  const TestCa authority;
  HttpServer server(ok, {authority.issue({"DNS:localhost"}), ""});
  const Reply refused = probe(server.url());
  EXPECT_EQ(refused.fate, Fate::unreachable);
  EXPECT_TRUE(refused.tls_problem) << refused.what;
  settings_.ca_file = file_with("ca.pem", authority.certificate_pem());
  apply();
  EXPECT_EQ(probe(server.url()).fate, Fate::answered);
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace reporterd
