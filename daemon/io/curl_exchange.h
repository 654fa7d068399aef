#pragma once
// One request in flight as curl sees it: an easy handle with all its options. Internal to io/:
// shows curl.h.

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/core/transport.h"
#include "daemon/io/curl_transport.h"

namespace reporterd {

struct EasyClose {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct ListClose {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListClose>;

// One request in flight, or, between requests, a handle that waits for the next one.
struct Exchange {
  std::unique_ptr<CURL, EasyClose> easy;
  std::uint64_t settings_version = 0;  // of the options that `easy` carries
  SendId id = 0;
  Request request;  // curl reads the body from here
  HeaderList headers;
  std::string reply_body;
  std::size_t reply_limit = 0;
  bool sent = false;
  bool head_complete = false;  // of the reply
  bool over_the_cap = false;
  std::array<char, CURL_ERROR_SIZE> error{};
};

// A handle with the options that are the same for every request.
std::unique_ptr<Exchange> make_exchange(const TransportSettings& settings, std::uint64_t version);

// Fits the handle out for one request.
void load(Exchange& exchange, SendId id, Request request);

// Makes it open a connection and no more. It is not fit for another request afterwards.
void connect_only(Exchange& exchange);

// A header that would be two headers.
bool has_line_break(const Request& request);

}  // namespace reporterd
