#include "daemon/io/curl_exchange.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/core/assert.h"
#include "daemon/io/curl_files.h"
#include "daemon/io/curl_option.h"

namespace reporterd {
namespace {

constexpr long receive_buffer_bytes = 16L << 10;

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  const std::size_t room = exchange->reply_limit - exchange->reply_body.size();
  exchange->reply_body.append(bytes, std::min(count, room));
  exchange->over_the_cap = count > room;
  return exchange->over_the_cap ? 0 : count;  // 0 ends the transfer
}

// An empty line ends the head of a reply; interim ones (1xx) have heads, too.
std::size_t take_header(char* line, std::size_t, std::size_t size, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  long status = 0;
  curl_easy_getinfo(exchange->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  const bool is_end = *line == '\r' || *line == '\n';
  exchange->head_complete = exchange->head_complete || (is_end && status >= 200);
  return size;
}

int about_to_send(void* user, char*, char*, int, int) {
  static_cast<Exchange*>(user)->sent = true;
  return CURL_PREREQFUNC_OK;
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
  set_option(easy, CURLOPT_PROXY, text_or_null(settings.proxy));  // null: the environment's
  const bool as_environment_says = settings.proxy.empty() && settings.no_proxy.empty();
  set_option(easy, CURLOPT_NOPROXY, as_environment_says ? nullptr : settings.no_proxy.c_str());
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!settings.proxy_credentials.empty()) {
    set_option(easy, CURLOPT_PROXYUSERPWD,
               escaped_credentials(easy, settings.proxy_credentials).c_str());
  }
}

void set_tls(CURL* easy, const TransportSettings& settings) {
  set_option(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set_option(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set_option(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  set_files(easy, settings);
}

// No low-speed limit: the time-out bounds a trickling reply just as well, and curl would wake up
// every second to look.
void set_options(Exchange& exchange, const TransportSettings& settings) {
  CURL* easy = exchange.easy.get();
  set_option(easy, CURLOPT_PRIVATE, &exchange);
  set_option(easy, CURLOPT_ERRORBUFFER, exchange.error.data());
  set_option(easy, CURLOPT_WRITEFUNCTION, take_body);
  set_option(easy, CURLOPT_WRITEDATA, &exchange);
  set_option(easy, CURLOPT_HEADERFUNCTION, take_header);
  set_option(easy, CURLOPT_HEADERDATA, &exchange);
  set_option(easy, CURLOPT_PREREQFUNCTION, about_to_send);
  set_option(easy, CURLOPT_PREREQDATA, &exchange);
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set_option(easy, CURLOPT_POST, 1L);
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_QUICK_EXIT, 1L);  // never wait for a thread that hangs in getaddrinfo
  set_option(easy, CURLOPT_TCP_NODELAY, 1L);
  set_option(easy, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  set_option(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
  set_option(easy, CURLOPT_USERAGENT, text_or_null(settings.user_agent));
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

}  // namespace

std::unique_ptr<Exchange> make_exchange(const TransportSettings& settings, std::uint64_t version) {
  auto exchange = std::make_unique<Exchange>();
  exchange->easy.reset(curl_easy_init());
  ASSERT(exchange->easy != nullptr);
  exchange->settings_version = version;
  exchange->reply_limit = settings.response_bytes;
  set_options(*exchange, settings);
  return exchange;
}

void load(Exchange& exchange, SendId id, Request request) {
  exchange.id = id;
  exchange.request = std::move(request);
  exchange.headers = header_list(exchange.request);
  exchange.reply_body.clear();
  exchange.sent = false;
  exchange.head_complete = false;
  exchange.over_the_cap = false;
  exchange.error[0] = '\0';
  CURL* easy = exchange.easy.get();
  const std::string& body = exchange.request.body;
  set_option(easy, CURLOPT_URL, exchange.request.url.c_str());
  set_option(easy, CURLOPT_HTTPHEADER, exchange.headers.get());
  set_option(easy, CURLOPT_POSTFIELDS, body.data());
  set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
}

void connect_only(Exchange& exchange) {
  exchange.settings_version = 0;  // of no settings: it is not kept
  set_option(exchange.easy.get(), CURLOPT_CONNECT_ONLY, 1L);
}

bool has_line_break(const Request& request) {
  const auto breaks = [](std::string_view text) {
    return text.find_first_of("\r\n") != std::string_view::npos;
  };
  return std::ranges::any_of(request.headers, [&](const auto& header) {
    return breaks(header.first) || breaks(header.second);
  });
}

}  // namespace reporterd
