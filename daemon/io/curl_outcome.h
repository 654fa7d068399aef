#pragma once
// What a finished curl transfer means, in words and as a Fate. Internal to io/: shows curl.h.

#include <curl/curl.h>

#include <string_view>

#include "daemon/core/transport.h"
#include "daemon/io/curl_transport.h"

namespace reporterd {

struct Transfer {
  CURL* easy = nullptr;
  CURLcode code = CURLE_OK;
  bool sent = false;           // the request's first byte may have gone out
  bool head_complete = false;  // of the reply
  bool over_the_cap = false;   // the reply's body was cut off
  std::string_view details;    // curl's error buffer
};

// Everything of a Reply but its body.
Reply reply_of(const Transfer& transfer, const TransportSettings& settings);

}  // namespace reporterd
