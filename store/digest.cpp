#include "store/digest.h"

#include <openssl/evp.h>

#include <cstdint>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

EVP_MD_CTX* as_context(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

// OpenSSL fails here only without memory or with a broken installation.
void must(int result) {
  ASSERT(result == 1);
}

}  // namespace

Digest sha256(std::string_view text) {
  Digest digest;
  must(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()),
                  nullptr, EVP_sha256(), nullptr));
  return digest;
}

MessageDigest::MessageDigest() : context_(EVP_MD_CTX_new()) {
  ASSERT(context_ != nullptr);
  must(EVP_DigestInit_ex2(as_context(context_), EVP_sha256(), nullptr));
}

MessageDigest::~MessageDigest() {
  EVP_MD_CTX_free(as_context(context_));
}

Digest MessageDigest::of(std::string_view instance_id, std::int64_t ts_us, std::string_view body) {
  EVP_MD_CTX* context = as_context(context_);
  std::array<unsigned char, 8> ts{};
  for (std::size_t i = 0; i < ts.size(); ++i) {  // little-endian on every machine
    ts[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(ts_us) >> (8 * i));
  }
  Digest digest;
  must(EVP_DigestInit_ex2(context, nullptr, nullptr));
  must(EVP_DigestUpdate(context, instance_id.data(), instance_id.size()));
  must(EVP_DigestUpdate(context, ts.data(), ts.size()));
  must(EVP_DigestUpdate(context, body.data(), body.size()));
  must(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(digest.data()), nullptr));
  return digest;
}

}  // namespace reporterd
