#include "daemon/control/session.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "daemon/control/answers.h"
#include "daemon/control/rpc.h"
#include "daemon/core/assert.h"

namespace reporterd {
namespace {

std::string result_line(std::string_view id, std::string_view result) {
  std::string line;
  line.reserve(id.size() + result.size() + 40);
  line.append(R"({"jsonrpc":"2.0","id":)").append(id);
  line.append(R"(,"result":)").append(result).append("}\n");
  return line;
}

std::string error_line(std::string_view id, int code, std::string_view why) {
  return fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"error\":{{\"code\":{},\"message\":{}}}}}\n",
                     id, code, quoted(why));
}

}  // namespace

Session::Session(Stream& stream, Service& service, RequestReader& reader, Access access,
                 SessionLimits limits)
    : stream_(stream),
      service_(service),
      reader_(reader),
      access_(access),
      limits_(limits),
      lines_(limits.line_bytes),
      self_(std::make_shared<Session*>(this)) {
  ASSERT(limits.unanswered > 0);
}

void Session::received(std::string_view bytes) {
  lines_.append(bytes);
  advance();
}

bool Session::ended() {
  ended_ = true;
  return unanswered_.empty();
}

// Takes lines as far as the limit allows, then writes what is answered. Answers that come from
// inside a call of the Service only add to out_.
void Session::advance() {
  if (advancing_) {
    return;
  }
  advancing_ = true;
  bool more = true;
  while (more && unanswered_.size() < limits_.unanswered) {
    std::string_view line;
    switch (lines_.next(line)) {
      case LineBuffer::Next::none:
        more = false;
        break;
      case LineBuffer::Next::line:
        handle(line);
        break;
      case LineBuffer::Next::too_long:
        refuse("null", rpc::code_of(ErrorCode::too_large),
               fmt::format("the line is longer than {} bytes; it was skipped", limits_.line_bytes));
        break;
    }
  }
  advancing_ = false;
  const bool full = unanswered_.size() >= limits_.unanswered;
  if (full != reading_paused_ && !ended_) {
    reading_paused_ = full;
    stream_.pause_reading(full);
  }
  const bool over = ended_ && unanswered_.empty();
  Stream& stream = stream_;
  if (!out_.empty()) {
    stream.write(std::exchange(out_, {}));  // a cut connection may end this session here
  }
  if (over) {
    stream.finish();
  }
}

void Session::handle(std::string_view line) {
  if (line.find_first_not_of(" \t") == std::string_view::npos) {
    return;
  }
  RpcRequest request;
  BadRpcRequest bad;
  if (reader_.read(line, request, bad)) {
    call(request);
  } else {
    refuse(bad.id, bad.code, bad.why);
  }
}

void Session::call(const RpcRequest& request) {
  const Method* const method = find_method(request.method);
  if (method == nullptr) {
    refuse(request.id, rpc::method_not_found, "there is no such method");
    return;
  }
  if (method->access == Access::control && access_ != Access::control) {
    refuse(request.id, rpc::permission,
           fmt::format("{} is a method of the control socket", method->name));
    return;
  }
  const Ticket ticket = open(request.id);
  if (request.message && method->name == "submit") {
    service_.submit(*request.message, answer_for<Submitted>(ticket));
    return;
  }
  Result<Params> params = Params::parse(request.params);
  if (!params) {
    resolve(ticket, error_line(request.id, rpc::parse_error, params.error().what));
    return;
  }
  const Status taken = method->call(service_, *params, answer_for<std::string>(ticket));
  if (!taken) {
    resolve(ticket, error_line(request.id, rpc::invalid_params, taken.error().what));
  }
}

void Session::refuse(std::string_view id, int code, std::string_view why) {
  resolve(open(id), error_line(id, code, why));
}

Session::Ticket Session::open(std::string_view id) {
  unanswered_.push_back({std::string(id), ""});
  return first_ + unanswered_.size() - 1;
}

template <class T>
Answer<T> Session::answer_for(Ticket ticket) {
  return [session = std::weak_ptr(self_), ticket](Result<T> result) {
    if (const auto self = session.lock()) {
      (*self)->answered(ticket, std::move(result));
    }
  };
}

template <class T>
void Session::answered(Ticket ticket, Result<T> result) {
  const std::string& id = waiting(ticket).id;
  if (!result) {
    resolve(ticket, error_line(id, rpc::code_of(result.error().code), result.error().what));
  } else if constexpr (std::is_same_v<T, std::string>) {
    resolve(ticket, result_line(id, *result));
  } else {
    resolve(ticket, result_line(id, to_json(*result)));
  }
}

Session::Unanswered& Session::waiting(Ticket ticket) {
  ASSERT(ticket >= first_);  // answered once only
  ASSERT(ticket - first_ < unanswered_.size());
  return unanswered_[ticket - first_];
}

void Session::resolve(Ticket ticket, std::string line) {
  std::string& answer = waiting(ticket).answer;
  ASSERT(answer.empty());
  answer = std::move(line);
  while (!unanswered_.empty() && !unanswered_.front().answer.empty()) {
    out_ += unanswered_.front().answer;
    unanswered_.pop_front();
    ++first_;
  }
  advance();
}

}  // namespace reporterd
