#include "collector/server.h"

#include <httplib.h>
#include <openssl/crypto.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "collector/connection_threads.h"
#include "collector/judge.h"
#include "collector/own_address.h"
#include "collector/rate_limit.h"
#include "collector/split_array.h"

namespace reporterd {
namespace {

using nlohmann::json;

constexpr std::size_t most_request_bytes = 8U << 20;
constexpr std::size_t most_messages_in_request = 1000;
constexpr std::size_t most_connections = 512;  // that are served at once; each has a thread
constexpr std::chrono::seconds keep_alive(5);  // nor does a stop wait longer for an idle one
constexpr int retry_after_trouble_s = 10;

void answer(httplib::Response& response, int status, const json& body) {
  response.status = status;
  response.set_content(body.dump(), "application/json");
}

int status_of(const Error& error) {
  return error.code == ErrorCode::too_large ? 413 : 400;
}

json result_of(Stored stored) {
  switch (stored) {
    case Stored::added:
      return {{"status", 201}};
    case Stored::known:
      return {{"status", 200}};
    case Stored::conflict:
      return {{"status", 200}, {"conflict", true}};
  }
  return {};
}

bool is_json(const httplib::Request& request) {
  const std::string type = request.get_header_value("Content-Type");
  return type.empty() || type.substr(0, type.find(';')) == "application/json";
}

// cpp-httplib takes a path as a regular expression.
std::string as_pattern(const std::string& path) {
  std::string pattern;
  for (const char c : path) {
    pattern += c == '.' ? "\\." : std::string(1, c);
  }
  return pattern;
}

// Of errors that no handler of ours has seen.
std::string what_http_says(int status) {
  switch (status) {
    case 404:
      return "no such path or method";
    case 413:
      return "more than 8 MiB in one request";
    default:
      return "HTTP " + std::to_string(status);
  }
}

bool same_secret(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool is_path(std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.-";
  return text.starts_with('/') && text.find_first_not_of(allowed) == std::string_view::npos;
}

struct CollectorServer::Impl {
  Impl(ServerSettings wanted, CollectorStore& message_store, std::function<WallTime()> clock)
      : settings(std::move(wanted)),
        store(message_store),
        wall(std::move(clock)),
        rate_limit(settings.messages_per_minute) {}

  ServerSettings settings;
  CollectorStore& store;
  std::function<WallTime()> wall;
  Judge judge;
  RateLimit rate_limit;
  std::unique_ptr<httplib::Server> http;
  std::atomic<bool> over = false;  // run() has returned

  bool tls() const { return !settings.tls_certificate_file.empty(); }
  void route();
  bool may_send(const httplib::Request& request, std::size_t messages, httplib::Response& response);
  void post(const httplib::Request& request, bool legacy, httplib::Response& response);
  void post_one(const httplib::Request& request, bool legacy, httplib::Response& response);
  void post_many(const httplib::Request& request, httplib::Response& response);
  Result<CheckedMessage> judge_one(const std::string& body, bool legacy);
  void erase(const httplib::Request& request, httplib::Response& response);
};

void CollectorServer::Impl::route() {
  // Not cpp-httplib's own choice, SO_REUSEPORT.
  http->set_socket_options(
      [](socket_t socket) { own_address(static_cast<std::uintptr_t>(socket)); });
  http->set_tcp_nodelay(true);
  http->set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
  http->set_keep_alive_timeout(keep_alive.count());
  http->set_payload_max_length(most_request_bytes);
  http->new_task_queue = [] { return new ConnectionThreads(most_connections); };
  http->set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) {
      answer(response, response.status, {{"error", what_http_says(response.status)}});
    }
  });
  const auto messages = [this](const auto& request, auto& response) {
    post(request, false, response);
  };
  http->Post("/v1/messages", messages);
  http->Post(as_pattern(settings.legacy_path),
             [this](const auto& request, auto& response) { post(request, true, response); });
  http->Delete(R"(/v1/instances/([^/]+))",
               [this](const auto& request, auto& response) { erase(request, response); });
  http->Get("/healthz", [](const auto&, auto& response) { answer(response, 200, {{"ok", true}}); });
}

// Answers 429 when the source sent too much.
bool CollectorServer::Impl::may_send(const httplib::Request& request, std::size_t messages,
                                     httplib::Response& response) {
  const auto wait =
      rate_limit.take(request.remote_addr, messages, std::chrono::steady_clock::now());
  if (wait) {
    response.set_header("Retry-After", std::to_string(wait->count()));
    answer(response, 429, {{"error", "too many messages from this address"}});
  }
  return !wait;
}

void CollectorServer::Impl::post(const httplib::Request& request, bool legacy,
                                 httplib::Response& response) {
  if (!is_json(request)) {
    return answer(response, 415, {{"error", "Content-Type must be application/json"}});
  }
  if (is_array(request.body)) {
    post_many(request, response);
  } else {
    post_one(request, legacy, response);
  }
}

