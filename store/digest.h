#pragma once
// SHA-256, as it is stored with every message.

#include <array>
#include <cstddef>
#include <string_view>

#include "daemon/core/message.h"

namespace reporterd {

using Digest = std::array<std::byte, 32>;

Digest sha256(std::string_view text);

// Of a message's key and its bytes. Part of the file format.
class MessageDigest {
 public:
  MessageDigest();
  ~MessageDigest();
  MessageDigest(const MessageDigest&) = delete;
  MessageDigest& operator=(const MessageDigest&) = delete;

  Digest of(std::string_view instance_id, std::int64_t ts_us, std::string_view body);

 private:
  void* context_;  // EVP_MD_CTX, kept from message to message
};

}  // namespace reporterd
