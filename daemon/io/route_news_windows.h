#pragma once
// What the system tells of one route, as NetworkWatch hears it. Internal to io/, shows windows.h.

#include <winsock2.h>

#include <ws2tcpip.h>

#include <iphlpapi.h>

namespace reporterd {

enum class RouteNews { none, came, went };

// Of a default route. A change of a route's parameters is no other way: lifetimes, which each
// advertisement of a router renews, are among them.
inline RouteNews news_of(const MIB_IPFORWARD_ROW2* route, MIB_NOTIFICATION_TYPE what) {
  const bool is_default = route != nullptr && route->DestinationPrefix.PrefixLength == 0;
  return is_default && what == MibAddInstance      ? RouteNews::came
         : is_default && what == MibDeleteInstance ? RouteNews::went
                                                   : RouteNews::none;
}

}  // namespace reporterd
