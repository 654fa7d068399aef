#include "tests/support/http_server.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "daemon/core/assert.h"
#include "tests/support/sockets.h"

namespace reporterd {
namespace {

struct CtxFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using TlsContext = std::unique_ptr<SSL_CTX, CtxFree>;

template <class T>
T* read_pem(const std::string& pem, T* (*read)(BIO*, T**, pem_password_cb*, void*)) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  T* object = read(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  ASSERT(object != nullptr);
  return object;
}

TlsContext tls_context(const ServerTls& tls) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  X509* certificate = read_pem(tls.certificate.certificate_pem, PEM_read_bio_X509);
  EVP_PKEY* key = read_pem(tls.certificate.key_pem, PEM_read_bio_PrivateKey);
  ASSERT(SSL_CTX_use_certificate(context.get(), certificate) == 1);
  ASSERT(SSL_CTX_use_PrivateKey(context.get(), key) == 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
  if (!tls.client_ca_pem.empty()) {
    X509* ca = read_pem(tls.client_ca_pem, PEM_read_bio_X509);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca);
    X509_free(ca);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

// A blocking connection, with or without TLS. shut() may be called by another thread.
class Connection {
 public:
  Connection(int fd, SSL_CTX* context) : fd_(fd) {
    send_at_once(fd);
    if (context != nullptr) {
      ssl_.reset(SSL_new(context));
      SSL_set_fd(ssl_.get(), fd);
    }
  }
  ~Connection() { close_connection(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // false: no TLS was agreed on. The client is told why before the connection is closed; closing
  // with unread bytes would be a reset, which can overtake that.
  bool start() {
    if (ssl_ == nullptr || SSL_accept(ssl_.get()) == 1) {
      return true;
    }
    end_sending(fd_);
    std::array<char, 1024> ignored;
    while (receive(fd_, ignored.data(), ignored.size()) > 0) {
    }
    return false;
  }
  void shut() const { end_both_ways(fd_); }
  void reset_when_closed() const { reporterd::reset_when_closed(fd_); }
  void say_goodbye() {
    if (ssl_ != nullptr) {
      SSL_shutdown(ssl_.get());
    }
  }

  bool read_some(std::string& into) {
    std::array<char, 16384> buffer;
    const auto got = ssl_ == nullptr ? receive(fd_, buffer.data(), buffer.size())
                                     : SSL_read(ssl_.get(), buffer.data(), int{buffer.size()});
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return got > 0;
  }

  bool write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ssl_ == nullptr
                            ? transmit(fd_, bytes.data(), bytes.size())
                            : SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

 private:
  int fd_;
  std::unique_ptr<SSL, SslFree> ssl_;
};

std::string_view take_line(std::string_view& text) {
  const auto end = text.find("\r\n");
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return line;
}

ReceivedRequest parse_head(std::string_view head) {
  ReceivedRequest request;
  std::string_view first = take_line(head);
  const auto space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  while (!head.empty()) {
    const auto line = take_line(head);
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos) {
      std::string name(line.substr(0, colon));
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers.emplace_back(std::move(name), line.substr(colon + 2));
    }
  }
  return request;
}

// The next request of a connection; `unread` keeps what came after it.
std::optional<ReceivedRequest> next_request(Connection& connection, std::string& unread) {
  std::size_t end = 0;
  while ((end = unread.find("\r\n\r\n")) == std::string::npos) {
    if (!connection.read_some(unread)) {
      return std::nullopt;
    }
    if (unread.starts_with('\x16')) {  // a TLS hello to a plain server
      connection.write_all("HTTP/1.1 400 Bad Request\r\n\r\n");
      return std::nullopt;
    }
  }
  ReceivedRequest request = parse_head(std::string_view(unread).substr(0, end + 2));
  unread.erase(0, end + 4);
  const std::string length = request.header("content-length");
  const std::size_t size = length.empty() ? 0 : std::stoul(length);
  while (unread.size() < size) {
    if (!connection.read_some(unread)) {
      return std::nullopt;
    }
  }
  request.body = unread.substr(0, size);
  unread.erase(0, size);
  return request;
}

std::string reply_text(const ServerAction& action) {
  std::string text = fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n", action.status,
                                 action.body.size());
  if (action.kind == ServerAction::Kind::reply_and_close) {
    text += "Connection: close\r\n";
  }
  for (const auto& [name, value] : action.headers) {
    text += fmt::format("{}: {}\r\n", name, value);
  }
  return text + "\r\n" + action.body;
}

}  // namespace

std::string ReceivedRequest::header(const std::string& lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) {
      return value;
    }
  }
  return "";
}

ServerAction created(const ReceivedRequest&) {
  return {.status = 201};
}

