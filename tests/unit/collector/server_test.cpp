// The collector's HTTP interface, over real sockets on loopback.

#include "collector/server.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "collector/store.h"
#include "daemon/core/timestamp.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_ca.h"

namespace reporterd {
namespace {

using nlohmann::json;

const WallTime arrival = *parse_ts("2026-03-04T00:00:00Z");
const std::string token = "an-operators-long-token";

std::string data_of(char id, const std::string& version = "5.1.0") {
  return R"({"service":"butler","serviceVersion":")" + version + R"(","system":{"id":")" +
         std::string(64, id) + R"("},"enabledFeatures":{"api":{},"feature":{}}})";
}

std::string message(char id, int second, const std::string& version = "5.1.0") {
  return R"({"ts":")" +
         canonical_ts(*parse_ts("2026-03-03T00:00:00Z") + std::chrono::seconds(second)) +
         R"(","data":)" + data_of(id, version) + "}";
}

// A running server over a store of its own.
class Running {
 public:
  explicit Running(ServerSettings settings = {}) {
    settings.port = 0;
    server_ = std::make_unique<CollectorServer>(settings, *store_, [] { return arrival; });
    const auto bound = server_->bind();
    EXPECT_TRUE(bound.has_value()) << bound.error().what;
    thread_ = std::thread([this] { server_->run(); });
    // Requests are answered from the moment the socket is bound.
  }
  ~Running() {
    server_->stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  std::string url() const { return server_->url(); }
  CollectorStore& store() { return *store_; }

  httplib::Result post(const std::string& body, const std::string& path = "/v1/messages",
                       const char* type = "application/json") {
    httplib::Client client(url());
    return client.Post(path, body, type);
  }

 private:
  TempFolder folder_;
  std::unique_ptr<CollectorStore> store_ = CollectorStore::open(folder_ / "c.db").value();
  std::unique_ptr<CollectorServer> server_;
  std::thread thread_;
};

json body_of(const httplib::Result& result) {
  return json::parse(result->body);
}

}  // namespace

TEST(Server, AStopThatComesBeforeItRunsIsNotForgotten) {
  for (int i = 0; i < 20; ++i) {
    Running server;  // stopped at once; a forgotten stop hangs
  }
}

TEST(Server, NewIs201KnownIs200AndOtherBytesAreAConflict) {
  Running running;
  auto reply = running.post(message('a', 1));
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(reply->get_header_value("Content-Type"), "application/json");
  reply = running.post(message('a', 1));
  EXPECT_EQ(reply->status, 200);
  EXPECT_FALSE(body_of(reply).contains("conflict"));
  reply = running.post(message('a', 1, "5.2.0"));
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(body_of(reply)["conflict"], true);
  EXPECT_EQ(running.store().counts()->messages, 1);
}

TEST(Server, BadInputIsAnsweredWithTheReasonAndStoresNothing) {
  Running running;
  const std::string good = message('a', 1);
  for (const auto& body :
       {std::string(), std::string("{"), std::string("[1"), std::string("7"), data_of('a'),
        R"({"data":)" + data_of('a') + "}", good + "x", R"({"hostname":"srv",)" + good.substr(1)}) {
    const auto reply = running.post(body);
    EXPECT_EQ(reply->status, 400) << body;
    EXPECT_FALSE(body_of(reply)["error"].get<std::string>().empty());
  }
  EXPECT_EQ(body_of(running.post(R"({"hostname":"srv",)" + good.substr(1)))["error"],
            "hostname: is not a documented field; see docs/privacy.md");
  EXPECT_EQ(running.post(good, "/v1/messages", "text/plain")->status, 415);
  EXPECT_EQ(running.post(good, "/v1/messages", "application/json; charset=utf-8")->status, 201);
  EXPECT_EQ(running.post(good, "/v1/other")->status, 404);
  EXPECT_EQ(running.store().counts()->messages, 1);
}

