// CurlTransport behind a proxy. For http that is an HTTP server that is asked for whole URLs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/contract/curl_transport_fixture.h"

namespace reporterd {
namespace {

TEST_F(CurlTransportTest, AProxyIsUsedWithItsCredentialsAsTheyAre) {
  HttpServer proxy(ok);
  settings_.proxy = fmt::format("http://127.0.0.1:{}", proxy.port());
  settings_.proxy_credentials = "user:p%41:ss";
  apply();
  EXPECT_EQ(reply_to("http://receiver.test/in").fate, Fate::answered);
  const auto requests = proxy.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].target, "http://receiver.test/in");
  EXPECT_EQ(requests[0].header("proxy-authorization"), "Basic dXNlcjpwJTQxOnNz");
}

TEST_F(CurlTransportTest, HostsOfNoProxyAreReachedDirectly) {
  HttpServer proxy(ok);
  HttpServer server(ok);
  settings_.proxy = proxy.url();
  settings_.no_proxy = "example.com,127.0.0.1";
  apply();
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  EXPECT_EQ(proxy.connections(), 0U);
}

TEST_F(CurlTransportTest, WithoutASettingTheEnvironmentNamesTheProxy) {
  HttpServer proxy(ok);
  set_variable("http_proxy", proxy.url());
  EXPECT_EQ(reply_to("http://receiver.test/").fate, Fate::answered);
  EXPECT_EQ(proxy.requests().size(), 1U);
}

TEST_F(CurlTransportTest, TheEnvironmentDoesNotLeadPastAProxyThatIsSet) {
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    HttpServer proxy(ok);
    set_variable(name, "*");
    settings_.proxy = proxy.url();
    apply();
    EXPECT_EQ(reply_to("http://receiver.test/").fate, Fate::answered) << name;
    EXPECT_EQ(proxy.requests().size(), 1U) << name;
    remove_variable(name);
  }
}

TEST_F(CurlTransportTest, TheEnvironmentsProxyHasTheEnvironmentsExceptionsUnlessOthersAreSet) {
  HttpServer proxy(ok);
  HttpServer server(ok);
  set_variable("http_proxy", proxy.url());
  set_variable("no_proxy", "127.0.0.1");
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  EXPECT_EQ(proxy.requests().size(), 0U);
  settings_.no_proxy = "example.com";
  apply();
  EXPECT_EQ(reply_to(server.url()).fate, Fate::answered);
  EXPECT_EQ(proxy.requests().size(), 1U);
}

TEST_F(CurlTransportTest, AProxyThatRefusesTheTunnelIsUnreachableAndNotAnAnswer) {
  HttpServer proxy(
      [](const ReceivedRequest&) { return ServerAction{.status = 407, .body = "who are you"}; });
  settings_.proxy = proxy.url();
  settings_.proxy_credentials = "user:secret";
  apply();
  const Reply reply = reply_to("https://receiver.test/");
  EXPECT_EQ(reply.fate, Fate::unreachable);
  EXPECT_FALSE(reply.tls_problem);
  EXPECT_EQ(reply.what, "the proxy answered HTTP 407");
}

TEST_F(CurlTransportTest, NoSecretIsTold) {
  for (const char* proxy :
       {"http://user:secret@127.0.0.1:1", "http://user:secret@unknown.invalid",
        "ftp://user:secret@127.0.0.1:1", "http://user:secret@127.0.0.1:bad",
        "nonsense://user:secret@unknown.invalid", "http://user:secret@[::bad"}) {
    settings_.proxy = proxy;
    apply();
    const Reply reply = reply_to("http://receiver.invalid/?sig=secret");
    EXPECT_EQ(reply.fate, Fate::unreachable);
    EXPECT_EQ(reply.what.find("secret"), std::string::npos) << reply.what;
  }
  settings_.proxy.clear();
  apply();
  for (const char* url : {"http://user:secret@127.0.0.1:1/?sig=secret", "secret://secret",
                          "https://[secret/", "http://secret secret/"}) {
    const Reply reply = reply_to(url);
    EXPECT_EQ(reply.what.find("secret"), std::string::npos) << reply.what;
  }
}

}  // namespace
}  // namespace reporterd
