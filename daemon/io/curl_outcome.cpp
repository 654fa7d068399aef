#include "daemon/io/curl_outcome.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

namespace reporterd {
namespace {

constexpr std::size_t what_bytes = 300;

template <class T>
T info(CURL* easy, CURLINFO which) {
  T value{};
  curl_easy_getinfo(easy, which, &value);
  return value;
}

std::optional<std::string> header(CURL* easy, const char* name) {
  curl_header* found = nullptr;
  if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) {
    return std::nullopt;
  }
  return std::string(found->value);
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, what_bytes));
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return line;
}

// TLS 1.3 tells a client only after its first request that its certificate is not liked.
bool is_certificate_alert(CURLcode code, std::string_view details) {
  constexpr std::array<std::string_view, 7> alerts = {
      "alert certificate",  // required, expired, revoked, unknown
      "alert bad certificate", "alert no certificate",    "alert unsupported certificate",
      "alert unknown ca",      "alert handshake failure", "alert access denied"};
  return (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) &&
         std::ranges::any_of(alerts, [&](std::string_view alert) {
           return details.find(alert) != std::string_view::npos;
         });
}

bool is_tls_code(CURLcode code) {
  constexpr std::array codes = {
      CURLE_SSL_CONNECT_ERROR,        CURLE_SSL_CERTPROBLEM,      CURLE_SSL_CIPHER,
      CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED,       CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CRL_BADFILE,          CURLE_SSL_ISSUER_ERROR,     CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_INVALIDCERTSTATUS,    CURLE_SSL_CLIENTCERT,       CURLE_SSL_ENGINE_NOTFOUND,
      CURLE_SSL_ENGINE_SETFAILED,     CURLE_SSL_ENGINE_INITFAILED};
  return std::ranges::find(codes, code) != codes.end();
}

std::string timeout_text(const Transfer& transfer, const TransportSettings& settings) {
  if (transfer.sent) {
    return fmt::format("no complete reply within {}", settings.timeout);
  }
  const auto limit = std::min(settings.connect_timeout, settings.timeout);
  if (info<curl_off_t>(transfer.easy, CURLINFO_NAMELOOKUP_TIME_T) == 0) {
    return fmt::format("the host name was not resolved within {}", limit);
  }
  return fmt::format("no connection within {}", limit);
}

std::string connect_text(CURL* easy) {
  const auto error = static_cast<int>(info<long>(easy, CURLINFO_OS_ERRNO));
  return error == 0 ? "cannot connect" : "cannot connect: " + std::system_category().message(error);
}

// curl's own words may quote a proxy with its password, or the URL: they are used only for errors
// that are known to quote neither.
std::string what_of(const Transfer& transfer, const TransportSettings& settings) {
  const auto with_details = [&](std::string_view text) {
    return transfer.details.empty() ? std::string(text)
                                    : fmt::format("{}: {}", text, transfer.details);
  };
  if (const auto status = info<long>(transfer.easy, CURLINFO_HTTP_CONNECTCODE);
      !transfer.sent && status >= 300) {
    return fmt::format("the proxy answered HTTP {}", status);
  }
  if (is_tls_code(transfer.code)) {
    return transfer.code == CURLE_SSL_CACERT_BADFILE
               ? fmt::format("the file of trusted authorities cannot be read: {}",
                             settings.ca_file.empty() ? "that of the system (ca-certificates)"
                                                      : settings.ca_file)
               : with_details("TLS");
  }
  // Anything rare is told by curl's fixed text for its code.
  switch (static_cast<int>(transfer.code)) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "the host name cannot be resolved";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "the proxy's name cannot be resolved, or is not valid";
    case CURLE_COULDNT_CONNECT:
      return connect_text(transfer.easy);
    case CURLE_OPERATION_TIMEDOUT:
      return timeout_text(transfer, settings);
    case CURLE_GOT_NOTHING:
      return "the connection was closed without a reply";
    case CURLE_OK:  // see reply_of()
    case CURLE_PARTIAL_FILE:
      return "the connection was closed in the middle of the reply";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return with_details("the connection was lost");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return transfer.sent ? "the reply is not HTTP/1" : "the URL is not a valid http(s) URL";
    default:
      return curl_easy_strerror(transfer.code);
  }
}

}  // namespace

Reply reply_of(const Transfer& transfer, const TransportSettings& settings) {
  Reply reply;
  const auto status = static_cast<int>(info<long>(transfer.easy, CURLINFO_RESPONSE_CODE));
  const bool is_cut_in_its_head = status != 0 && !transfer.head_complete;  // for curl, all is well
  const bool cut_but_clear = transfer.over_the_cap && (status < 200 || status > 299);
  if ((transfer.code == CURLE_OK && !is_cut_in_its_head) || cut_but_clear) {
    reply.fate = Fate::answered;
    reply.status = status;
    reply.content_type = lower_case(header(transfer.easy, "Content-Type").value_or(""));
    reply.retry_after = header(transfer.easy, "Retry-After");
    reply.date = header(transfer.easy, "Date");
    reply.what = fmt::format("HTTP {}", status);
    return reply;
  }
  const bool refused_late = is_certificate_alert(transfer.code, transfer.details);
  const bool taken_perhaps = transfer.sent && !refused_late;
  reply.fate = taken_perhaps ? Fate::ambiguous : Fate::unreachable;
  reply.tls_problem = !taken_perhaps && (refused_late || is_tls_code(transfer.code));
  reply.what = transfer.over_the_cap
                   ? fmt::format("HTTP {} with a body of more than {} bytes: not believed", status,
                                 settings.response_bytes)
                   : one_line(what_of(transfer, settings));
  return reply;
}

}  // namespace reporterd
