#include "daemon/collect/instance_id.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <span>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_known(std::string_view text) {
  return !text.empty() && text != "unknown";
}

}  // namespace

IdInputs id_inputs(const HostFacts& facts, std::string_view qrs_host) {
  const std::string host(qrs_host);
  if (facts.nic) {
    return {.key = facts.nic->mac,
            .source = facts.nic->mac + facts.nic->ip4 + host + facts.uuid,
            .branch = "mac"};
  }
  const std::string memory = facts.mem_total == 0 ? "" : std::to_string(facts.mem_total);
  IdInputs inputs{.key = (memory.empty() ? "fallback" : memory) + "_", .source = {}, .branch = {}};
  if (is_known(facts.serial)) {
    inputs.branch = "serial";
    inputs.source = facts.serial;
  } else if (!memory.empty()) {
    inputs.branch = "memTotal";
    inputs.source = memory;
  } else if (is_known(facts.release)) {
    inputs.branch = "release";
    inputs.source = facts.release;
  } else {
    inputs.branch = "none";
  }
  inputs.source += host + facts.uuid;
  return inputs;
}

InstanceId compute_instance_id(const HostFacts& facts, std::string_view qrs_host) {
  const IdInputs inputs = id_inputs(facts, qrs_host);
  return {.id = hmac_sha256_hex(inputs.key, inputs.source), .branch = inputs.branch};
}

std::string hmac_sha256_hex(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int length = 0;
  // An empty key must still be a pointer: null means "the key of last time" to OpenSSL.
  const auto* result =
      HMAC(EVP_sha256(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
           bytes_of(message), message.size(), digest.data(), &length);
  ASSERT(result != nullptr);
  ASSERT(length == SHA256_DIGEST_LENGTH);
  return hex(std::span(digest).first(length));
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest = {};
  SHA256(bytes_of(text), text.size(), digest.data());
  return hex(digest);
}

}  // namespace reporterd
