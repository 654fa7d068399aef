// The transport contract on the simulated transport: it must not drift from the real one. What a
// peer does wrong in TCP, TLS and HTTP is told to it as what comes of the request; when and how
// often replies come is its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/transport_contract.h"
#include "tests/sim/sim_ports.h"

namespace reporterd {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Does what a ServerAction says, as far as a client can see it.
class ScriptedReceiver final : public sim::Receiver {
 public:
  sim::Journey draw_journey(const Request& request) override {
    using End = sim::Journey::End;
    using Kind = ServerAction::Kind;
    constexpr Millis soon(1);
    if (request.url == "nobody") {
      return {End::unreachable, soon, soon};
    }
    if (request.url == "stranger") {
      return {End::unreachable, soon, soon, true, "certificate: not trusted"};
    }
    const ServerAction action = script(as_received(request));
    const bool is_too_long = action.body.size() > TransportUnderTest::response_bytes;
    switch (action.kind) {
      case Kind::reply:
      case Kind::reply_and_close:
        return {is_too_long && action.status < 300 ? End::lost_after : End::whole, soon, soon};
      case Kind::hang:
      case Kind::trickle:
        return {End::lost_after, soon, TransportUnderTest::timeout, false, "no reply in 1000ms"};
      case Kind::close:
      case Kind::reset:
      case Kind::reset_mid_reply:
      case Kind::truncate:
      case Kind::raw:
        break;
    }
    return {End::lost_after, soon, soon};
  }

  Reply take(const Request& request, WallTime /*client_wall*/) override {
    requests.push_back(as_received(request));
    const ServerAction action = script(requests.back());
    Reply reply;
    reply.fate = Fate::answered;
    reply.status = action.status;
    reply.body = action.body.substr(0, TransportUnderTest::response_bytes);
    reply.what = "HTTP " + std::to_string(action.status);
    for (const auto& [name, value] : action.headers) {
      if (lower(name) == "content-type") {
        reply.content_type = lower(value);
      } else if (lower(name) == "retry-after") {
        reply.retry_after = value;
      } else if (lower(name) == "date") {
        reply.date = value;
      }
    }
    return reply;
  }

  ServerScript script = [](const ReceivedRequest&) { return ServerAction{}; };
  std::vector<ReceivedRequest> requests;

 private:
  static ReceivedRequest as_received(const Request& request) {
    ReceivedRequest received;
    received.method = "POST";
    for (const auto& [name, value] : request.headers) {
      received.headers.emplace_back(lower(name), value);
    }
    received.body = request.body;
    return received;
  }
};

class SimUnderTest final : public TransportUnderTest, private sim::WireWatch {
 public:
  explicit SimUnderTest(Transport::OnReply on_reply)
      : transport_(schedule_, receiver_, clock_, *this, std::move(on_reply)) {}

  Transport& transport() override { return transport_; }
  std::string url(Place place) override {
    switch (place) {
      case Place::receiver:
        return "receiver";
      case Place::nobody_listens:
        return "nobody";
      case Place::untrusted_certificate:
        return "stranger";
    }
    return "";
  }
  void script(ServerScript script) override { receiver_.script = std::move(script); }
  std::vector<ReceivedRequest> requests() override { return receiver_.requests; }

  testing::AssertionResult run_until(const std::function<bool()>& condition) override {
    while (!condition()) {
      if (schedule_.empty()) {
        return testing::AssertionFailure() << "nothing is to come any more";
      }
      schedule_.run_next();
    }
    return testing::AssertionSuccess();
  }

 private:
  void sent(SendId /*id*/, const Request& /*request*/) override {}
  void replying(SendId /*id*/, const Reply& /*reply*/) override {}

  sim::Schedule schedule_;
  sim::SimClock clock_{schedule_, 0};
  ScriptedReceiver receiver_;
  sim::SimTransport transport_;
};

std::unique_ptr<TransportUnderTest> make_sim_under_test(Transport::OnReply on_reply) {
  return std::make_unique<SimUnderTest>(std::move(on_reply));
}

INSTANTIATE_TEST_SUITE_P(Sim, TransportContract,
                         testing::Values(MakeTransportUnderTest(make_sim_under_test)));

}  // namespace
}  // namespace reporterd
