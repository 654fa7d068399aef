// The system calls back on a thread of its own for each change of a route; those of containers and
// virtual networks, too, so only what is about a default route wakes the loop.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include "daemon/io/network_watch.h"
#include "daemon/io/route_news_windows.h"
#include "daemon/io/uv_handle.h"

namespace reporterd {
namespace {

struct Free {
  void operator()(void* table) const { FreeMibTable(table); }
};

bool is_default_route(const MIB_IPFORWARD_ROW2& route) {
  return route.DestinationPrefix.PrefixLength == 0;
}

}  // namespace

bool has_default_route() {
  MIB_IPFORWARD_TABLE2* got = nullptr;
  if (GetIpForwardTable2(AF_UNSPEC, &got) != NO_ERROR) {
    return false;
  }
  const std::unique_ptr<MIB_IPFORWARD_TABLE2, Free> table(got);
  return std::ranges::any_of(std::span(table->Table, table->NumEntries), is_default_route);
}

struct NetworkWatch::State {
  std::function<void()> on_change;
  std::atomic<bool> appeared = false;  // since the last call of on_change
  std::atomic<bool> went = false;
  Handle<uv_async_t> news;
  HANDLE registered = nullptr;

  ~State() {
    if (registered != nullptr) {
      CancelMibChangeNotify2(registered);  // waits for calls under way
    }
  }

  // On a thread of the system's.
  static void CALLBACK told(void* self, MIB_IPFORWARD_ROW2* route, MIB_NOTIFICATION_TYPE what) {
    auto* state = static_cast<State*>(self);
    const RouteNews news = news_of(route, what);
    if (news != RouteNews::none) {
      (news == RouteNews::came ? state->appeared : state->went) = true;
      uv_async_send(state->news.get());
    }
  }

  void look() {
    const bool came = appeared.exchange(false);
    const bool left = went.exchange(false);
    if (came || (left && has_default_route())) {
      const auto callback = on_change;  // may destroy this watch
      callback();
    }
  }
};

Result<std::unique_ptr<NetworkWatch>> NetworkWatch::open(Loop& loop,
                                                         std::function<void()> on_change) {
  auto state = std::make_unique<State>();
  state->on_change = std::move(on_change);
  state->news = make_async(
      loop.raw(), [](uv_async_t* async) { static_cast<State*>(async->data)->look(); }, state.get());
  const auto error =
      NotifyRouteChange2(AF_UNSPEC, State::told, state.get(), FALSE, &state->registered);
  if (error != NO_ERROR) {
    return fail(ErrorCode::io,
                fmt::format("cannot watch the network (NotifyRouteChange2): {}",
                            std::system_category().message(static_cast<int>(error))));
  }
  return std::unique_ptr<NetworkWatch>(new NetworkWatch(std::move(state)));
}

NetworkWatch::NetworkWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
NetworkWatch::~NetworkWatch() = default;

}  // namespace reporterd
