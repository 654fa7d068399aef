// Which URLs telemetry may be sent to.

#include <algorithm>
#include <charconv>

#include "daemon/destination/http_destination.h"

namespace reporterd {
namespace {

struct Url {
  std::string scheme;
  std::string host;  // lower-case; an IPv6 address with its brackets
  std::string_view port;
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

bool is_number_up_to(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() && value <= most;
}

// 127.a.b.c, in full and decimal only.
bool is_ipv4_loopback(std::string_view host) {
  if (!host.starts_with("127.") || std::ranges::count(host, '.') != 3) {
    return false;
  }
  for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.')) {
    host.remove_prefix(dot + 1);
    if (!is_number_up_to(host.substr(0, host.find('.')), 255)) {
      return false;
    }
  }
  return true;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || is_ipv4_loopback(host);
}

Result<Url> parse_url(std::string_view text) {
  const auto wrong = [](const char* what) { return fail(ErrorCode::config, what); };
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; })) {
    return wrong(
        "the URL may only contain printable ASCII characters, without space and backslash");
  }
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return wrong("the URL must begin with https://");
  }
  if (text.find('#') != std::string_view::npos) {
    return wrong("the URL may not have a fragment (#...)");
  }
  Url url;
  url.scheme = lower(text.substr(0, scheme_end));
  text.remove_prefix(scheme_end + 3);
  std::string_view authority = text.substr(0, text.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) {
    return wrong(
        "the URL may not contain a user name or password; use destination.functionKeyFile "
        "or a client certificate");
  }
  // A port stands after the last colon that is not inside [brackets].
  const auto host_end = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  url.host = lower(authority.substr(0, host_end));
  if (url.host.empty() || url.host.starts_with('[') != url.host.ends_with(']')) {
    return wrong("the URL has no valid host");
  }
  if (host_end != std::string_view::npos) {
    url.port = authority.substr(host_end + 1);
    if (!is_number_up_to(url.port, 65535) || url.port == "0") {
      return wrong("the URL's port must be 1 to 65535");
    }
  }
  return url;
}

}  // namespace

Status validate(const HttpSettings& settings) {
  const auto url = parse_url(settings.url);
  if (!url) {
    return std::unexpected(url.error());
  }
  if (url->scheme != "https" && !(url->scheme == "http" && is_loopback(url->host))) {
    return fail(ErrorCode::config,
                "the URL must begin with https:// (http:// is allowed to 127.0.0.0/8, [::1] and "
                "localhost only)");
  }
  if (settings.batch == 0) {
    return fail(ErrorCode::config, "a request must carry at least one message");
  }
  if (settings.data_only && settings.batch > 1) {
    return fail(ErrorCode::config,
                "batches need the envelope: without ts a receiver cannot tell messages apart; "
                "allowed: destination.batch 1, or destination.body envelope");
  }
  return {};
}

}  // namespace reporterd
