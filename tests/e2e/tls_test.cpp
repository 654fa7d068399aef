// Real TLS between the real reporterd and a real server.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"
#include "tests/support/test_ca.h"

namespace reporterd {
namespace {

class Tls : public testing::Test {
 protected:
  // Points reporterd to `port` of localhost, trusting what is in ca.pem.
  void configure(std::uint16_t port, const std::string& more = "") {
    site_.configure({.destination = fmt::format("url: \"https://localhost:{}/\", caFile: '{}'{}",
                                                port, site_ / "ca.pem", more)});
  }

  // What was handed in is kept, and the server has seen nothing of it.
  void expect_kept(const HttpServer& server) {
    ASSERT_EQ(site_.submit(1), "queued");
    ASSERT_TRUE(site_.becomes("unreachable"));
    EXPECT_TRUE(site_.ledger_has("queued", 1));
    EXPECT_EQ(server.requests().size(), 0U);
  }

  TestCa ca_;
  Site site_;
};

TEST_F(Tls, APrivateAuthorityFromAFileIsTrusted) {
  HttpServer server(created, {ca_.issue({"DNS:localhost"}), ""});
  site_.write("ca.pem", ca_.certificate_pem());
  configure(server.port());
  site_.start();
  ASSERT_EQ(site_.submit(1), "queued");
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
}

TEST_F(Tls, AnAuthorityThatIsReplacedCountsAsSoonAsItIsRight) {
  HttpServer server(created, {ca_.issue({"DNS:localhost"}), ""});
  site_.write("ca.pem", TestCa("another").certificate_pem());
  configure(server.port());
  site_.start();
  expect_kept(server);
  site_.write("ca.pem", "half a certif");
  EXPECT_TRUE(site_.reporterd().wait_until([&] {
    return site_.reporterd().output().find("destination.caFile: ") != std::string::npos;
  }));
  site_.write("ca.pem", ca_.certificate_pem());
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
}

TEST_F(Tls, AnUnknownAuthorityIsRefusedUntilItIsConfigured) {
  HttpServer server(created, {ca_.issue({"DNS:localhost"}), ""});
  site_.write("ca.pem", TestCa("another authority").certificate_pem());
  configure(server.port());
  site_.start();
  expect_kept(server);
  site_.write("right.pem", ca_.certificate_pem());
  site_.configure({.destination = fmt::format("url: \"https://localhost:{}/\", caFile: '{}'",
                                              server.port(), site_ / "right.pem")});
  ASSERT_EQ(site_.ctl({"config", "reload"}).exit, 0);
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
}

TEST_F(Tls, ACertificateForAnotherNameIsRefused) {
  HttpServer server(created, {ca_.issue({"DNS:elsewhere.example"}), ""});
  site_.write("ca.pem", ca_.certificate_pem());
  configure(server.port());
  site_.start();
  expect_kept(server);
}

TEST_F(Tls, AnExpiredCertificateIsRefused) {
  HttpServer server(created, {ca_.issue({"DNS:localhost"}, -1), ""});
  site_.write("ca.pem", ca_.certificate_pem());
  configure(server.port());
  site_.start();
  expect_kept(server);
}

TEST_F(Tls, AClientCertificateIsShownWhenConfigured) {
  HttpServer server(created, {ca_.issue({"DNS:localhost"}), ca_.certificate_pem()});
  site_.write("ca.pem", ca_.certificate_pem());
  configure(server.port());
  site_.start();
  expect_kept(server);
  const Certificate client = ca_.issue({"DNS:this.machine"});
  site_.write("client.pem", client.certificate_pem + client.key_pem);
  configure(server.port(), fmt::format(", clientCertificateFile: '{}'", site_ / "client.pem"));
  ASSERT_EQ(site_.ctl({"config", "reload"}).exit, 0);
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
}

}  // namespace
}  // namespace reporterd
