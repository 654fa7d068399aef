// In a network of its own, with a default route, a name server that never answers and every frame
// counted: with telemetry off nothing leaves, names to resolve included. And a network that is back
// is noticed.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "tests/e2e/own_namespace.h"
#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

using std::chrono::milliseconds;

// Counts what passes any interface, loopback included.
class FrameCounter {
 public:
  FrameCounter() : socket_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))) {}
  ~FrameCounter() { close(socket_); }
  FrameCounter(const FrameCounter&) = delete;
  FrameCounter& operator=(const FrameCounter&) = delete;

  bool works() const { return socket_ >= 0; }
  // Whether a frame comes by the limit; it is taken.
  bool next(milliseconds limit) const {
    std::array<char, 2048> frame{};
    pollfd readable{socket_, POLLIN, 0};
    return poll(&readable, 1, static_cast<int>(limit.count())) > 0 &&
           recv(socket_, frame.data(), frame.size(), 0) > 0;
  }
  void forget() const {
    while (next(milliseconds(0))) {
    }
  }

 private:
  int socket_;
};

bool ip(const std::string& arguments) {
  Arguments command = {"/usr/sbin/ip"};
  for (std::size_t begin = 0; begin < arguments.size();) {
    const std::size_t end = std::min(arguments.find(' ', begin), arguments.size());
    command.push_back(arguments.substr(begin, end - begin));
    begin = end + 1;
  }
  return run(command).exit == 0;
}

class OwnNetwork : public testing::Test {
 protected:
  // A machine whose default route leads nowhere; the name server stands behind it.
  void make_network(int attempts = 1, int timeout_s = 1) {
    for (const char* which : {"all", "default"}) {  // its kernel would speak by itself
      std::ofstream(fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", which)) << "1";
    }
    ASSERT_TRUE(ip("link set lo up"));
    ASSERT_TRUE(ip("link add outside type dummy") || ip("link add outside type veth"));
    ASSERT_TRUE(ip("addr add 10.99.0.2/24 dev outside"));
    ASSERT_TRUE(ip("link set outside up"));
    ASSERT_TRUE(ip("route add default via 10.99.0.1"));
    site_.write("resolv.conf", fmt::format("nameserver 10.99.0.1\noptions timeout:{} attempts:{}\n",
                                           timeout_s, attempts));
    ASSERT_EQ(mount((site_ / "resolv.conf").c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr),
              0);
  }

  void configure(const char* telemetry,
                 const char* retry = "base: 50ms, cap: 200ms, messageBase: 50ms") {
    site_.configure({.destination = "url: \"https://telemetry.example.com/\"",
                     .telemetry = telemetry,
                     .retry = retry,
                     .butlers = reported(file_)});
  }

  // Everything that would make a reporterd with telemetry on connect.
  void provoke() {
    EXPECT_EQ(site_.ctl({"report"}).exit, 5);
    EXPECT_EQ(site_.ctl({"flush", "--wait", "--force"}).exit, 5);
    EXPECT_NE(site_.submit(7), "queued");
    site_.add_butler("butler", "true # changed");
    EXPECT_TRUE(ip("route replace default via 10.99.0.3"));
    EXPECT_EQ(site_.ctl({"config", "reload"}).exit, 0);
    EXPECT_EQ(site_.ctl({"resume"}).exit, 0);
  }

  Site site_;
  std::string file_ = site_.add_butler("butler");
};

TEST_F(OwnNetwork, SeesNoPacketWhileTelemetryIsOff) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNET);
  make_network();
  const FrameCounter frames;
  ASSERT_TRUE(frames.works());
  configure("enabled: false");
  frames.forget();
  site_.start();
  provoke();
  EXPECT_FALSE(frames.next(milliseconds(1500)));  // beyond each retry and quiet time
  ASSERT_EQ(site_.stop(), 0);

  configure("noticePeriod: 0s");
  site_.start({"DO_NOT_TRACK=yes"});
  provoke();
  EXPECT_FALSE(frames.next(milliseconds(1500)));
  ASSERT_EQ(site_.stop(), 0);

  site_.start();  // on: this network is one where packets are seen
  EXPECT_TRUE(frames.next(event_limit));
}

