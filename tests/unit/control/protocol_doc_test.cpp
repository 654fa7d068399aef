// docs/protocol.md is held against the code: its transcript is replayed, its lists are complete,
// and its schemas fit what is answered.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "daemon/control/answers.h"
#include "daemon/control/methods.h"
#include "daemon/control/rpc.h"
#include "daemon/control/session.h"
#include "tests/unit/control/fakes.h"

namespace reporterd {
namespace {

using nlohmann::json;
using testing::FakeService;
using testing::FakeStream;

std::string read_doc(const std::string& name) {
  std::ifstream file(SOURCE_DIR "/docs/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

bool fits(const std::string& schema_name, const json& answer) {
  const json schema_json = json::parse(read_doc(schema_name));
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json),
                                          schema);
  return valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(answer),
                                        nullptr);
}

std::string ask(FakeService& service, const std::string& line) {
  FakeStream stream;
  RequestReader reader;
  Session(stream, service, reader, Access::control, {}).received(line + "\n");
  return stream.take();
}

TEST(ProtocolDoc, TheTranscriptIsWhatTheServiceAnswers) {
  const std::string doc = read_doc("protocol.md");
  const std::string fence = "```transcript\n";
  const std::size_t start = doc.find(fence);
  ASSERT_NE(start, std::string::npos);
  std::istringstream transcript(
      doc.substr(start + fence.size(), doc.find("\n```", start) - start - fence.size()));
  FakeService service;
  std::string request;
  std::string answer;
  int exchanges = 0;
  while (std::getline(transcript, request) && std::getline(transcript, answer)) {
    ASSERT_TRUE(request.starts_with("--> ")) << request;
    ASSERT_TRUE(answer.starts_with("<-- ")) << answer;
    EXPECT_EQ(ask(service, request.substr(4)), answer.substr(4) + "\n") << "asked " << request;
    ++exchanges;
  }
  EXPECT_GT(exchanges, static_cast<int>(methods().size()));
}

TEST(ProtocolDoc, EveryMethodIsDescribedAndInTheTranscript) {
  const std::string doc = read_doc("protocol.md");
  for (const Method& method : methods()) {
    const std::string name(method.name);
    EXPECT_NE(doc.find("\n### " + name + "\n"), std::string::npos) << name;
    EXPECT_NE(doc.find("\"method\":\"" + name + "\""), std::string::npos) << name;
  }
}

TEST(ProtocolDoc, EveryErrorCodeIsDescribed) {
  const std::string doc = read_doc("protocol.md");
  std::vector<int> codes = {rpc::parse_error,    rpc::invalid_request, rpc::method_not_found,
                            rpc::invalid_params, rpc::internal_error,  rpc::permission};
  for (int i = 0; i <= static_cast<int>(ErrorCode::unavailable); ++i) {
    codes.push_back(rpc::code_of(static_cast<ErrorCode>(i)));
  }
  for (const int code : codes) {
    EXPECT_NE(doc.find("\n| " + std::to_string(code) + " | "), std::string::npos) << code;
  }
}

TEST(ProtocolDoc, EveryStatusFitsItsSchema) {
  const FakeService service;
  StatusReport status = testing::sample_status();
  for (int i = 0; i <= static_cast<int>(Condition::idle); ++i) {
    status.condition = static_cast<Condition>(i);
    EXPECT_TRUE(fits("status.schema.json", json::parse(to_json(status, service.now())))) << i;
  }
  EXPECT_TRUE(fits("status.schema.json", json::parse(to_json(StatusReport{}, service.now()))));
}

TEST(ProtocolDoc, APreviewFitsItsSchema) {
  FakeService service;
  service.preview([](const Result<Preview>& preview) {
    EXPECT_TRUE(fits("preview.schema.json", json::parse(to_json(*preview))));
  });
  EXPECT_TRUE(fits("preview.schema.json", json::parse(to_json(Preview{}))));
}

TEST(ProtocolDoc, TheSchemasRefuseWhatIsNotInThem) {
  const FakeService service;
  const json good = json::parse(to_json(testing::sample_status(), service.now()));
  for (const auto& [name, value] : good.items()) {
    json bad = good;
    bad.erase(name);
    EXPECT_FALSE(fits("status.schema.json", bad)) << name;
    bad[name] = json::array({7});
    EXPECT_FALSE(fits("status.schema.json", bad)) << name;
  }
  json more = good;
  more["url"] = "https://user:secret@example.com";
  EXPECT_FALSE(fits("status.schema.json", more));
}

TEST(ProtocolDoc, ADamagedBodyDoesNotReachTheLine) {
  const FakeService service;
  for (const char* body : {"", "{\"a\":", "{}\n{}", "{\n}"}) {
    const std::string text =
        to_json(ShownMessage{testing::sample_row(1, State::queued), body}, service.now());
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_TRUE(json::parse(text)["message"].is_null()) << body;
  }
}

}  // namespace
}  // namespace reporterd
