#include "daemon/io/local_server.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "daemon/core/assert.h"
#include "daemon/io/local_access.h"
#include "daemon/io/next_turn.h"
#include "daemon/io/uv_handle.h"

namespace reporterd {
namespace {

// What one client may hand over in one turn of the loop; also how much is read at once.
constexpr std::size_t share_bytes = 64U << 10;

}  // namespace

struct LocalServer::State {
  class Connection;

  State(Loop& used_loop, LocalServerSettings used_settings, StreamAccept accept_function);
  ~State();

  void client_came();
  void settle_up();

  Loop& loop;
  LocalServerSettings settings;
  StreamAccept accept;
  Handle<uv_pipe_t> listener;
  Admission admission;
  NextTurn settle_up_soon;
  std::unique_ptr<char[]> buffer;  // for reading; shared, since a read is dealt with at once
  std::vector<std::unique_ptr<Connection>> connections;
};

// A handler calls write() and finish() from inside received(), so a connection never ends inside a
// call: it is marked, and ends in the next turn.
class LocalServer::State::Connection final : public Stream {
 public:
  Connection(State& server, Handle<uv_pipe_t> pipe) : server_(server), pipe_(std::move(pipe)) {
    pipe_->data = this;
  }

  bool start() {
    handler_ = server_.accept(*this);
    pause_reading(paused_);
    return handler_ != nullptr;
  }

  void write(std::string bytes) override;
  void pause_reading(bool paused) override;
  void finish() override {
    finishing_ = true;
    server_.settle_up_soon.ask();
  }

  // Hands what was written to the system.
  void flush();
  bool is_over() const { return cut_ || (finishing_ && unsent() == 0); }

 private:
  uv_stream_t* stream() const { return reinterpret_cast<uv_stream_t*>(pipe_.get()); }
  std::size_t unsent() const { return outgoing_.size() + uv_stream_get_write_queue_size(stream()); }
  void give_buffer(uv_buf_t* given);
  void arrived(ssize_t count, const char* bytes);
  void queue(std::string bytes);
  void cut() {
    cut_ = true;
    server_.settle_up_soon.ask();
  }

  State& server_;
  Handle<uv_pipe_t> pipe_;
  std::string outgoing_;  // written in this turn
  std::uint64_t share_used_in_turn_ = 0;
  bool paused_ = false;
  bool finishing_ = false;
  bool cut_ = false;
  bool is_known_ = false;                   // as one that may talk to us
  std::unique_ptr<StreamHandler> handler_;  // last: it may still write while it goes
};

void LocalServer::State::Connection::write(std::string bytes) {
  if (cut_) {
    return;
  }
  if (outgoing_.empty()) {
    outgoing_ = std::move(bytes);
  } else {
    outgoing_ += bytes;
  }
  if (outgoing_.size() >= share_bytes) {
    flush();
  } else {
    server_.settle_up_soon.ask();
  }
}

void LocalServer::State::Connection::flush() {
  if (outgoing_.empty() || cut_) {
    return;
  }
  std::string bytes = std::exchange(outgoing_, {});
  if (uv_stream_get_write_queue_size(stream()) == 0) {
    const uv_buf_t piece = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
    const int sent = uv_try_write(stream(), &piece, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
      cut();
      return;
    }
    bytes.erase(0, static_cast<std::size_t>(std::max(sent, 0)));
  }
  if (!bytes.empty()) {
    queue(std::move(bytes));
  }
}

void LocalServer::State::Connection::queue(std::string bytes) {
  struct Write {
    uv_write_t request;
    std::string bytes;
  };
  if (unsent() + bytes.size() > server_.settings.unsent_bytes) {
    cut();  // it does not read
    return;
  }
  auto write = std::make_unique<Write>();
  write->bytes = std::move(bytes);
  write->request.data = write.get();
  const uv_buf_t piece =
      uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  const int status =
      uv_write(&write->request, stream(), &piece, 1, [](uv_write_t* request, int result) {
        const std::unique_ptr<Write> owned(static_cast<Write*>(request->data));
        auto* self = static_cast<Connection*>(request->handle->data);
        if (self == nullptr) {
          return;  // the connection is gone
        }
        if (result < 0) {
          self->cut();
        } else if (self->finishing_) {
          self->server_.settle_up_soon.ask();
        }
      });
  if (status < 0) {
    cut();
  } else {
    static_cast<void>(write.release());
  }
}

void LocalServer::State::Connection::pause_reading(bool paused) {
  paused_ = paused;
  if (paused || cut_) {
    uv_read_stop(stream());
    return;
  }
  uv_read_start(
      stream(),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        static_cast<Connection*>(handle->data)->give_buffer(buffer);
      },
      [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
        static_cast<Connection*>(stream->data)->arrived(count, buffer->base);
      });
}

