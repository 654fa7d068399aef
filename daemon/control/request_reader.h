#pragma once
// Reads the outside of one request line, {"jsonrpc", "id", "method", "params"}, in one pass and
// without building anything: the raw bytes of `params` (and of params.message, which is all that
// the busiest method needs) are handed on. What is inside `params` is checked by whoever reads it.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reporterd {

// Views into the line that was read, except `method`, which is valid until the next read.
struct RpcRequest {
  std::string_view id;  // raw JSON of a string, a number or null
  std::string_view method;
  std::string_view params;                  // raw JSON of an object; "" when absent
  std::optional<std::string_view> message;  // params is {"message": {...}}: the inner object
};

struct BadRpcRequest {
  int code = 0;     // rpc::parse_error or rpc::invalid_request
  std::string id;   // raw JSON, "null" when it could not be told
  std::string why;  // one line
};

// Keeps the buffers of its parser: one for all sessions of a thread.
class RequestReader {
 public:
  static constexpr std::size_t longest_id = 128;  // bytes of raw JSON; it is kept until answered

  RequestReader();
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // `line` holds no line end and has LineBuffer::padding readable bytes behind it. True: `request`
  // is filled; false: `bad` is.
  bool read(std::string_view line, RpcRequest& request, BadRpcRequest& bad);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reporterd
