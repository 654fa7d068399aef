#pragma once
// A LocalServer on a loop, and what it saw of each client.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/io/local_server.h"
#include "tests/support/loop_runner.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/io/local_client.h"

namespace reporterd {

class LocalServerTest : public testing::Test {
 protected:
  // What the server's side saw of one client, kept after the client went.
  struct Seen {
    Stream* stream = nullptr;
    std::string bytes;
    std::vector<std::size_t> sizes;
    bool gone = false;
  };
  using OnReceived = std::function<void(Seen&, std::string_view)>;

  class Recorder final : public StreamHandler {
   public:
    Recorder(LocalServerTest& test, Seen& seen) : test_(test), seen_(seen) {}
    ~Recorder() override { seen_.gone = true; }
    void received(std::string_view bytes) override {
      seen_.bytes += bytes;
      seen_.sizes.push_back(bytes.size());
      if (test_.on_received_) {
        test_.on_received_(seen_, bytes);
      }
    }

   private:
    LocalServerTest& test_;
    Seen& seen_;
  };

  StreamAccept accept() {
    return [this](Stream& stream) {
      auto& seen = seen_.emplace_back(std::make_unique<Seen>());
      seen->stream = &stream;
      return std::make_unique<Recorder>(*this, *seen);
    };
  }

  void open() {
    auto opened = LocalServer::open(loop_, settings_, accept());
    ASSERT_TRUE(opened) << opened.error().what;
    server_ = std::move(*opened);
  }

  std::string error_of_open() {
    const auto opened = LocalServer::open(loop_, settings_, accept());
    return opened ? "" : opened.error().what;
  }

  // Runs the loop; looks often, because what a client sees does not wake it.
  testing::AssertionResult until(const std::function<bool()>& condition) {
    WakeTimer look(loop_, [&] { look.arm(Millis(1)); });
    look.arm(Millis(1));
    return run_until(loop_, condition);
  }

  TempFolder folder_;
  Loop loop_;
  LocalServerSettings settings_{.path = server_name(folder_)};
  std::vector<std::unique_ptr<Seen>> seen_;
  OnReceived on_received_;
  std::unique_ptr<LocalServer> server_;
};

}  // namespace reporterd