// libuv reads on while a client has more to give. No buffer ends that: it says UV_ENOBUFS, and
// comes back in the next turn, when the others had theirs.
void LocalServer::State::Connection::give_buffer(uv_buf_t* given) {
  const bool had_its_share = share_used_in_turn_ == server_.loop.turn();
  share_used_in_turn_ = server_.loop.turn();
  *given = had_its_share ? uv_buf_init(nullptr, 0)
                         : uv_buf_init(server_.buffer.get(), static_cast<unsigned>(share_bytes));
}

void LocalServer::State::Connection::arrived(ssize_t count, const char* bytes) {
  if (count == 0 || count == UV_ENOBUFS || cut_ || finishing_) {
    return;
  }
  if (count < 0) {  // UV_EOF, or an error
    uv_read_stop(stream());
    if (count != UV_EOF || handler_->ended()) {
      cut();
    }
    return;
  }
  if (!is_known_ && !is_one_of(server_.settings.clients, *pipe_)) {
    cut();
    return;
  }
  is_known_ = true;
  handler_->received({bytes, static_cast<std::size_t>(count)});
}

LocalServer::State::State(Loop& used_loop, LocalServerSettings used_settings,
                          StreamAccept accept_function)
    : loop(used_loop),
      settings(std::move(used_settings)),
      accept(std::move(accept_function)),
      settle_up_soon(
          loop.raw(), [](void* self) { static_cast<State*>(self)->settle_up(); }, this) {}

LocalServer::State::~State() {
  listener.reset();  // removes the socket file
  for (const auto& connection : connections) {
    connection->flush();
  }
}

void LocalServer::State::client_came() {
  auto pipe = make_handle<uv_pipe_t>(
      loop.raw(), [](uv_loop_t* raw, uv_pipe_t* handle) { return uv_pipe_init(raw, handle, 0); },
      nullptr);
  if (uv_accept(reinterpret_cast<uv_stream_t*>(listener.get()),
                reinterpret_cast<uv_stream_t*>(pipe.get())) != 0 ||
      connections.size() >= settings.connections) {
    return;  // closes it
  }
  if (buffer == nullptr) {
    buffer = std::make_unique<char[]>(share_bytes);
  }
  auto connection = std::make_unique<Connection>(*this, std::move(pipe));
  if (connection->start()) {
    connections.push_back(std::move(connection));
  }
}

// The end of a turn: sends what was written in it, and ends the connections that are over.
void LocalServer::State::settle_up() {
  for (const auto& connection : connections) {
    connection->flush();
  }
  std::vector<std::unique_ptr<Connection>> over;
  std::erase_if(connections, [&](auto& connection) {
    if (!connection->is_over()) {
      return false;
    }
    over.push_back(std::move(connection));
    return true;
  });
  if (connections.empty()) {
    buffer.reset();
  }
}

std::unexpected<Error> name_is_taken(const std::string& path) {
  return fail(ErrorCode::io, fmt::format("another service listens at {}, or a program took its "
                                         "name: stop it, or use another --socket-dir",
                                         path));
}

LocalServer::LocalServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
LocalServer::~LocalServer() = default;

std::size_t LocalServer::connections() const {
  return state_->connections.size();
}

Result<std::unique_ptr<LocalServer>> LocalServer::open(Loop& loop,
                                                       const LocalServerSettings& settings,
                                                       StreamAccept accept) {
  if (auto status = prepare_listening(settings.path, settings.clients); !status) {
    return std::unexpected(status.error());
  }
  auto state = std::make_unique<State>(loop, settings, std::move(accept));
  state->listener = make_handle<uv_pipe_t>(
      loop.raw(), [](uv_loop_t* raw, uv_pipe_t* handle) { return uv_pipe_init(raw, handle, 0); },
      state.get());
  const auto failed = [&](const char* step, const char* why) {
    return fail(ErrorCode::io,
                fmt::format("cannot {} the socket {}: {}", step, settings.path, why));
  };
  if (const int error = uv_pipe_bind(state->listener.get(), settings.path.c_str()); error != 0) {
    if (error == UV_EADDRINUSE) {
      return name_is_taken(settings.path);
    }
    return failed("make", uv_strerror(error));
  }
  auto admission = admit(*state->listener, settings.path, settings.clients);
  if (!admission) {
    return std::unexpected(admission.error());
  }
  state->admission = std::move(*admission);
  const int error = uv_listen(reinterpret_cast<uv_stream_t*>(state->listener.get()), 128,
                              [](uv_stream_t* listener, int status) {
                                if (status == 0) {
                                  static_cast<State*>(listener->data)->client_came();
                                }
                              });
  if (error != 0) {
    return failed("listen at", uv_strerror(error));
  }
  return std::unique_ptr<LocalServer>(new LocalServer(std::move(state)));
}

}  // namespace reporterd
