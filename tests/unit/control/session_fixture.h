#pragma once
// A Session between its two neighbours, and the lines that it is told and tells.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "daemon/control/session.h"
#include "tests/unit/control/fakes.h"

namespace reporterd {

inline constexpr const char* key_json =
    R"("instanceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
    R"("ts":"2026-01-02T03:04:05.000Z")";

inline std::string submit_line(const std::string& id, const std::string& message) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"submit","params":{"message":)" + message +
         "}}\n";
}

inline std::string call_line(const std::string& id, const std::string& method,
                             const std::string& params = "") {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method + "\"" +
         (params.empty() ? "" : R"(,"params":)" + params) + "}\n";
}

inline std::string queued_answer(const std::string& id) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{)" + key_json + R"(,"state":"queued"}})" +
         "\n";
}

inline std::string error_start(const std::string& id, int code) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":)" + std::to_string(code) +
         R"(,"message":")";
}

class SessionTest : public ::testing::Test {
 protected:
  void connect(Access access, SessionLimits limits = {}) {
    session_ = std::make_unique<Session>(stream_, service_, reader_, access, limits);
  }

  std::string ask(const std::string& bytes) {
    session_->received(bytes);
    return stream_.take();
  }

  void expect_error(const std::string& line, const std::string& id, int code) {
    const std::string answer = ask(line);
    EXPECT_TRUE(answer.starts_with(error_start(id, code))) << line << " gave " << answer;
    EXPECT_EQ(answer.find('\n'), answer.size() - 1) << line << " gave " << answer;
  }

  testing::FakeStream stream_;
  testing::FakeService service_;
  RequestReader reader_;
  std::unique_ptr<Session> session_;
};

}  // namespace reporterd
