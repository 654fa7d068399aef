// rtnetlink. The kernel tells every route of every container; a socket filter lets only default
// routes through, so that the others do not even wake us. No table is kept: the kernel removes
// IPv4 routes of an interface that goes down without telling, so a copy would go stale.

#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "daemon/io/network_watch.h"
#include "daemon/io/unique_fd_linux.h"
#include "daemon/io/uv_handle.h"

#pragma GCC diagnostic ignored "-Wold-style-cast"  // in the kernel's NLMSG_ and RTA_ macros

namespace reporterd {
namespace {

constexpr std::size_t buffer_bytes = 32U << 10;  // the kernel's own limit for one piece of a dump

bool is_default_route(const nlmsghdr& header, const rtmsg& route) {
  return header.nlmsg_len >= NLMSG_LENGTH(sizeof(rtmsg)) && route.rtm_dst_len == 0 &&
         route.rtm_type == RTN_UNICAST && route.rtm_table == RT_TABLE_MAIN &&
         (route.rtm_flags & RTM_F_CLONED) == 0;
}

// What makes a route this route and no other: gateway, interface, metric, next hops; without the
// expiry times that a refresh changes.
std::string identity_of(const nlmsghdr& header) {
  std::string identity;
  const auto* route = static_cast<const rtmsg*>(NLMSG_DATA(&header));
  auto left = static_cast<int>(RTM_PAYLOAD(&header));
  for (const rtattr* item = RTM_RTA(route); RTA_OK(item, left); item = RTA_NEXT(item, left)) {
    switch (item->rta_type) {
      case RTA_GATEWAY:
      case RTA_OIF:
      case RTA_PRIORITY:
      case RTA_MULTIPATH:
      case RTA_VIA:
      case RTA_NH_ID:
        identity.append(reinterpret_cast<const char*>(item), item->rta_len);
        break;
      default:
        break;
    }
  }
  return identity;
}

// Socket filter: keep RTM_NEWROUTE and RTM_DELROUTE with a destination length of 0.
constexpr std::array<sock_filter, 4> only_default_routes = {{
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN + offsetof(rtmsg, rtm_dst_len)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    BPF_STMT(BPF_RET | BPF_K, 0),
}};

Result<UniqueFd> route_socket(int flags, unsigned groups) {
  UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (!fd || bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return fail(ErrorCode::io, fmt::format("cannot watch the network (rtnetlink): {}",
                                           std::generic_category().message(errno)));
  }
  return fd;
}

// Calls `see` for each message of one datagram.
template <class See>
void for_each_message(std::span<const std::byte> datagram, See see) {
  auto left = static_cast<unsigned>(datagram.size());
  for (const auto* header = reinterpret_cast<const nlmsghdr*>(datagram.data());
       NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
    see(*header);
  }
}

const rtmsg& route_of(const nlmsghdr& header) {
  return *static_cast<const rtmsg*>(NLMSG_DATA(&header));
}

// Asks the kernel for all routes of one family.
bool dump_has_default(unsigned char family) {
  const auto fd = route_socket(0, 0);
  if (!fd) {
    return false;
  }
  struct {
    nlmsghdr header;
    rtmsg route;
  } question{};
  question.header.nlmsg_len = NLMSG_LENGTH(sizeof(rtmsg));
  question.header.nlmsg_type = RTM_GETROUTE;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.route.rtm_family = family;
  question.route.rtm_table = RT_TABLE_MAIN;
  if (::send(fd->get(), &question, question.header.nlmsg_len, 0) < 0) {
    return false;
  }
  alignas(nlmsghdr) std::array<std::byte, buffer_bytes> buffer;
  bool found = false;
  for (bool finished = false; !finished;) {
    const auto got = recv(fd->get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return found;
    }
    for_each_message(
        std::span(buffer).first(static_cast<std::size_t>(got)), [&](const nlmsghdr& header) {
          finished =
              finished || header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR;
          found = found ||
                  (header.nlmsg_type == RTM_NEWROUTE && is_default_route(header, route_of(header)));
        });
  }
  return found;
}

}  // namespace

bool has_default_route() {
  return dump_has_default(AF_INET) || dump_has_default(AF_INET6);
}

struct NetworkWatch::State {
  std::function<void()> on_change;
  UniqueFd fd;
  std::string last_route;  // identity of the default route that was told last
  bool appeared = false;   // since the last call of on_change
  bool went = false;
  Handle<uv_poll_t> poll;

  void see(const nlmsghdr& header) {
    if (header.nlmsg_type == RTM_DELROUTE && is_default_route(header, route_of(header))) {
      went = true;
    } else if (header.nlmsg_type == RTM_NEWROUTE && is_default_route(header, route_of(header))) {
      // Network managers "replace" a route by itself whenever its lease or advertisement is
      // renewed. An added route is news even if we saw it before (see above).
      std::string identity = identity_of(header);
      const bool renewed = (header.nlmsg_flags & NLM_F_REPLACE) != 0 && identity == last_route;
      appeared = appeared || !renewed;
      last_route = std::move(identity);
    }
  }

  void readable() {
    alignas(nlmsghdr) std::array<std::byte, buffer_bytes> buffer;
    while (true) {
      const auto got = recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got < 0 && errno == ENOBUFS) {
        appeared = true;  // some were lost: assume the best
        continue;
      }
      if (got <= 0) {
        break;
      }
      for_each_message(std::span(buffer).first(static_cast<std::size_t>(got)),
                       [this](const nlmsghdr& header) { see(header); });
    }
    const bool came = std::exchange(appeared, false);
    const bool left = std::exchange(went, false);
    if (came || (left && has_default_route())) {
      const auto callback = on_change;  // may destroy this watch
      callback();
    }
  }
};

Result<std::unique_ptr<NetworkWatch>> NetworkWatch::open(Loop& loop,
                                                         std::function<void()> on_change) {
  auto fd = route_socket(SOCK_NONBLOCK, RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
  if (!fd) {
    return std::unexpected(fd.error());
  }
  auto filter = only_default_routes;
  const sock_fprog program{.len = filter.size(), .filter = filter.data()};
  setsockopt(fd->get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);  // saves wake-ups
  auto state = std::make_unique<State>();
  state->on_change = std::move(on_change);
  state->fd = std::move(*fd);
  state->poll = watch_readable(
      loop.raw(), state->fd.get(),
      [](uv_poll_t* handle, int, int) { static_cast<State*>(handle->data)->readable(); },
      state.get());
  return std::unique_ptr<NetworkWatch>(new NetworkWatch(std::move(state)));
}

NetworkWatch::NetworkWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
NetworkWatch::~NetworkWatch() = default;

}  // namespace reporterd