TEST(Server, TooLargeIs413) {
  Running running;
  std::string names;
  for (int i = 0; i < 400; ++i) {
    names += (i == 0 ? "\"" : ",\"") + std::string(60, 'n') + std::to_string(i) + "\":{" + "\"" +
             std::string(60, 'm') + "\":\"false\",\"" + std::string(60, 'o') + "\":1}";
  }
  std::string large = message('a', 1);
  large.replace(large.find("\"api\":{}"), 8, "\"api\":{" + names + "}");
  EXPECT_EQ(running.post(large)->status, 413);
  EXPECT_EQ(body_of(running.post("[" + large + "]"))["results"][0]["status"], 413);
  EXPECT_EQ(running.post(std::string(9U << 20, ' '))->status, 413);
}

TEST(Server, AnArrayGetsAResultForEachMessage) {
  Running running;
  running.post(message('a', 1));
  const auto reply = running.post("[" + message('a', 1) + ", {\"bad\":1} ," + message('a', 2) +
                                  "," + message('a', 1, "5.2.0") + ",7," + message('a', 2) + "]");
  EXPECT_EQ(reply->status, 200);
  const json results = body_of(reply)["results"];
  ASSERT_EQ(results.size(), 6U);
  const int expected[] = {200, 400, 201, 200, 400, 200};
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i]["status"], expected[i]) << i;
  }
  EXPECT_TRUE(results[1].contains("error"));
  EXPECT_EQ(results[3]["conflict"], true);
  EXPECT_FALSE(results[5].contains("conflict"));
  EXPECT_EQ(running.store().counts()->messages, 2);
  EXPECT_EQ(body_of(running.post("[]"))["results"].size(), 0U);
}

TEST(Server, TheLegacyPathTakesBareDataEachUnderATimeOfItsOwn) {
  Running running;
  const auto* path = "/api/butlerTelemetry";
  EXPECT_EQ(running.post(data_of('a'), path)->status, 201);
  EXPECT_EQ(running.post(data_of('a'), path)->status, 201);
  EXPECT_EQ(running.post(message('b', 1), path)->status, 201);
  EXPECT_EQ(running.post(message('b', 1), path)->status, 200);
  EXPECT_EQ(running.post(R"({"service":"butler"})", path)->status, 400);
  std::vector<std::string> times;
  running.store().each_row([&](const StoredRow& row) { times.push_back(row.ts); }).value();
  EXPECT_EQ(times,
            (std::vector<std::string>{"2026-03-04T00:00:00.000Z", "2026-03-04T00:00:00.000001Z",
                                      "2026-03-03T00:00:01.000Z"}));
}

TEST(Server, OverTheRateIs429WithRetryAfter) {
  ServerSettings settings;
  settings.messages_per_minute = 2;
  Running running(settings);
  EXPECT_EQ(running.post("[" + message('a', 1) + "," + message('a', 2) + "]")->status, 200);
  const auto reply = running.post(message('a', 3));
  EXPECT_EQ(reply->status, 429);
  const int wait = std::stoi(reply->get_header_value("Retry-After"));
  EXPECT_GE(wait, 1);
  EXPECT_LE(wait, 60);
  EXPECT_EQ(running.store().counts()->messages, 2);
}

TEST(Server, OnlyTheOperatorErases) {
  ServerSettings settings;
  settings.operator_token = token;
  Running running(settings);
  running.post(message('a', 1));
  running.post(message('a', 2));
  running.post(message('b', 1));
  httplib::Client client(running.url());
  const std::string path = "/v1/instances/" + std::string(64, 'a');
  EXPECT_EQ(client.Delete(path)->status, 401);
  for (const auto& wrong :
       {token, "Bearer " + token + "x", std::string("Bearer "), "bearer " + token}) {
    const httplib::Headers headers = {{"Authorization", wrong}};
    EXPECT_EQ(client.Delete(path, headers)->status, 401) << wrong;
  }
  const httplib::Headers right = {{"Authorization", "Bearer " + token}};
  EXPECT_EQ(client.Delete("/v1/instances/xyz", right)->status, 400);
  EXPECT_EQ(running.store().counts()->messages, 3);
  EXPECT_EQ(body_of(client.Delete(path, right))["erased"], 2);
  EXPECT_EQ(body_of(client.Delete(path, right))["erased"], 0);
  EXPECT_EQ(running.store().counts()->messages, 1);
}

