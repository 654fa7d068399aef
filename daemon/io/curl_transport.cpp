#include "daemon/io/curl_transport.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/core/assert.h"
#include "daemon/io/curl_outcome.h"
#include "daemon/io/next_turn.h"
#include "daemon/io/uv_handle.h"

namespace reporterd {
namespace {

constexpr std::uint64_t idle_after_ms = 10'000;
constexpr long receive_buffer_bytes = 16L << 10;

struct EasyClose {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct MultiClose {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
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
  bool over_the_cap = false;
  std::array<char, CURL_ERROR_SIZE> error{};
};

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  const std::size_t room = exchange->reply_limit - exchange->reply_body.size();
  exchange->reply_body.append(bytes, std::min(count, room));
  exchange->over_the_cap = count > room;
  return exchange->over_the_cap ? 0 : count;  // 0 ends the transfer
}

int about_to_send(void* user, char*, char*, int, int) {
  static_cast<Exchange*>(user)->sent = true;
  return CURL_PREREQFUNC_OK;
}

const char* text_or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode status = curl_easy_setopt(easy, option, value);
  ASSERT(status == CURLE_OK);  // fails for unknown options and when memory is out
}

// curl decodes %-sequences in a proxy's user and password; ours mean themselves.
std::string escaped_credentials(CURL* easy, const std::string& credentials) {
  const auto escape = [&](std::string_view text) {
    char* escaped = curl_easy_escape(easy, text.data(), static_cast<int>(text.size()));
    ASSERT(escaped != nullptr);
    std::string copy = escaped;
    curl_free(escaped);
    return copy;
  };
  const std::string_view text = credentials;
  const auto colon = std::min(text.find(':'), text.size());
  const std::string user = escape(text.substr(0, colon));
  return colon == text.size() ? user + ":" : user + ":" + escape(text.substr(colon + 1));
}

void set_proxy(CURL* easy, const TransportSettings& settings) {
  set(easy, CURLOPT_PROXY, text_or_null(settings.proxy));  // null: the environment's
  set(easy, CURLOPT_NOPROXY, text_or_null(settings.no_proxy));
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!settings.proxy_credentials.empty()) {
    set(easy, CURLOPT_PROXYUSERPWD, escaped_credentials(easy, settings.proxy_credentials).c_str());
  }
}

