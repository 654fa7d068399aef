// The transport contract on libcurl, and what only a real network has: TLS, proxies, keep-alive and
// name servers that do not answer.

#include <dlfcn.h>
#include <fmt/format.h>
#include <netdb.h>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>

#include "tests/contract/curl_under_test.h"
#include "tests/support/temp_folder.h"

namespace {

// This program's own getaddrinfo, so that no network has to be broken: a look-up of "hangs.test"
// ends when the test allows it, and names that end in ".invalid" do not exist.
std::mutex lookup_mutex;
std::condition_variable lookup_changed;
bool lookups_may_end = false;
int lookups_hanging = 0;

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  if (node != nullptr && std::strcmp(node, "hangs.test") == 0) {
    std::unique_lock lock(lookup_mutex);
    ++lookups_hanging;
    lookup_changed.notify_all();
    lookup_changed.wait(lock, [] { return lookups_may_end; });
    --lookups_hanging;
    lookup_changed.notify_all();
    return EAI_AGAIN;
  }
  if (node != nullptr && std::string_view(node).ends_with(".invalid")) {
    return EAI_NONAME;
  }
  using Lookup = int(const char*, const char*, const addrinfo*, addrinfo**);
  static auto* const real = reinterpret_cast<Lookup*>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, result);
}

namespace reporterd {
namespace {

std::unique_ptr<TransportUnderTest> make_curl_under_test(Transport::OnReply on_reply) {
  return std::make_unique<CurlUnderTest>(std::move(on_reply));
}

INSTANTIATE_TEST_SUITE_P(Curl, TransportContract,
                         testing::Values(MakeTransportUnderTest(make_curl_under_test)));

class CurlTransportTest : public testing::Test {
 protected:
  CurlTransportTest() {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy",
                             "no_proxy", "NO_PROXY"}) {
      unsetenv(name);
    }
    transport_.apply(settings_);
  }

  static ServerAction ok(const ReceivedRequest&) { return {}; }

  void apply() { transport_.apply(settings_); }

  Reply reply_to(const std::string& url, std::string body = "{}") {
    const SendId id = next_id_++;
    transport_.send(id, {url, {{"Content-Type", "application/json"}}, std::move(body)});
    EXPECT_TRUE(run_until(loop_, [&] { return last_id_ == id; }));
    return last_;
  }

  std::string file_with(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  TempFolder folder_;
  Loop loop_;
  SendId next_id_ = 1;
  SendId last_id_ = 0;
  Reply last_;
  TransportSettings settings_ = settings_for_tests();
  CurlTransport transport_{loop_, [this](SendId id, Reply reply) {
                             last_id_ = id;
                             last_ = std::move(reply);
                           }};
};

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
    CurlTransport transport(loop_, [&](SendId, Reply) { ++replies; });
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

// TLS.

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

// Proxies. For http a proxy is an HTTP server that is asked for whole URLs.

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
  setenv("http_proxy", proxy.url().c_str(), 1);
  EXPECT_EQ(reply_to("http://receiver.test/").fate, Fate::answered);
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

// A name server that does not answer.

class DeadNameServerTest : public CurlTransportTest {
 protected:
  DeadNameServerTest() {
    const std::lock_guard lock(lookup_mutex);
    lookups_may_end = false;
  }
  ~DeadNameServerTest() override {
    // Lets the threads that curl left behind end before the test does.
    std::unique_lock lock(lookup_mutex);
    lookups_may_end = true;
    lookup_changed.notify_all();
    lookup_changed.wait(lock, [] { return lookups_hanging == 0; });
  }

  static constexpr const char* url = "http://hangs.test/";
};

TEST_F(DeadNameServerTest, TheTimeoutHoldsAndTheRequestIsUnreachable) {
  const Reply reply = reply_to(url);  // would never return if curl waited for its thread
  EXPECT_EQ(reply.fate, Fate::unreachable);
  EXPECT_EQ(reply.what, "the host name was not resolved within 500ms");
}

TEST_F(DeadNameServerTest, TheLoopGoesOnMeanwhile) {
  HttpServer server(ok);
  transport_.send(1, {url, {}, "{}"});
  for (SendId id = 2; id < 5; ++id) {
    transport_.send(id, {server.url(), {}, "{}"});
    ASSERT_TRUE(run_until(loop_, [&] { return last_id_ == id; }));
    EXPECT_EQ(last_.fate, Fate::answered);
  }
}

TEST_F(DeadNameServerTest, CancellingIsDoneAtOnce) {
  transport_.send(1, {url, {}, "{}"});
  ASSERT_TRUE(run_until(loop_, [] {
    const std::lock_guard lock(lookup_mutex);
    return lookups_hanging > 0;
  }));
  transport_.cancel(1);
  ASSERT_TRUE(run_until(loop_, [&] { return last_id_ == 1; }));
  EXPECT_EQ(last_.fate, Fate::cancelled);
}

TEST_F(DeadNameServerTest, DestructionDoesNotWait) {
  auto transport = std::make_unique<CurlTransport>(loop_, [](SendId, Reply) {});
  transport->apply(settings_);
  transport->send(1, {url, {}, "{}"});
  ASSERT_TRUE(run_until(loop_, [] {
    const std::lock_guard lock(lookup_mutex);
    return lookups_hanging > 0;
  }));
  transport.reset();
}

}  // namespace
}  // namespace reporterd
