#pragma once
// What the suite of transport_contract.h needs of a Transport's world.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/transport.h"
#include "tests/support/http_server.h"

namespace reporterd {

// A transport, the receiver that it talks to, and the time in which both live.
class TransportUnderTest {
 public:
  // Of the transport's own settings.
  static constexpr std::chrono::milliseconds timeout{1000};
  static constexpr std::size_t response_bytes = 4096;

  enum class Place { receiver, nobody_listens, untrusted_certificate };

  virtual ~TransportUnderTest() = default;
  virtual Transport& transport() = 0;
  virtual std::string url(Place place) = 0;
  // How the receiver acts from now on.
  virtual void script(ServerScript script) = 0;
  // What the receiver was asked so far.
  virtual std::vector<ReceivedRequest> requests() = 0;
  // Lets time pass until `condition` holds; fails when it does not for long.
  virtual testing::AssertionResult run_until(const std::function<bool()>& condition) = 0;
};

using MakeTransportUnderTest =
    std::function<std::unique_ptr<TransportUnderTest>(Transport::OnReply)>;

}  // namespace reporterd