void set_tls(CURL* easy, const TransportSettings& settings) {
  set(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings.ca_file.empty()) {
    set(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    set(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  set(easy, CURLOPT_SSLCERT, text_or_null(settings.client_certificate_file));
  set(easy, CURLOPT_SSLKEY, text_or_null(settings.client_key_file));
}

void close_socket(curl_socket_t socket) {
#ifdef _WIN32
  closesocket(socket);
#else
  close(socket);
#endif
}

// No low-speed limit: the time-out bounds a trickling reply just as well, and curl would wake up
// every second to look.
void set_options(Exchange& exchange, const TransportSettings& settings) {
  CURL* easy = exchange.easy.get();
  set(easy, CURLOPT_PRIVATE, &exchange);
  set(easy, CURLOPT_ERRORBUFFER, exchange.error.data());
  set(easy, CURLOPT_WRITEFUNCTION, take_body);
  set(easy, CURLOPT_WRITEDATA, &exchange);
  set(easy, CURLOPT_PREREQFUNCTION, about_to_send);
  set(easy, CURLOPT_PREREQDATA, &exchange);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(easy, CURLOPT_POST, 1L);
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);  // never wait for a thread that hangs in getaddrinfo
  set(easy, CURLOPT_TCP_NODELAY, 1L);
  set(easy, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
  set(easy, CURLOPT_USERAGENT, text_or_null(settings.user_agent));
  set_tls(easy, settings);
  set_proxy(easy, settings);
}

HeaderList header_list(const Request& request) {
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // no waiting for "100 Continue"
  std::string line;
  for (const auto& [name, value] : request.headers) {
    line.assign(name).append(": ").append(value);
    list = curl_slist_append(list, line.c_str());
  }
  return HeaderList(list);
}

bool has_line_break(const Request& request) {
  return std::ranges::any_of(request.headers, [](const auto& header) {
    return (header.first + header.second).find_first_of("\r\n") != std::string::npos;
  });
}

}  // namespace

struct CurlTransport::State {
  // A socket of curl's. A connection stays watched between its requests: starting and stopping
  // would be six system calls a request, a fifth of its cost. That is safe for sockets whose
  // opening and closing we are told of; the resolver's come and go without a word.
  struct Watched {
    State* owner = nullptr;
    curl_socket_t socket = CURL_SOCKET_BAD;
    bool is_connection = false;
    bool is_wanted = false;  // by curl, now
    int events = 0;          // that `poll` waits for
    Handle<uv_poll_t> poll;
  };

  State(uv_loop_t* raw, OnReply reply_function);
  ~State();

  void send(SendId id, Request request);
  void cancel(SendId id);
  void free_when_idle();

  std::unique_ptr<Exchange> take_exchange();
  void tell_of_connections(CURL* easy);
  void open_multi();
  void close_multi();
  void pump(curl_socket_t socket, int flags);
  void finish(Exchange& exchange, CURLcode code);
  void deliver();
  void reply_next_turn(SendId id, Fate fate, std::string_view what);

  void opened(curl_socket_t socket);
  void closed(curl_socket_t socket);
  int watch(curl_socket_t socket, int what);
  void unwatch(curl_socket_t socket);
  void start_watching(Watched& entry, int events);
  void ready(Watched& entry, int flags);
  int arm_timer(long ms);

  OnReply on_reply;
  uv_loop_t* loop;
  TransportSettings settings;
  std::uint64_t settings_version = 1;
  bool curl_is_initialised = false;
  bool stale = false;    // connections of older settings may be open
  bool closing = false;  // curl still calls back then
  bool delivering = false;

  NextTurn deliver_soon;
  Handle<uv_timer_t> curl_timer;
  Handle<uv_timer_t> idle_timer;
  std::unordered_map<curl_socket_t, Watched> watched;
  std::unique_ptr<CURLM, MultiClose> multi;

  std::unordered_map<SendId, std::unique_ptr<Exchange>> in_flight;
  std::vector<std::unique_ptr<Exchange>> kept;    // for the next requests
  std::vector<std::pair<SendId, Reply>> replies;  // to be told
};

CurlTransport::State::State(uv_loop_t* raw, OnReply reply_function)
    : on_reply(std::move(reply_function)),
      loop(raw),
      deliver_soon(
          raw, [](void* self) { static_cast<State*>(self)->deliver(); }, this),
      curl_timer(make_handle(raw, uv_timer_init, this)),
      idle_timer(make_handle(raw, uv_timer_init, this)) {}

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
  curl_socket_callback on_socket = [](CURL*, curl_socket_t socket, int what, void* self, void*) {
    return static_cast<State*>(self)->watch(socket, what);
  };
  curl_multi_timer_callback on_timer = [](CURLM*, long ms, void* self) {
    return static_cast<State*>(self)->arm_timer(ms);
  };
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(settings.connections));
}

void CurlTransport::State::close_multi() {
  closing = true;
  multi.reset();
  closing = false;
  watched.clear();
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
  auto exchange = std::make_unique<Exchange>();
  exchange->easy.reset(curl_easy_init());
  ASSERT(exchange->easy != nullptr);
  exchange->settings_version = settings_version;
  exchange->reply_limit = settings.response_bytes;
  set_options(*exchange, settings);
  tell_of_connections(exchange->easy.get());
  return exchange;
}

