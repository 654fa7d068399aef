// CurlTransport and the authorities that Windows trusts.
#include <windows.h>

#include <gtest/gtest.h>
#include <wincrypt.h>

#include <string>

#include "tests/contract/curl_transport_fixture.h"
#include "tests/support/test_ca.h"

namespace reporterd {
namespace {

// Makes this user trust an authority, for as long as it lives.
class TrustedRoot {
 public:
  explicit TrustedRoot(const std::string& pem) : store_(CertOpenSystemStoreW(0, L"ROOT")) {
    DWORD size = 0;
    const auto length = static_cast<DWORD>(pem.size());
    CryptStringToBinaryA(pem.data(), length, CRYPT_STRING_BASE64HEADER, nullptr, &size, nullptr,
                         nullptr);
    std::basic_string<BYTE> bytes(size, 0);
    CryptStringToBinaryA(pem.data(), length, CRYPT_STRING_BASE64HEADER, bytes.data(), &size,
                         nullptr, nullptr);
    CertAddEncodedCertificateToStore(store_, X509_ASN_ENCODING, bytes.data(), size,
                                     CERT_STORE_ADD_ALWAYS, &certificate_);
    commit();
  }
  ~TrustedRoot() {
    CertDeleteCertificateFromStore(certificate_);
    commit();
    CertCloseStore(store_, 0);
  }
  TrustedRoot(const TrustedRoot&) = delete;
  TrustedRoot& operator=(const TrustedRoot&) = delete;

  bool is_there() const { return certificate_ != nullptr; }

 private:
  // wine would keep it in memory until the store is closed.
  void commit() { CertControlStore(store_, 0, CERT_STORE_CTRL_COMMIT, nullptr); }

  HCERTSTORE store_;
  PCCERT_CONTEXT certificate_ = nullptr;
};

TEST_F(CurlTransportTest, TheSystemsAuthoritiesAreTrustedWhereNoFileIsGiven) {
  const TestCa authority;
  HttpServer server(ok, {authority.issue({"DNS:localhost"}), ""});
  EXPECT_TRUE(reply_to(server.url()).tls_problem);
  const TrustedRoot root(authority.certificate_pem());
  ASSERT_TRUE(root.is_there());
  const Reply reply = reply_to(server.url());
  EXPECT_EQ(reply.fate, Fate::answered) << reply.what;
}

TEST_F(CurlTransportTest, AnAuthorityFileReplacesThoseOfTheSystem) {
  const TestCa authority;
  HttpServer server(ok, {authority.issue({"DNS:localhost"}), ""});
  const TrustedRoot root(authority.certificate_pem());
  ASSERT_TRUE(root.is_there());
  settings_.ca_file = file_with("other.pem", TestCa("another").certificate_pem());
  apply();
  EXPECT_TRUE(reply_to(server.url()).tls_problem);
}

}  // namespace
}  // namespace reporterd
