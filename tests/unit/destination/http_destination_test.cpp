#include "daemon/destination/http_destination.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

HttpSettings settings(std::string url = "https://example.com/api/butlerTelemetry") {
  HttpSettings result;
  result.url = std::move(url);
  result.user_agent = "reporterd/1.2.3";
  return result;
}

LeasedMessage message(std::string body) {
  LeasedMessage result;
  result.key = {std::string(64, 'a'), *parse_ts("2021-03-03T12:13:55.862+01:00")};
  result.body = std::move(body);
  return result;
}

const std::string envelope =
    R"({"ts":"2021-03-03T12:13:55.862+01:00","data":{"service":"butler"}})";

std::optional<std::string> header(const Request& request, const std::string& name) {
  const auto found =
      std::ranges::find(request.headers, name, &std::pair<std::string, std::string>::first);
  return found == request.headers.end() ? std::nullopt : std::optional(found->second);
}

std::string url_problem(const std::string& url) {
  const auto status = validate(settings(url));
  return status ? "" : status.error().what;
}

}  // namespace

TEST(HttpDestination, ASingleMessageGoesOutAsItIsUnderItsKey) {
  const LeasedMessage one = message(envelope);
  const Request request = HttpDestination(settings()).request({&one, 1});
  EXPECT_EQ(request.url, "https://example.com/api/butlerTelemetry");
  EXPECT_EQ(request.body, envelope);
  EXPECT_EQ(header(request, "Content-Type"), "application/json");
  EXPECT_EQ(header(request, "User-Agent"), "reporterd/1.2.3");
  EXPECT_EQ(header(request, "Idempotency-Key"), std::string(64, 'a') + "/2021-03-03T11:13:55.862Z");
  EXPECT_EQ(header(request, "x-functions-key"), std::nullopt);
}

TEST(HttpDestination, TheFunctionKeyTravelsInItsHeader) {
  HttpSettings with_key = settings();
  with_key.function_key = "s3cret";
  const LeasedMessage one = message(envelope);
  EXPECT_EQ(header(HttpDestination(with_key).request({&one, 1}), "x-functions-key"), "s3cret");
}

TEST(HttpDestination, ABatchIsAnArrayOfEnvelopesWithoutAKey) {
  HttpSettings batches = settings();
  batches.batch = 3;
  const std::vector<LeasedMessage> three = {message("{1}"), message("{2}"), message("{3}")};
  const HttpDestination destination(batches);
  EXPECT_EQ(destination.batch_limit(), 3U);
  EXPECT_EQ(destination.request(three).body, "[{1},{2},{3}]");
  EXPECT_EQ(header(destination.request(three), "Idempotency-Key"), std::nullopt);
  EXPECT_EQ(destination.request({three.data(), 1}).body, "{1}") << "one message is no array";
}

TEST(HttpDestination, TheLegacyFormIsTheValueOfDataCutOut) {
  HttpSettings legacy = settings();
  legacy.data_only = true;
  const auto cut = [&](const std::string& body) {
    const LeasedMessage one = message(body);
    return HttpDestination(legacy).request({&one, 1}).body;
  };
  const std::string data = R"({"enabledFeatures":{"api":{"data":{"ts":true}},"feature":{}}})";
  EXPECT_EQ(cut(R"({"ts":"2021-03-03T11:13:55.862Z","data":)" + data + "}"), data);
  EXPECT_EQ(cut(R"({"data":)" + data + R"(,"ts":"2021-03-03T11:13:55.862Z"})"), data);
  const std::string tricky = R"({"api":{"a":1,"ts":"on"}})";
  EXPECT_EQ(cut(R"({"data":)" + tricky + R"(,"ts":"2021-03-03T11:13:55.862Z"})"), tricky);
  EXPECT_EQ(cut(R"({"ts":"2021-03-03T11:13:55.862Z","data":)" + tricky + "}"), tricky);
}

TEST(HttpDestination, BatchesAndTheLegacyFormExcludeEachOther) {
  HttpSettings both = settings();
  both.data_only = true;
  both.batch = 2;
  EXPECT_FALSE(validate(both).has_value());
  both.batch = 1;
  EXPECT_TRUE(validate(both).has_value());
  both.batch = 0;
  EXPECT_FALSE(validate(both).has_value());
}

TEST(HttpDestination, ItsIdentityTellsUrlsApartButKeepsTheQuerySecret) {
  const auto identity = [](const std::string& url) {
    return HttpDestination(settings(url)).identity();
  };
  EXPECT_EQ(identity("https://example.com/a"), "http https://example.com/a");
  EXPECT_NE(identity("https://example.com/a"), identity("https://example.com/b"));
  EXPECT_NE(identity("https://example.com/a?code=1"), identity("https://example.com/a?code=2"));
  EXPECT_EQ(identity("https://example.com/a?code=s3cret").find("s3cret"), std::string::npos);
}

TEST(HttpDestination, HttpsGoesAnywhereHttpOnlyToThisMachine) {
  for (const auto* url :
       {"https://example.com", "HTTPS://Example.com:8443/x?code=1", "https://[2001:db8::1]:443/",
        "https://10.0.0.1/", "http://127.0.0.1:8480/v1/messages", "http://127.255.0.9",
        "http://localhost", "http://LOCALHOST:80/", "http://[::1]:8480/", "http://[::1]"}) {
    EXPECT_EQ(url_problem(url), "") << url;
  }
  for (const auto* url : {"",
                          "example.com",
                          "http://example.com/",
                          "http://10.0.0.1/",
                          "http://0.0.0.0/",
                          "http://127.0.0.1.example.com/",
                          "http://127.0.0.256/",
                          "http://127.1/",
                          "http://127.0.0./",
                          "http://127.0.0.1:80@example.com/",
                          "http://localhost.example.com/",
                          "http://[::2]/",
                          "http://[::1/",
                          "http://::1/",
                          "ftp://localhost/",
                          "file:///etc/passwd",
                          "https://",
                          "https:///path",
                          "https://user@example.com/",
                          "https://user:pw@example.com/",
                          "https://example.com/#part",
                          "https://example.com:0/",
                          "https://example.com:65536/",
                          "https://example.com:/",
                          "https://example.com:8a/",
                          "https://exa mple.com/",
                          "https://example.com/\r\nX: y",
                          "https://example.com\\@evil.example/",
                          "https://m\xC3\xBCller.example/"}) {
    EXPECT_NE(url_problem(url), "") << url;
  }
}

TEST(HttpDestination, AUrlProblemDoesNotRepeatTheUrl) {
  EXPECT_EQ(url_problem("http://example.com/?code=s3cret").find("s3cret"), std::string::npos);
  EXPECT_EQ(url_problem("https://user:s3cret@example.com/").find("s3cret"), std::string::npos);
}

}  // namespace reporterd
