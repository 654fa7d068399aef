#pragma once
// Which files curl takes trust and proof of identity from. Internal to io/: shows curl.h.

#include <curl/curl.h>

#include "daemon/io/curl_transport.h"

namespace reporterd {

// The authorities that are trusted, and the client's certificate and key. A file that cannot be
// read is told by the transfer.
void set_files(CURL* easy, const TransportSettings& settings);

}  // namespace reporterd
