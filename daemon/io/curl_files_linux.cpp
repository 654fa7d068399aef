#include "daemon/io/curl_files.h"

#include "daemon/io/curl_option.h"

namespace reporterd {

void set_files(CURL* easy, const TransportSettings& settings) {
  if (!settings.ca_file.empty()) {
    set_option(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    set_option(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  set_option(easy, CURLOPT_SSLCERT, text_or_null(settings.client_certificate_file));
  set_option(easy, CURLOPT_SSLKEY, text_or_null(settings.client_key_file));
}

}  // namespace reporterd
