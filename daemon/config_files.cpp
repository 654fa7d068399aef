#include "daemon/config_files.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/core/unicode.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t secret_bytes_max = 64U << 10;
constexpr std::size_t pem_bytes_max = 4U << 20;  // a system's whole bundle has 0.2 MiB

struct Release {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

// A file as the configuration names it.
struct Named {
  const char* key;
  const std::string& file;
};

std::unexpected<Error> wrong(const Named& named, std::string_view what) {
  return fail(ErrorCode::config, fmt::format("{}: {} {}", named.key, named.file, what));
}

Result<std::string> contents(const Named& named, std::size_t most) {
  std::error_code error;
  const fs::file_status status = fs::status(path_of(named.file), error);
  if (error) {
    return wrong(named, "cannot be read: " + error.message());
  }
  if (!fs::is_regular_file(status)) {  // opening a pipe would wait for its writer
    return wrong(named, "is not a regular file");
  }
  std::ifstream stream(path_of(named.file), std::ios::binary);
  if (!stream) {
    return wrong(named, "cannot be read: " + std::generic_category().message(errno));
  }
  std::string text(most + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) {
    return wrong(named, "cannot be read: reading failed");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > most) {
    return wrong(named, fmt::format("is too large: at most {} bytes are read", most));
  }
  return text;
}

// One line, without its end.
Result<std::string> read_secret(const Named& named) {
  auto text = contents(named, secret_bytes_max);
  if (!text && names_no_file(named.file)) {
    return fail(
        ErrorCode::config,
        fmt::format("{}: there is no such file (its name is not repeated here: should it be "
                    "the secret itself, write that into a file, and name the file)",
                    named.key));
  }
  if (!text) {
    return text;
  }
  *text = utf8_of_file(*text);  // a shell of Windows writes UTF-16
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' ')) {
    text->pop_back();
  }
  if (text->empty()) {
    return wrong(named, "is empty; it must hold one line");
  }
  if (text->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return wrong(named, "must hold exactly one line");
  }
  return text;
}

// Else OpenSSL asks for it on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Owned<BIO> reader_of(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<Owned<X509>> read_certificate(const Named& named) {
  const auto text = contents(named, pem_bytes_max);
  if (!text) {
    return std::unexpected(text.error());
  }
  Owned<X509> certificate(
      PEM_read_bio_X509_AUX(reader_of(*text).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!certificate) {
    return wrong(named, "holds no certificate in PEM form");
  }
  return certificate;
}

Result<Owned<EVP_PKEY>> read_key(const Named& named) {
  const auto text = contents(named, pem_bytes_max);
  if (!text) {
    return std::unexpected(text.error());
  }
  Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(reader_of(*text).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!key) {
    return wrong(named, "holds no private key in PEM form without a passphrase");
  }
  return key;
}

Status check_client_certificate(const DestinationConfig& config) {
  const Named named{"destination.clientCertificateFile", config.client_certificate_file};
  const auto certificate = read_certificate(named);
  if (!certificate) {
    return std::unexpected(certificate.error());
  }
  const Named of_key = config.client_key_file.empty()
                           ? named
                           : Named{"destination.clientKeyFile", config.client_key_file};
  const auto key = read_key(of_key);
  if (!key) {
    return std::unexpected(key.error());
  }
  const bool fits = X509_check_private_key(certificate->get(), key->get()) == 1;
  ERR_clear_error();
  if (!fits) {
    return wrong(of_key, "holds the key of another certificate than " + named.file);
  }
  return {};
}

// Certificates and keys are such and fit together.
Status check_pem_files(const DestinationConfig& config) {
  if (!config.ca_file.empty()) {
    if (auto authority = read_certificate({"destination.caFile", config.ca_file}); !authority) {
      return std::unexpected(authority.error());
    }
  }
  return config.client_certificate_file.empty() ? Status{} : check_client_certificate(config);
}

}  // namespace

Status check_log_file(const LogConfig& config) {
  if (config.file.empty()) {
    return {};
  }
  const Named named{"log.file", config.file};
  const fs::path folder = path_of(config.file).parent_path();
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return wrong(named, fmt::format("cannot be written: there is no folder {}; make it, writable "
                                    "for the service",
                                    name_of(folder)));
  }
  const fs::file_status status = fs::status(path_of(config.file), error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {  // a pipe would wait for its reader
    return wrong(named, "is not a regular file");
  }
  if (fs::exists(status) && !std::ofstream(path_of(config.file), std::ios::app)) {
    return wrong(named, "cannot be written: " + std::generic_category().message(errno));
  }
  return {};
}

bool names_no_file(const std::string& name) {
  std::error_code error;
  return !name.empty() && (fs::status(path_of(name), error).type() == fs::file_type::not_found ||
                           error == std::errc::filename_too_long ||
                           error == std::errc::invalid_argument);  // no name at all, on Windows
}

Result<Secrets> read_secrets(const DestinationConfig& config) {
  Secrets secrets;
  if (!config.function_key_file.empty()) {
    auto key = read_secret({"destination.functionKeyFile", config.function_key_file});
    if (!key) {
      return std::unexpected(key.error());
    }
    secrets.function_key = std::move(*key);
  }
  if (!config.proxy_credentials_file.empty()) {
    auto text = read_secret({"destination.proxyCredentialsFile", config.proxy_credentials_file});
    if (!text) {
      return std::unexpected(text.error());
    }
    secrets.proxy_credentials = std::move(*text);
  }
  return secrets;
}

Result<Secrets> read_destination_files(const DestinationConfig& config) {
  auto secrets = read_secrets(config);
  if (Status checked = check_pem_files(config); secrets && !checked) {
    return std::unexpected(checked.error());
  }
  return secrets;
}

Result<Secrets> read_named_files(const Config& config, const Consent& consent) {
  if (consent.decision != Decision::on) {
    return Secrets{};
  }
  if (Status checked = check_log_file(config.log); !checked) {
    return std::unexpected(checked.error());
  }
  return read_destination_files(config.destination);
}

}  // namespace reporterd
