#pragma once
// Options of curl's handles. Internal to io/: shows curl.h.

#include <curl/curl.h>

#include <string>

#include "daemon/core/assert.h"

namespace reporterd {

template <class Value>
void set_option(CURL* easy, CURLoption option, Value value) {
  const CURLcode status = curl_easy_setopt(easy, option, value);
  ASSERT(status == CURLE_OK);  // fails for unknown options and when memory is out
}

inline const char* text_or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

}  // namespace reporterd