TEST(Server, WithoutATokenNothingCanBeErased) {
  Running running;
  httplib::Client client(running.url());
  const std::string path = "/v1/instances/" + std::string(64, 'a');
  const httplib::Headers headers = {{"Authorization", "Bearer "}};
  EXPECT_EQ(client.Delete(path, headers)->status, 403);
}

TEST(Server, ADotInTheLegacyPathIsADot) {
  ServerSettings settings;
  settings.legacy_path = "/api/a.b";
  Running running(settings);
  EXPECT_EQ(running.post(data_of('a'), "/api/a.b")->status, 201);
  EXPECT_EQ(running.post(data_of('a'), "/api/aXb")->status, 404);
}

TEST(Server, SendersThatKeepTheirConnectionsDoNotKeepOthersOut) {
  Running running;
  std::vector<std::unique_ptr<httplib::Client>> kept;
  for (int i = 0; i < 200; ++i) {
    kept.push_back(std::make_unique<httplib::Client>(running.url()));
    kept.back()->set_keep_alive(true);
    ASSERT_TRUE(kept.back()->Get("/healthz")) << i;
  }
}

TEST(Server, OneConnectionServesManyRequests) {
  Running running;
  httplib::Client client(running.url());
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  int connections = 0;
  client.set_socket_options([&](socket_t) { ++connections; });
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(client.Post("/v1/messages", message('a', i), "application/json")->status, 201);
  }
  EXPECT_EQ(connections, 1);
  EXPECT_EQ(client.Get("/healthz")->status, 200);
}

TEST(Server, AnAddressInUseAndABadCertificateAreErrors) {
  Running running;
  TempFolder folder;
  const auto store = CollectorStore::open(folder / "c.db").value();
  ServerSettings settings;
  const std::string url = running.url();
  settings.port = std::stoi(url.substr(url.rfind(':') + 1));
  EXPECT_EQ(CollectorServer(settings, *store, [] { return arrival; }).bind().error().code,
            ErrorCode::io);
  settings.tls_certificate_file = folder / "none.pem";
  settings.tls_key_file = folder / "none.pem";
  EXPECT_EQ(CollectorServer(settings, *store, [] { return arrival; }).bind().error().code,
            ErrorCode::config);
}

namespace {

int connect_with(const std::string& url, const std::string& ca, int newest_version) {
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  httplib::SSLClient client("localhost", port);
  client.set_hostname_addr_map({{"localhost", "127.0.0.1"}});
  client.set_ca_cert_path(ca);
  client.enable_server_certificate_verification(true);
  SSL_CTX_set_security_level(client.ssl_context(), 0);  // so that only the server refuses TLS 1.1
  SSL_CTX_set_max_proto_version(client.ssl_context(), newest_version);
  const auto reply = client.Post("/v1/messages", message('a', 1), "application/json");
  return reply ? reply->status : 0;
}

}  // namespace

TEST(Server, TlsIsOneTwoAtLeast) {
  TempFolder folder;
  ServerSettings settings;
  settings.tls_certificate_file = folder / "cert.pem";
  settings.tls_key_file = folder / "key.pem";
  const TestCa authority;
  const Certificate certificate = authority.issue({"DNS:localhost"});
  std::ofstream(settings.tls_certificate_file) << certificate.certificate_pem;
  std::ofstream(settings.tls_key_file) << certificate.key_pem;
  const std::string ca_file = folder / "ca.pem";
  std::ofstream(ca_file) << authority.certificate_pem();
  Running running(settings);
  EXPECT_EQ(running.url().substr(0, 8), "https://");
  EXPECT_EQ(connect_with(running.url(), ca_file, TLS1_3_VERSION), 201);
  EXPECT_EQ(connect_with(running.url(), ca_file, TLS1_2_VERSION), 200);
  EXPECT_EQ(connect_with(running.url(), ca_file, TLS1_1_VERSION), 0);
}

}  // namespace reporterd