TEST_F(OwnNetwork, SeesNoPacketFromTheMomentTelemetryIsSwitchedOff) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNET);
  make_network();
  const FrameCounter frames;
  ASSERT_TRUE(frames.works());
  configure("noticePeriod: 0s", "base: 2s, cap: 2s");
  site_.start();
  ASSERT_TRUE(frames.next(event_limit));
  ASSERT_TRUE(site_.becomes("unreachable"));

  configure("enabled: false", "base: 2s, cap: 2s");
  ASSERT_EQ(site_.ctl({"config", "reload"}).exit, 0);
  frames.forget();
  EXPECT_FALSE(frames.next(milliseconds(2200)));  // the next attempt would have been due
  provoke();
  EXPECT_FALSE(frames.next(milliseconds(1500)));
  EXPECT_TRUE(site_.ledger_has("queued", 0));
}

// The system's resolver cannot be called back: of a name that is being looked up at that moment it
// still sends its own repeats (here one, after a second), and that is all.
TEST_F(OwnNetwork, SeesOnlyTheResolversOwnRepeatsAfterAnOffInTheMiddleOfALookUp) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNET);
  make_network(2);
  const FrameCounter frames;
  ASSERT_TRUE(frames.works());
  configure("noticePeriod: 0s");
  site_.start();
  ASSERT_TRUE(frames.next(event_limit));

  configure("enabled: false");
  ASSERT_EQ(site_.ctl({"config", "reload"}).exit, 0);
  frames.forget();
  int repeats = 0;
  // Its waits double, and a busy machine stretches them: only a long quiet says that it gave up.
  while (repeats < 100 && frames.next(milliseconds(6000))) {
    ++repeats;
  }
  EXPECT_LE(repeats, 8);  // A and AAAA, with and without the search domain, once more each
  provoke();
  EXPECT_FALSE(frames.next(milliseconds(1500)));
}

TEST_F(OwnNetwork, SeesNoPacketInTheNoticePeriodOrForAButlerThatIsOff) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNET);
  make_network();
  const FrameCounter frames;
  ASSERT_TRUE(frames.works());
  configure("noticePeriod: 1h");
  frames.forget();
  site_.start();
  ASSERT_TRUE(site_.ledger_has("queued", 1));
  EXPECT_FALSE(frames.next(milliseconds(1000)));
  ASSERT_EQ(site_.stop(), 0);

  site_.add_butler("butler", "false");
  configure("noticePeriod: 0s");
  site_.start();
  EXPECT_TRUE(site_.ledger_has("withdrawn", 1));
  EXPECT_FALSE(frames.next(milliseconds(1000)));
}

TEST_F(OwnNetwork, WithADeadNameServerStillAnswersAndStopsAtOnce) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNET);
  make_network(1, 30);
  // What goes out comes nowhere, and nothing says so.
  ASSERT_TRUE(ip("neigh replace 10.99.0.1 lladdr 02:00:00:00:00:01 dev outside"));
  configure("noticePeriod: 0s");
  site_.start();
  const auto looks_up = [](const Json& status) { return status["delivery"]["inFlight"] > 0; };
  ASSERT_TRUE(site_.reaches(looks_up));
  const milliseconds at_once(2000);  // far less than the look-up takes
  LocalClient client = site_.client();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.send(line("status")));
    ASSERT_TRUE(client.line(at_once));
    ASSERT_TRUE(client.send(submit_line(i)));
    ASSERT_TRUE(client.line(at_once));
  }
  ASSERT_TRUE(looks_up(site_.status()));
  site_.reporterd().ask_to_stop();
  EXPECT_EQ(site_.reporterd().wait(at_once), 0);
  site_.start();
  EXPECT_TRUE(site_.ledger_has("queued", 21));
}

TEST_F(OwnNetwork, ThatIsBackIsUsedLongBeforeTheNextAttemptIsDue) {
  RUN_IN_OWN_NAMESPACE(CLONE_NEWNET);
  make_network();
  const std::uint16_t port = closed_port();
  site_.configure({.destination = to(port),
                   .retry = "base: 1h, cap: 1h, messageBase: 50ms, networkBackWithin: 50ms"});
  site_.start();
  ASSERT_EQ(site_.submit(1), "queued");
  ASSERT_TRUE(site_.becomes("unreachable"));
  site_.start_collector(port);
  ASSERT_TRUE(ip("route replace default via 10.99.0.3"));
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
}

}  // namespace
}  // namespace reporterd
