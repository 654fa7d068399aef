// CurlTransport and a name server that does not answer.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>

#include "tests/contract/curl_transport_fixture.h"

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
  EXPECT_EQ(reply.what, "the host name was not resolved within " +
                            std::to_string(TransportUnderTest::timeout.count()) + "ms");
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
  auto transport = std::make_unique<CurlTransport>(loop_, [](SendId, const Reply&) {});
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
