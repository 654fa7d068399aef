// CurlTransport: whom it trusts, and as whom it shows itself.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/contract/curl_transport_fixture.h"
#include "tests/support/test_ca.h"

namespace reporterd {
namespace {

class CurlTlsTest : public CurlTransportTest {
 protected:
  CurlTlsTest() {
    settings_.timeout = std::chrono::seconds(5);
    settings_.connect_timeout = std::chrono::seconds(5);
    settings_.ca_file = file_with("ca.pem", ca_.certificate_pem());
    apply();
  }

  void expect_tls_problem(const Reply& reply, std::string_view words) {
    EXPECT_EQ(reply.fate, Fate::unreachable) << reply.what;
    EXPECT_TRUE(reply.tls_problem) << reply.what;
    EXPECT_NE(reply.what.find(words), std::string::npos) << reply.what;
  }

  TestCa ca_;
};

TEST_F(CurlTlsTest, AServerOfTheGivenAuthorityIsTrusted) {
  HttpServer server(ok, {ca_.issue({"DNS:localhost"}), ""});
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
}

TEST_F(CurlTlsTest, ACertificateForAnotherNameIsRefused) {
  HttpServer server(ok, {ca_.issue({"DNS:other.test"}), ""});
  expect_tls_problem(reply_to(server.url()), "name");
}

TEST_F(CurlTlsTest, AnExpiredCertificateIsRefused) {
  HttpServer server(ok, {ca_.issue({"DNS:localhost"}, -1), ""});
  expect_tls_problem(reply_to(server.url()), "expired");
}

TEST_F(CurlTlsTest, AnAuthorityFileReplacesTheSystemsAuthorities) {
  HttpServer server(ok, {TestCa("another").issue({"DNS:localhost"}), ""});
  expect_tls_problem(reply_to(server.url()), "certificate");
}

TEST_F(CurlTlsTest, AnAuthorityFileThatCannotBeReadIsNamed) {
  HttpServer server(ok, {ca_.issue({"DNS:localhost"}), ""});
  settings_.ca_file = folder_ / "missing.pem";
  apply();
  expect_tls_problem(reply_to(server.url()), settings_.ca_file);
}

TEST_F(CurlTlsTest, APlainServerIsATlsProblem) {
  HttpServer server(ok);
  expect_tls_problem(reply_to(fmt::format("https://localhost:{}/", server.port())), "TLS");
}

TEST_F(CurlTlsTest, AClientCertificateIsShown) {
  HttpServer server(ok, {ca_.issue({"DNS:localhost"}), ca_.certificate_pem()});
  const Certificate client = ca_.issue({"DNS:client"});
  settings_.client_certificate_file = file_with("client.pem", client.certificate_pem);
  settings_.client_key_file = file_with("client.key", client.key_pem);
  apply();
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
}

TEST_F(CurlTlsTest, ItsFilesMayHaveAnyName) {
  HttpServer server(ok, {ca_.issue({"DNS:localhost"}), ca_.certificate_pem()});
  const Certificate client = ca_.issue({"DNS:client"});
  settings_.ca_file = file_with("Behörde-官庁.pem", ca_.certificate_pem());
  settings_.client_certificate_file = file_with("Prüfling-試験.pem", client.certificate_pem);
  settings_.client_key_file = file_with("Schlüssel-鍵.pem", client.key_pem);
  apply();
  const Reply reply = reply_to(server.url());
  EXPECT_EQ(reply.fate, Fate::answered) << reply.what;
}

TEST_F(CurlTlsTest, AMissingClientCertificateIsATlsProblemAlthoughTls13TellsItLate) {
  HttpServer server(ok, {ca_.issue({"DNS:localhost"}), ca_.certificate_pem()});
  expect_tls_problem(reply_to(server.url()), "certificate required");
}

TEST_F(CurlTlsTest, AClientCertificateOfAStrangerIsATlsProblem) {
  HttpServer server(ok, {ca_.issue({"DNS:localhost"}), ca_.certificate_pem()});
  const Certificate client = TestCa("another").issue({"DNS:client"});
  settings_.client_certificate_file = file_with("client.pem", client.certificate_pem);
  settings_.client_key_file = file_with("client.key", client.key_pem);
  apply();
  expect_tls_problem(reply_to(server.url()), "unknown ca");
}

TEST_F(CurlTlsTest, AClientCertificateThatCannotBeReadIsATlsProblem) {
  HttpServer server(ok, {ca_.issue({"DNS:localhost"}), ca_.certificate_pem()});
  settings_.client_certificate_file = folder_ / "missing.pem";
  apply();
  expect_tls_problem(reply_to(server.url()), "certificate");
}

TEST_F(CurlTlsTest, AReplyCutOffWithoutGoodbyeIsAmbiguous) {
  HttpServer server(
      [](const ReceivedRequest&) {
        return ServerAction{.kind = ServerAction::Kind::reset_mid_reply, .body = "lost"};
      },
      {ca_.issue({"DNS:localhost"}), ""});
  EXPECT_EQ(reply_to(server.url()).fate, Fate::ambiguous);
}

}  // namespace
}  // namespace reporterd
