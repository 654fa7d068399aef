#pragma once
// The real transport in its world: a loop, and real servers.

#include "daemon/io/curl_transport.h"
#include "tests/contract/transport_under_test.h"
#include "tests/support/loop_runner.h"

namespace reporterd {

inline TransportSettings settings_for_tests() {
  TransportSettings settings;
  settings.connect_timeout = TransportUnderTest::timeout;
  settings.timeout = TransportUnderTest::timeout;
  settings.response_bytes = TransportUnderTest::response_bytes;
  settings.connections = 64;
  settings.user_agent = "reporterd/test";
  return settings;
}

class CurlUnderTest final : public TransportUnderTest {
 public:
  explicit CurlUnderTest(Transport::OnReply on_reply) : transport_(loop_, std::move(on_reply)) {
    transport_.apply(settings_for_tests());
  }

  Transport& transport() override { return transport_; }

  std::string url(Place place) override {
    switch (place) {
      case Place::receiver:
        return receiver_.url();
      case Place::nobody_listens:
        return "http://127.0.0.1:" + std::to_string(closed_port()) + "/";
      case Place::untrusted_certificate:
        return stranger_.url();
    }
    return "";
  }

  void script(ServerScript script) override { receiver_.set_script(std::move(script)); }
  std::vector<ReceivedRequest> requests() override { return receiver_.requests(); }

  testing::AssertionResult run_until(const std::function<bool()>& condition) override {
    // What the receiver's threads see does not wake our loop: look every few milliseconds.
    WakeTimer look(loop_, [&] { look.arm(Millis(2)); });
    look.arm(Millis(2));
    return reporterd::run_until(loop_, condition);
  }

 private:
  static ServerAction ok(const ReceivedRequest&) { return {}; }

  HttpServer receiver_{ok};
  HttpServer stranger_{ok, {TestCa("nobody's friend").issue({"DNS:localhost"}), ""}};
  Loop loop_;
  CurlTransport transport_;
};

}  // namespace reporterd
