#pragma once
// A CurlTransport on a loop, asked for one request at a time.

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>

#include "tests/contract/curl_under_test.h"
#include "tests/support/environment.h"
#include "tests/support/temp_folder.h"

namespace reporterd {

class CurlTransportTest : public testing::Test {
 protected:
  CurlTransportTest() {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy",
                             "no_proxy", "NO_PROXY"}) {
      remove_variable(name);
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
    std::ofstream(path_of(folder_ / name)) << text;
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

}  // namespace reporterd
