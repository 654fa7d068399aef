#include "daemon/control/request_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/control/line_buffer.h"
#include "daemon/control/rpc.h"

namespace reporterd {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(LineBuffer::padding >= simdjson::SIMDJSON_PADDING);

// Lines up to this size share one parser; a longer one gets its own, so that one giant does not
// leave its buffers behind.
constexpr std::size_t usual_line = 16UZ * 1024;

std::string_view trimmed(std::string_view raw) {
  const std::size_t last = raw.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : raw.substr(0, last + 1);
}

bool is_plain_integer(std::string_view raw) {
  return raw.size() <= 18 && !raw.empty() && raw.front() != '0' &&
         std::all_of(raw.begin(), raw.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_valid_id(std::string_view raw) {
  if (is_plain_integer(raw)) {
    return true;
  }
  const bool scalar = !raw.empty() && (raw.front() == '"' || raw.front() == '-' || raw == "null" ||
                                       (raw.front() >= '0' && raw.front() <= '9'));
  const bool whole = raw.find('\0') == std::string_view::npos;  // nlohmann ends there, and accepts
  return scalar && whole && raw.size() <= RequestReader::longest_id && nlohmann::json::accept(raw);
}

// Reads the members of one request. Goes on after a mistake, because the id may come later.
class Reading {
 public:
  explicit Reading(RpcRequest& request) : request_(request) {}

  // False: the line is not JSON.
  bool members(ondemand::object object) {
    for (auto field : object) {
      ondemand::raw_json_string key;
      ondemand::value value;
      if (field.key().get(key) != simdjson::SUCCESS ||
          field.value().get(value) != simdjson::SUCCESS || !member(key, value)) {
        return false;
      }
    }
    return true;
  }

  // What is wrong with the request, "" when nothing is.
  std::string_view mistake() const {
    if (!mistake_.empty()) {
      return mistake_;
    }
    if (!seen_version_) {
      return "\"jsonrpc\":\"2.0\" is missing";
    }
    if (request_.method.data() == nullptr) {
      return "\"method\" is missing";
    }
    return request_.id.empty() ? "\"id\" is missing: notifications are not taken" : "";
  }

 private:
  void refuse(std::string_view why) {
    if (mistake_.empty()) {
      mistake_ = why;
    }
  }

  bool member(ondemand::raw_json_string key, ondemand::value value) {
    if (key.unsafe_is_equal("jsonrpc")) {
      return version(value);
    }
    if (key.unsafe_is_equal("id")) {
      return id(value);
    }
    if (key.unsafe_is_equal("method")) {
      return method(value);
    }
    if (key.unsafe_is_equal("params")) {
      return params(value);
    }
    refuse("unknown member; allowed: jsonrpc, id, method, params");
    return true;
  }

  bool version(ondemand::value value) {
    std::string_view text;
    if (std::exchange(seen_version_, true)) {
      refuse("\"jsonrpc\" is there twice");
    } else if (value.get_string().get(text) != simdjson::SUCCESS || text != "2.0") {
      refuse("\"jsonrpc\" must be \"2.0\"");
    }
    return true;
  }

  bool id(ondemand::value value) {
    if (std::exchange(seen_id_, true)) {
      request_.id = "null";
      refuse("\"id\" is there twice");
      return true;
    }
    request_.id = trimmed(value.raw_json_token());
    if (!is_valid_id(request_.id)) {
      request_.id = "null";
      refuse("\"id\" must be a string, a number or null, of at most 128 bytes");
    }
    return true;
  }

  bool method(ondemand::value value) {
    if (request_.method.data() != nullptr) {
      refuse("\"method\" is there twice");
    } else if (value.get_string().get(request_.method) != simdjson::SUCCESS) {
      request_.method = "?";
      refuse("\"method\" must be a string");
    }
    return true;
  }

  bool params(ondemand::value value) {
    if (std::exchange(seen_params_, true)) {
      refuse("\"params\" is there twice");
      return true;
    }
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) {
      return false;
    }
    if (type != ondemand::json_type::object) {
      refuse("\"params\" must be an object");
      return true;
    }
    ondemand::object object;
    std::string_view raw;
    if (value.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(raw) != simdjson::SUCCESS) {
      return false;
    }
    request_.params = trimmed(raw);
    return object.reset().error() == simdjson::SUCCESS && message(object);
  }

  bool message(ondemand::object object) {
    bool only_message = true;
    std::string_view found;
    for (auto field : object) {
      ondemand::raw_json_string key;
      ondemand::object inner;
      if (field.key().get(key) != simdjson::SUCCESS) {
        return false;
      }
      if (found.empty() && key.unsafe_is_equal("message") &&
          field.value().get_object().get(inner) == simdjson::SUCCESS) {
        if (inner.raw_json().get(found) != simdjson::SUCCESS) {
          return false;
        }
      } else {
        only_message = false;
      }
    }
    if (only_message && !found.empty()) {
      request_.message = trimmed(found);
    }
    return true;
  }

  RpcRequest& request_;
  std::string_view mistake_;
  bool seen_version_ = false;
  bool seen_id_ = false;
  bool seen_params_ = false;
};

bool refuse(BadRpcRequest& bad, int code, std::string_view id, std::string_view why) {
  bad = BadRpcRequest{code, std::string(id), std::string(why)};
  return false;
}

bool read_with(ondemand::parser& parser, std::string_view line, RpcRequest& request,
               BadRpcRequest& bad) {
  ondemand::document document;
  ondemand::object object;
  Reading reading(request);
  const simdjson::padded_string_view padded(line.data(), line.size(),
                                            line.size() + LineBuffer::padding);
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS || !reading.members(object) ||
      document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return refuse(bad, rpc::parse_error, "null", "not JSON in UTF-8");
  }
  const std::string_view mistake = reading.mistake();
  if (!mistake.empty()) {
    return refuse(bad, rpc::invalid_request, request.id.empty() ? "null" : request.id, mistake);
  }
  return true;
}

}  // namespace

struct RequestReader::Impl {
  ondemand::parser parser;
  std::unique_ptr<ondemand::parser>
      giant;  // until the next read: RpcRequest::method may point there
};

RequestReader::RequestReader() : impl_(std::make_unique<Impl>()) {}
RequestReader::~RequestReader() = default;

bool RequestReader::read(std::string_view line, RpcRequest& request, BadRpcRequest& bad) {
  request = RpcRequest{};
  const std::size_t start = line.find_first_not_of(" \t");
  if (start != std::string_view::npos && line[start] == '[') {
    return refuse(bad, rpc::invalid_request, "null", "batches are not taken: one object a line");
  }
  if (start != std::string_view::npos && line[start] != '{' && nlohmann::json::accept(line)) {
    return refuse(bad, rpc::invalid_request, "null", "a request is a JSON object");
  }
  impl_->giant.reset();
  if (line.size() <= usual_line) {
    return read_with(impl_->parser, line, request, bad);
  }
  impl_->giant = std::make_unique<ondemand::parser>();
  return read_with(*impl_->giant, line, request, bad);
}

}  // namespace reporterd
