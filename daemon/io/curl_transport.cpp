#include "daemon/io/curl_transport.h"

#include <curl/curl.h>

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/core/assert.h"
#include "daemon/io/curl_exchange.h"
#include "daemon/io/curl_outcome.h"
#include "daemon/io/curl_sockets.h"
#include "daemon/io/next_turn.h"
#include "daemon/io/uv_handle.h"

namespace reporterd {
namespace {

constexpr std::uint64_t idle_after_ms = 10'000;

struct MultiClose {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

}  // namespace

struct CurlTransport::State {
  State(uv_loop_t* raw, OnReply reply_function);
  ~State();

  void send(SendId id, Request request);
  void probe(std::string url, std::function<void(Reply)> done);
  void start(SendId id, std::unique_ptr<Exchange> exchange);
  void cancel(SendId id);
  void free_when_idle();

  std::unique_ptr<Exchange> take_exchange();
  void open_multi();
  void close_multi();
  void pump(curl_socket_t socket, int flags);
  void finish(Exchange& exchange, CURLcode code);
  void deliver();
  void reply_next_turn(SendId id, Fate fate, std::string_view what);
  int arm_timer(long ms);

  OnReply on_reply;
  TransportSettings settings;
  std::uint64_t settings_version = 1;
  bool curl_is_initialised = false;
  bool stale = false;    // connections of older settings may be open
  bool closing = false;  // curl still calls back then
  bool delivering = false;

  NextTurn deliver_soon;
  Handle<uv_timer_t> curl_timer;
  Handle<uv_timer_t> idle_timer;
  CurlSockets sockets;
  std::unique_ptr<CURLM, MultiClose> multi;

  std::unordered_map<SendId, std::unique_ptr<Exchange>> in_flight;
  std::unordered_map<SendId, std::function<void(Reply)>> probes;
  SendId next_probe = std::numeric_limits<SendId>::max();  // the caller counts from below
  std::vector<std::unique_ptr<Exchange>> kept;             // for the next requests
  std::vector<std::pair<SendId, Reply>> replies;           // to be told
};

CurlTransport::State::State(uv_loop_t* raw, OnReply reply_function)
    : on_reply(std::move(reply_function)),
      deliver_soon(
          raw, [](void* self) { static_cast<State*>(self)->deliver(); }, this),
      curl_timer(make_handle(raw, uv_timer_init, this)),
      idle_timer(make_handle(raw, uv_timer_init, this)),
      sockets(raw, [this](curl_socket_t socket, int flags) { pump(socket, flags); }) {}

CurlTransport::State::~State() {
  ASSERT(!delivering);
  for (const auto& [id, exchange] : in_flight) {
    curl_multi_remove_handle(multi.get(), exchange->easy.get());
  }
  in_flight.clear();
  kept.clear();
  close_multi();
  if (curl_is_initialised) {
    curl_global_cleanup();
  }
}

// Not before the first request: a service that may not send loads no certificates.
void CurlTransport::State::open_multi() {
  if (!curl_is_initialised) {
    const CURLcode status = curl_global_init(CURL_GLOBAL_DEFAULT);
    ASSERT(status == CURLE_OK);
    curl_is_initialised = true;
  }
  multi.reset(curl_multi_init());
  ASSERT(multi != nullptr);
  curl_multi_timer_callback on_timer = [](CURLM*, long ms, void* self) {
    return static_cast<State*>(self)->arm_timer(ms);
  };
  sockets.serve_multi(multi.get());
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(settings.connections));
}

void CurlTransport::State::close_multi() {
  closing = true;
  multi.reset();
  closing = false;
  sockets.clear();
  uv_timer_stop(curl_timer.get());
  stale = false;
}

void CurlTransport::State::free_when_idle() {
  if (in_flight.empty()) {
    uv_timer_stop(idle_timer.get());
    kept.clear();
    close_multi();
  }
}

std::unique_ptr<Exchange> CurlTransport::State::take_exchange() {
  if (!kept.empty()) {
    auto exchange = std::move(kept.back());
    kept.pop_back();
    return exchange;
  }
  auto exchange = make_exchange(settings, settings_version);
  sockets.serve_easy(exchange->easy.get());
  return exchange;
}

void CurlTransport::State::send(SendId id, Request request) {
  ASSERT(!in_flight.contains(id));
  if (has_line_break(request)) {
    reply_next_turn(id, Fate::unreachable, "a header of the request contains a line break");
    return;
  }
  auto exchange = take_exchange();
  load(*exchange, id, std::move(request));
  start(id, std::move(exchange));
}

void CurlTransport::State::probe(std::string url, std::function<void(Reply)> done) {
  const SendId id = next_probe--;
  probes.emplace(id, std::move(done));
  auto exchange = take_exchange();
  load(*exchange, id, {std::move(url), {}, ""});
  connect_only(*exchange);
  start(id, std::move(exchange));
}

void CurlTransport::State::start(SendId id, std::unique_ptr<Exchange> exchange) {
  if (multi == nullptr) {
    open_multi();
  }
  uv_timer_stop(idle_timer.get());
  const CURLMcode status = curl_multi_add_handle(multi.get(), exchange->easy.get());
  ASSERT(status == CURLM_OK);
  in_flight.emplace(id, std::move(exchange));
}

void CurlTransport::State::cancel(SendId id) {
  const auto found = in_flight.find(id);
  if (found == in_flight.end()) {
    return;  // its reply is on the way already
  }
  curl_multi_remove_handle(multi.get(), found->second->easy.get());
  in_flight.erase(found);
  reply_next_turn(id, Fate::cancelled, "cancelled");
}

void CurlTransport::State::reply_next_turn(SendId id, Fate fate, std::string_view what) {
  Reply reply;
  reply.fate = fate;
  reply.what = what;
  replies.emplace_back(id, std::move(reply));
  deliver_soon.ask();
}

void CurlTransport::State::pump(curl_socket_t socket, int flags) {
  int running = 0;
  curl_multi_socket_action(multi.get(), socket, flags, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) {
      Exchange* exchange = nullptr;
      const CURLcode code = message->data.result;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
      finish(*exchange, code);
    }
  }
  deliver();
}