struct HttpServer::State {
  void accept_until_stopped();
  void serve(Connection& connection, std::size_t number);
  bool act(Connection& connection, const ServerAction& action);
  bool trickle(Connection& connection, const std::string& text);
  // false: the server is being stopped.
  bool pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    return !changed.wait_for(lock, time, [this] { return stopping; });
  }

  TlsContext tls;
  int listener = -1;
  std::uint16_t port = 0;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  bool stopping = false;
  ServerScript script;
  std::vector<ReceivedRequest> requests;
  std::vector<std::shared_ptr<Connection>> open;
  std::size_t accepted = 0;

  std::vector<std::thread> threads;  // one for each connection; for the accepting thread alone
  std::thread accepting;
};

void HttpServer::State::accept_until_stopped() {
  while (true) {
    const int fd = accept_connection(listener);
    const std::lock_guard lock(mutex);
    if (stopping || fd < 0) {
      if (fd >= 0) {
        close_connection(fd);
      }
      return;
    }
    auto connection = std::make_shared<Connection>(fd, tls.get());
    open.push_back(connection);
    threads.emplace_back([this, connection, number = accepted++]() mutable {
      serve(*connection, number);
      const std::lock_guard ending(mutex);
      std::erase(open, connection);
      connection.reset();  // closes it
    });
  }
}

void HttpServer::State::serve(Connection& connection, std::size_t number) {
  std::string unread;
  if (!connection.start()) {
    return;
  }
  while (auto request = next_request(connection, unread)) {
    request->connection = number;
    ServerScript current;
    {
      const std::lock_guard lock(mutex);
      current = script;
      requests.push_back(*request);
      changed.notify_all();
    }
    if (!act(connection, current(*request))) {
      return;
    }
  }
}

// true: the connection goes on.
bool HttpServer::State::act(Connection& connection, const ServerAction& action) {
  using Kind = ServerAction::Kind;
  if (action.delay.count() > 0 && !pause(action.delay)) {
    return false;
  }
  const std::string text = reply_text(action);
  switch (action.kind) {
    case Kind::reply:
      return connection.write_all(text);
    case Kind::reply_and_close:
      connection.write_all(text);
      connection.say_goodbye();
      return false;
    case Kind::hang:
      return pause(std::chrono::hours(1));
    case Kind::trickle:
      return trickle(connection, text);
    case Kind::close:
      return false;
    case Kind::reset:
      connection.reset_when_closed();
      return false;
    case Kind::reset_mid_reply:
      connection.write_all(text.substr(0, text.size() / 2));
      connection.reset_when_closed();
      return false;
    case Kind::truncate:
      connection.write_all(text.substr(0, text.size() - action.body.size() / 2));
      connection.say_goodbye();
      return false;
    case Kind::raw:
      connection.write_all(action.body);
      return false;
  }
  return false;
}

bool HttpServer::State::trickle(Connection& connection, const std::string& text) {
  return std::ranges::all_of(text, [&](const char& byte) {
    return connection.write_all({&byte, 1}) && pause(std::chrono::milliseconds(10));
  });
}

HttpServer::HttpServer(ServerScript script) : state_(std::make_unique<State>()) {
  prepare_sockets();
  state_->script = std::move(script);
  state_->listener = listen_on_loopback(state_->port);
  state_->accepting = std::thread([this] { state_->accept_until_stopped(); });
}

HttpServer::HttpServer(ServerScript script, const ServerTls& tls)
    : state_(std::make_unique<State>()) {
  prepare_sockets();
  state_->tls = tls_context(tls);
  state_->script = std::move(script);
  state_->listener = listen_on_loopback(state_->port);
  state_->accepting = std::thread([this] { state_->accept_until_stopped(); });
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    for (const auto& connection : state_->open) {
      connection->shut();
    }
  }
  state_->changed.notify_all();
  stop_accepting(state_->listener);
  state_->accepting.join();
  for (auto& thread : state_->threads) {
    thread.join();
  }
  close_connection(state_->listener);
}

std::uint16_t HttpServer::port() const {
  return state_->port;
}

std::string HttpServer::url() const {
  return state_->tls == nullptr ? fmt::format("http://127.0.0.1:{}/", state_->port)
                                : fmt::format("https://localhost:{}/", state_->port);
}

void HttpServer::set_script(ServerScript script) {
  const std::lock_guard lock(state_->mutex);
  state_->script = std::move(script);
}

std::vector<ReceivedRequest> HttpServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

std::size_t HttpServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->accepted;
}

bool HttpServer::wait_for_requests(std::size_t count, std::chrono::milliseconds limit) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, limit, [&] { return state_->requests.size() >= count; });
}

std::uint16_t closed_port() {
  prepare_sockets();
  std::uint16_t port = 0;
  close_connection(listen_on_loopback(port));
  return port;
}

}  // namespace reporterd