void CurlTransport::State::tell_of_connections(CURL* easy) {
  curl_sockopt_callback on_opened = [](void* self, curl_socket_t socket, curlsocktype) {
    static_cast<State*>(self)->opened(socket);
    return CURL_SOCKOPT_OK;
  };
  curl_closesocket_callback on_closed = [](void* self, curl_socket_t socket) {
    static_cast<State*>(self)->closed(socket);
    return 0;
  };
  set(easy, CURLOPT_SOCKOPTFUNCTION, on_opened);
  set(easy, CURLOPT_SOCKOPTDATA, this);
  set(easy, CURLOPT_CLOSESOCKETFUNCTION, on_closed);
  set(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void CurlTransport::State::send(SendId id, Request request) {
  ASSERT(!in_flight.contains(id));
  if (has_line_break(request)) {
    reply_next_turn(id, Fate::unreachable, "a header of the request contains a line break");
    return;
  }
  if (multi == nullptr) {
    open_multi();
  }
  uv_timer_stop(idle_timer.get());
  auto exchange = take_exchange();
  exchange->id = id;
  exchange->request = std::move(request);
  exchange->headers = header_list(exchange->request);
  exchange->sent = false;
  exchange->over_the_cap = false;
  exchange->error[0] = '\0';
  CURL* easy = exchange->easy.get();
  set(easy, CURLOPT_URL, exchange->request.url.c_str());
  set(easy, CURLOPT_HTTPHEADER, exchange->headers.get());
  set(easy, CURLOPT_POSTFIELDS, exchange->request.body.data());
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange->request.body.size()));
  const CURLMcode status = curl_multi_add_handle(multi.get(), easy);
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
    on_reply(id, std::move(reply));
  }
  delivering = false;
  if (in_flight.empty() && multi != nullptr) {
    uv_timer_start(
        idle_timer.get(),
        [](uv_timer_t* timer) { static_cast<State*>(timer->data)->free_when_idle(); },
        idle_after_ms, 0);
  }
}

void CurlTransport::State::opened(curl_socket_t socket) {
  watched[socket].is_connection = true;
}

void CurlTransport::State::closed(curl_socket_t socket) {
  watched.erase(socket);  // before its number can be another socket's
  close_socket(socket);
}

// curl asks for a socket to be watched, or no longer.
int CurlTransport::State::watch(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE || closing) {
    unwatch(socket);
    return 0;
  }
  const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                     ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  Watched& entry = watched[socket];
  entry.is_wanted = true;
  if (entry.poll == nullptr) {
    auto fresh = std::make_unique<uv_poll_t>();
    const int status = uv_poll_init_socket(loop, fresh.get(), socket);
    ASSERT(status == 0);
    fresh->data = &entry;
    entry.owner = this;
    entry.socket = socket;
    entry.poll.reset(fresh.release());
  }
  if (entry.events != events) {
    start_watching(entry, events);
  }
  return 0;
}

void CurlTransport::State::unwatch(curl_socket_t socket) {
  const auto found = watched.find(socket);
  if (found == watched.end()) {
    return;
  }
  Watched& entry = found->second;
  entry.is_wanted = false;
  if (!entry.is_connection) {
    watched.erase(found);
  } else if (entry.events != UV_READABLE) {  // it is writable all the time
    entry.poll.reset();
    entry.events = 0;
  }
}

void CurlTransport::State::start_watching(Watched& entry, int events) {
  entry.events = events;
  uv_poll_start(entry.poll.get(), events, [](uv_poll_t* poll, int error, int happened) {
    auto* seen = static_cast<Watched*>(poll->data);
    const int flags = error < 0 ? CURL_CSELECT_ERR
                                : ((happened & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                      ((happened & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    seen->owner->ready(*seen, flags);
  });
}

void CurlTransport::State::ready(Watched& entry, int flags) {
  if (!entry.is_wanted) {  // the receiver closed an idle connection; curl looks before it uses it
    entry.poll.reset();
    entry.events = 0;
    return;
  }
  pump(entry.socket, flags);  // `entry` may go
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

void CurlTransport::idle() {
  state_->free_when_idle();
}

}  // namespace reporterd