void CurlTransport::State::finish(Exchange& exchange, CURLcode code) {
  CURL* easy = exchange.easy.get();
  Reply reply = reply_of({.easy = easy,
                          .code = code,
                          .sent = exchange.sent,
                          .head_complete = exchange.head_complete,
                          .over_the_cap = exchange.over_the_cap,
                          .details = exchange.error.data()},
                         settings);
  if (reply.fate == Fate::answered) {
    reply.body = std::move(exchange.reply_body);
  }
  replies.emplace_back(exchange.id, std::move(reply));
  curl_multi_remove_handle(multi.get(), easy);

  auto done = std::move(in_flight.extract(exchange.id).mapped());
  if (done->settings_version == settings_version && kept.size() < settings.connections) {
    done->request = {};
    done->reply_body = {};
    kept.push_back(std::move(done));
  }
}

void CurlTransport::State::deliver() {
  if (in_flight.empty() && stale) {
    free_when_idle();
  }
  delivering = true;
  for (auto& [id, reply] : std::exchange(replies, {})) {
    if (const auto probe = probes.extract(id)) {
      probe.mapped()(std::move(reply));
    } else {
      on_reply(id, std::move(reply));
    }
  }
  delivering = false;
  if (in_flight.empty() && multi != nullptr) {
    uv_timer_start(
        idle_timer.get(),
        [](uv_timer_t* timer) { static_cast<State*>(timer->data)->free_when_idle(); },
        idle_after_ms, 0);
  }
}

// curl asks to be called in `ms` (-1: never); with 0, still not before the next turn.
int CurlTransport::State::arm_timer(long ms) {
  if (ms < 0 || closing) {
    uv_timer_stop(curl_timer.get());
    return 0;
  }
  uv_timer_start(
      curl_timer.get(),
      [](uv_timer_t* timer) { static_cast<State*>(timer->data)->pump(CURL_SOCKET_TIMEOUT, 0); },
      static_cast<std::uint64_t>(ms), 0);
  return 0;
}

CurlTransport::CurlTransport(Loop& loop, OnReply on_reply)
    : state_(std::make_unique<State>(loop.raw(), std::move(on_reply))) {}

CurlTransport::~CurlTransport() = default;

void CurlTransport::apply(TransportSettings settings) {
  state_->settings = std::move(settings);
  ++state_->settings_version;
  state_->kept.clear();
  state_->stale = true;
  state_->free_when_idle();
}

void CurlTransport::send(SendId id, Request request) {
  state_->send(id, std::move(request));
}

void CurlTransport::cancel(SendId id) {
  state_->cancel(id);
}

void CurlTransport::probe(std::string url, std::function<void(Reply)> done) {
  state_->probe(std::move(url), std::move(done));
}

void CurlTransport::cancel_probes() {
  for (const auto& [id, done] : state_->probes) {
    state_->cancel(id);
  }
}

void CurlTransport::idle() {
  state_->free_when_idle();
}

}  // namespace reporterd
