// The URLs of reporterd.yaml. Only what a mistake or a leak could hide in is checked; the rest is
// the business of the library that sends.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "daemon/config_values.h"

namespace reporterd {
namespace {

constexpr const char* not_ascii = "holds a character beyond ASCII; write it as %XX";

struct Url {
  std::string scheme;  // lower case
  std::string_view host;
  std::string_view port;  // "" when not given
  bool credentials = false;
  std::string_view rest;  // path, query, fragment
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && rest == text.data() + text.size() && port > 0;
}

bool is_host(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string_view inner = bracketed ? host.substr(1, host.size() - 2) : host;
  const auto fits = [bracketed](char c) {
    const char l = lower(std::string_view(&c, 1))[0];
    return is_digit(c) || (l >= 'a' && l <= 'z') || c == '.' || (bracketed ? c == ':' : c == '-') ||
           (!bracketed && c == '_');
  };
  return !inner.empty() && std::all_of(inner.begin(), inner.end(), fits);
}

// What is not sent as it stands must be percent-encoded; the destination takes nothing else.
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x7F; });
}

std::optional<Url> split_url(std::string_view text) {
  const auto is_odd = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '\\'; };
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || std::any_of(text.begin(), text.end(), is_odd)) {
    return std::nullopt;
  }
  Url url;
  url.scheme = lower(text.substr(0, colon));
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  url.rest = text.substr(end);
  std::string_view authority = text.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.credentials = true;
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t port = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = authority.substr(0, port);
  if (port != std::string_view::npos) {
    url.port = authority.substr(port + 1);
    if (!is_port(url.port)) {
      return std::nullopt;
    }
  }
  return is_host(url.host) ? std::optional(url) : std::nullopt;
}

// 127.0.0.0/8, written as four numbers: "127.example.com" is a name like any other.
bool is_loopback_ip4(std::string_view host) {
  std::size_t parts = 0;
  while (!host.empty()) {
    std::uint8_t part = 0;
    const auto [rest, error] = std::from_chars(host.data(), host.data() + host.size(), part);
    if (error != std::errc() || (parts == 0 && part != 127)) {
      return false;
    }
    host.remove_prefix(static_cast<std::size_t>(rest - host.data()));
    ++parts;
    if (!host.empty()) {
      if (host.front() != '.' || host.size() == 1) {
        return false;
      }
      host.remove_prefix(1);
    }
  }
  return parts == 4;
}

bool is_loopback(std::string_view host) {
  return lower(host) == "localhost" || host == "[::1]" || is_loopback_ip4(host);
}

}  // namespace

std::optional<std::string> destination_url_problem(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  if (!is_ascii(text)) {
    return not_ascii;
  }
  const auto url = split_url(text);
  if (!url || (url->scheme != "https" && url->scheme != "http")) {
    return "is not an http or https URL";
  }
  if (url->credentials) {
    return "holds a user name";
  }
  if (url->rest.find('#') != std::string_view::npos) {
    return "holds a # part, which is never sent";
  }
  if (url->scheme == "http" && !is_loopback(url->host)) {
    return "would send unencrypted to another machine";
  }
  return std::nullopt;
}

std::optional<std::string> proxy_url_problem(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  if (!is_ascii(text)) {
    return not_ascii;
  }
  constexpr std::array<std::string_view, 4> schemes = {"http", "https", "socks5", "socks5h"};
  const auto url = split_url(text);
  if (!url || std::find(schemes.begin(), schemes.end(), url->scheme) == schemes.end() ||
      !(url->rest.empty() || url->rest == "/")) {
    return "is not the URL of a proxy";
  }
  if (url->credentials) {
    return "holds a user name; it belongs into destination.proxyCredentialsFile";
  }
  return std::nullopt;
}

}  // namespace reporterd