Result<CheckedMessage> CollectorServer::Impl::judge_one(const std::string& body, bool legacy) {
  auto message = judge.envelope(body);
  if (!message && legacy && message.error().code == ErrorCode::invalid) {
    const json value = json::parse(body, nullptr, false);
    if (value.is_object() && value.contains("service")) {
      return judge.bare_data(body, wall());
    }
  }
  return message;
}

void CollectorServer::Impl::post_one(const httplib::Request& request, bool legacy,
                                     httplib::Response& response) {
  if (!may_send(request, 1, response)) {
    return;
  }
  auto message = judge_one(request.body, legacy);
  if (!message) {
    return answer(response, status_of(message.error()), {{"error", message.error().what}});
  }
  const auto stored = store.add({std::move(*message)}, wall());
  if (!stored) {
    response.set_header("Retry-After", std::to_string(retry_after_trouble_s));
    return answer(response, 503, {{"error", stored.error().what}});
  }
  json result = result_of(stored->front());
  const int status = result["status"];
  answer(response, status, result);
}

// What is good is stored, whatever stands beside it.
void CollectorServer::Impl::post_many(const httplib::Request& request,
                                      httplib::Response& response) {
  const auto elements = split_array(request.body);
  if (!elements) {
    return answer(response, 400, {{"error", "malformed JSON array"}});
  }
  if (elements->size() > most_messages_in_request) {
    return answer(response, 413, {{"error", "more than 1000 messages in one request"}});
  }
  if (!may_send(request, elements->size(), response)) {
    return;
  }
  std::vector<json> results(elements->size());
  std::vector<CheckedMessage> good;
  std::vector<std::size_t> places;  // of the good ones
  for (std::size_t i = 0; i < elements->size(); ++i) {
    auto message = judge.envelope((*elements)[i]);
    if (message) {
      good.push_back(std::move(*message));
      places.push_back(i);
    } else {
      results[i] = {{"status", status_of(message.error())}, {"error", message.error().what}};
    }
  }
  const auto stored = store.add(std::move(good), wall());
  if (!stored) {
    response.set_header("Retry-After", std::to_string(retry_after_trouble_s));
    return answer(response, 503, {{"error", stored.error().what}});
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    results[places[i]] = result_of((*stored)[i]);
  }
  answer(response, 200, {{"results", results}});
}

void CollectorServer::Impl::erase(const httplib::Request& request, httplib::Response& response) {
  if (settings.operator_token.empty()) {
    return answer(response, 403,
                  {{"error", "erasing is not set up: start with --operator-token-file"}});
  }
  if (!same_secret(request.get_header_value("Authorization"),
                   "Bearer " + settings.operator_token)) {
    response.set_header("WWW-Authenticate", "Bearer");
    return answer(response, 401, {{"error", "the operator's token is needed"}});
  }
  const std::string id = request.matches[1];
  if (!is_instance_id(id)) {
    return answer(response, 400, {{"error", "an instance id is 64 lower-case hex digits"}});
  }
  const auto erased = store.erase(id);
  if (!erased) {
    return answer(response, 503, {{"error", erased.error().what}});
  }
  answer(response, 200, {{"erased", *erased}});
}

CollectorServer::CollectorServer(ServerSettings settings, CollectorStore& store,
                                 std::function<WallTime()> wall)
    : impl_(std::make_unique<Impl>(std::move(settings), store, std::move(wall))) {}

CollectorServer::~CollectorServer() = default;

Status CollectorServer::bind() {
  ServerSettings& settings = impl_->settings;
  if (impl_->tls()) {
    auto https = std::make_unique<httplib::SSLServer>(settings.tls_certificate_file.c_str(),
                                                      settings.tls_key_file.c_str());
    if (!https->is_valid()) {
      return fail(ErrorCode::config,
                  "the TLS certificate or key cannot be used: " + settings.tls_certificate_file +
                      ", " + settings.tls_key_file);
    }
    SSL_CTX_set_min_proto_version(https->ssl_context(), TLS1_2_VERSION);
    impl_->http = std::move(https);
  } else {
    impl_->http = std::make_unique<httplib::Server>();
  }
  impl_->route();
  const std::string wanted = settings.host + ":" + std::to_string(settings.port);
  if (settings.port == 0) {
    settings.port = impl_->http->bind_to_any_port(settings.host);
  } else if (!impl_->http->bind_to_port(settings.host, settings.port)) {
    settings.port = -1;
  }
  if (settings.port < 0) {
    return fail(ErrorCode::io,
                "cannot listen on " + wanted + ": the address is in use or not of this machine");
  }
  return {};
}

std::string CollectorServer::url() const {
  const ServerSettings& settings = impl_->settings;
  const bool ipv6 = settings.host.find(':') != std::string::npos;
  return (impl_->tls() ? "https://" : "http://") +
         (ipv6 ? "[" + settings.host + "]" : settings.host) + ":" + std::to_string(settings.port);
}

void CollectorServer::run() {
  impl_->http->listen_after_bind();
  impl_->over = true;
}

void CollectorServer::stop() {
  while (!impl_->http->is_running() && !impl_->over) {
    std::this_thread::yield();  // httplib forgets a stop that comes before it runs
  }
  impl_->http->stop();
}

}  // namespace reporterd
