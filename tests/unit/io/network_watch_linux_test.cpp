// In a network namespace of its own, so that the machine's routes are left alone.

#include "daemon/io/network_watch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <iostream>

#include "daemon/io/unique_fd_linux.h"
#include "tests/support/loop_runner.h"

namespace reporterd {
namespace {

sockaddr ipv4(const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text, &address.sin_addr);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof generic);
  return generic;
}

// Routes of this network namespace, over its loopback interface.
class Routes {
 public:
  bool loopback_up() {
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    return ioctl(fd_.get(), SIOCSIFFLAGS, &request) == 0;
  }
  bool add(const char* destination, const char* mask, short metric = 0) {
    return change(SIOCADDRT, destination, mask, metric);
  }
  bool remove(const char* destination, const char* mask, short metric = 0) {
    return change(SIOCDELRT, destination, mask, metric);
  }

 private:
  bool change(unsigned long how, const char* destination, const char* mask, short metric) {
    char interface[] = "lo";
    rtentry route{};
    route.rt_dst = ipv4(destination);
    route.rt_genmask = ipv4(mask);
    route.rt_flags = RTF_UP;
    route.rt_metric = static_cast<short>(metric + 1);  // the call's own off-by-one
    route.rt_dev = interface;
    return ioctl(fd_.get(), how, &route) == 0;
  }

  UniqueFd fd_{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

constexpr int not_permitted = 77;

// Runs `check` in a child process with a network of its own; the child's failures are told by
// its exit code.
void in_own_network(const std::function<bool()>& check) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
      _exit(not_permitted);
    }
    _exit(check() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == not_permitted) {
    GTEST_SKIP() << "no network namespaces permitted here: NOT TESTED";
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// States what must hold in the child, where gtest's own failures would be lost.
bool holds(bool condition, const char* what) {
  if (!condition) {
    std::cerr << "does not hold: " << what << "\n";
  }
  return condition;
}

TEST(NetworkWatch, TellsWhenADefaultRouteAppearsAndOnlyThen) {
  in_own_network([] {
    Routes routes;
    Loop loop;
    int changes = 0;
    auto watch = NetworkWatch::open(loop, [&] { ++changes; });
    if (!holds(watch.has_value(), "it opens") || !holds(routes.loopback_up(), "lo is up") ||
        !holds(!has_default_route(), "a new network has no default route")) {
      return false;
    }
    // A container's network: not the way to the world.
    if (!holds(routes.add("10.1.0.0", "255.255.0.0"), "a route is added")) {
      return false;
    }
    run_ready(loop);
    if (!holds(changes == 0, "other routes are not told")) {
      return false;
    }
    if (!holds(routes.add("0.0.0.0", "0.0.0.0"), "a default route is added") ||
        !holds(bool(run_until(loop, [&] { return changes == 1; })), "a default route is told") ||
        !holds(has_default_route(), "it is there")) {
      return false;
    }
    if (!holds(routes.remove("0.0.0.0", "0.0.0.0"), "the default route is removed")) {
      return false;
    }
    run_ready(loop);
    return holds(changes == 1, "being cut off is not told") &&
           holds(!has_default_route(), "it is gone");
  });
}

TEST(NetworkWatch, TellsWhenTheWayChangesToAnotherRoute) {
  in_own_network([] {
    Routes routes;
    Loop loop;
    int changes = 0;
    auto watch = NetworkWatch::open(loop, [&] { ++changes; });
    if (!holds(routes.loopback_up(), "lo is up") ||
        !holds(routes.add("0.0.0.0", "0.0.0.0", 100), "the cable") ||
        !holds(routes.add("0.0.0.0", "0.0.0.0", 600), "the radio") ||
        !holds(bool(run_until(loop, [&] { return changes > 0; })), "told")) {
      return false;
    }
    run_ready(loop);
    const int before = changes;
    return holds(routes.remove("0.0.0.0", "0.0.0.0", 100), "the cable is pulled") &&
           holds(bool(run_until(loop, [&] { return changes > before; })), "the radio is told") &&
           holds(has_default_route(), "it is there");
  });
}

TEST(NetworkWatch, TellsARouteThatComesBackAfterItsInterfaceWasDown) {
  in_own_network([] {
    Routes routes;
    Loop loop;
    int changes = 0;
    auto watch = NetworkWatch::open(loop, [&] { ++changes; });
    for (int round = 1; round <= 2; ++round) {
      if (!holds(routes.loopback_up(), "lo is up") ||
          !holds(routes.add("0.0.0.0", "0.0.0.0"), "the route is added") ||
          !holds(bool(run_until(loop, [&] { return changes == round; })), "it is told")) {
        return false;
      }
      // The kernel removes the route without telling.
      ifreq down{};
      std::strcpy(down.ifr_name, "lo");
      const UniqueFd fd(socket(AF_INET, SOCK_DGRAM, 0));
      if (!holds(ioctl(fd.get(), SIOCSIFFLAGS, &down) == 0, "lo goes down")) {
        return false;
      }
    }
    return true;
  });
}

}  // namespace
}  // namespace reporterd
