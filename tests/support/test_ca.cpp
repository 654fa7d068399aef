#include "tests/support/test_ca.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Release<X509, X509_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO, BIO_free_all>>;

Key new_key() {
  Key key(EVP_EC_gen("P-256"));
  ASSERT(key != nullptr);
  return key;
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(const Cert& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  ASSERT(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
  return text_of(bio);
}

std::string pem_of(const Key& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  ASSERT(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
         1);
  return text_of(bio);
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// An unsigned certificate for `key`, valid until `days` from now.
Cert new_certificate(const std::string& name, EVP_PKEY* key, int days) {
  Cert certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::uint32_t serial = 0;
  ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial);
  constexpr long day_s = 24L * 3600;
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -40 * day_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * day_s);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

}  // namespace

struct TestCa::State {
  Key key;
  Cert certificate;
};

TestCa::TestCa(const std::string& name) : state_(std::make_unique<State>()) {
  state_->key = new_key();
  state_->certificate = new_certificate(name, state_->key.get(), 30);
  X509* certificate = state_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate, certificate, NID_key_usage, "critical,keyCertSign");
  extend(certificate, certificate, NID_subject_key_identifier, "hash");
  ASSERT(X509_sign(certificate, state_->key.get(), EVP_sha256()) > 0);
}

TestCa::~TestCa() = default;

std::string TestCa::certificate_pem() const {
  return pem_of(state_->certificate);
}

Certificate TestCa::issue(const std::vector<std::string>& names, int days) const {
  const Key key = new_key();
  const Cert certificate = new_certificate("test", key.get(), days);
  X509* issuer = state_->certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  std::string list;
  for (const auto& name : names) {
    list += (list.empty() ? "" : ",") + name;
  }
  extend(certificate.get(), issuer, NID_subject_alt_name, list);
  extend(certificate.get(), issuer, NID_authority_key_identifier, "keyid");
  extend(certificate.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  ASSERT(X509_sign(certificate.get(), state_->key.get(), EVP_sha256()) > 0);
  return {pem_of(certificate), pem_of(key)};
}

}  // namespace reporterd
