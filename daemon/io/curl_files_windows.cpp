// OpenSSL takes the name of a file for one of the machine's code page, so it gets the bytes. What
// we cannot read, it cannot either, and says so under the name.

#include <fstream>
#include <iterator>
#include <string>

#include "daemon/io/curl_files.h"
#include "daemon/io/curl_option.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

void set_file(CURL* easy, CURLoption by_bytes, CURLoption by_name, const std::string& name) {
  if (name.empty()) {
    return;
  }
  std::ifstream file(path_of(name), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) {
    set_option(easy, by_name, name.c_str());
    return;
  }
  curl_blob blob{.data = bytes.data(), .len = bytes.size(), .flags = CURL_BLOB_COPY};
  set_option(easy, by_bytes, &blob);
}

}  // namespace

void set_files(CURL* easy, const TransportSettings& settings) {
  if (settings.ca_file.empty()) {
    set_option(easy, CURLOPT_SSL_OPTIONS, long{CURLSSLOPT_NATIVE_CA});
  }
  set_file(easy, CURLOPT_CAINFO_BLOB, CURLOPT_CAINFO, settings.ca_file);
  set_file(easy, CURLOPT_SSLCERT_BLOB, CURLOPT_SSLCERT, settings.client_certificate_file);
  set_file(easy, CURLOPT_SSLKEY_BLOB, CURLOPT_SSLKEY, settings.client_key_file);
}

}  // namespace reporterd
