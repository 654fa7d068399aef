// reporter-collector: receives telemetry messages and keeps each of them once.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collector/ending.h"
#include "collector/query.h"
#include "collector/server.h"
#include "collector/store.h"
#include "daemon/arguments.h"
#include "daemon/path.h"
#include "version.h"

namespace reporterd {
namespace {

constexpr int failure = 1;
constexpr int usage = 2;
constexpr std::size_t least_token_chars = 16;

struct Options {
  std::string db;
  std::string listen = "127.0.0.1:8480";
  std::string operator_token_file;
  ServerSettings server;
  bool as_json = false;
};

int complain(const std::string& what, int exit_code) {
  fmt::print(stderr, "reporter-collector: {}{}\n", what,
             exit_code == usage ? "; see reporter-collector --help" : "");
  return exit_code;
}

WallTime wall_now() {
  return WallTime(
      std::chrono::duration_cast<Micros>(std::chrono::system_clock::now().time_since_epoch()));
}

// "HOST:PORT", an IPv6 host in brackets.
bool read_listen(const std::string& listen, ServerSettings& settings) {
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return false;
  }
  settings.host = listen.substr(0, colon);
  if (settings.host.starts_with('[') && settings.host.ends_with(']')) {
    settings.host = settings.host.substr(1, settings.host.size() - 2);
  }
  const char* end = listen.data() + listen.size();
  const auto [behind, error] = std::from_chars(listen.data() + colon + 1, end, settings.port);
  return error == std::errc() && behind == end && settings.port >= 0 && settings.port <= 65535;
}

std::optional<std::string> read_token(const std::string& file) {
  std::ifstream in(path_of(file));
  std::string token;
  in >> token;
  return token.size() >= least_token_chars ? std::optional(token) : std::nullopt;
}

int serve(Options& options) {
  if (!read_listen(options.listen, options.server)) {
    return complain("--listen must be HOST:PORT, like 127.0.0.1:8480 or [::1]:0", usage);
  }
  if (!is_path(options.server.legacy_path)) {
    return complain("--path must be / and then letters, digits, or any of / _ . -, not " +
                        options.server.legacy_path,
                    usage);
  }
  if (!options.operator_token_file.empty()) {
    const auto token = read_token(options.operator_token_file);
    if (!token) {
      return complain("--operator-token-file must hold one word of at least 16 characters", usage);
    }
    options.server.operator_token = *token;
  }
  heed_ending();
  const auto store = CollectorStore::open(options.db);
  if (!store) {
    return complain(store.error().what, failure);
  }
  CollectorServer server(options.server, **store, wall_now);
  if (const auto bound = server.bind(); !bound) {
    return complain(bound.error().what, failure);
  }
  std::thread thread([&server] { server.run(); });
  fmt::print("reporter-collector: listening on {}\n", server.url());
  std::fflush(stdout);
  wait_for_ending();
  server.stop();
  thread.join();
  return 0;
}

int query(const Options& options) {
  const auto store = CollectorStore::open_existing(options.db);
  if (!store) {
    return complain(store.error().what, failure);
  }
  const auto printed = print_rows(**store, options.as_json, stdout);
  return printed ? 0 : complain(printed.error().what, failure);
}

// The parser misses a command before it looks at words that it does not know.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  return unknown.empty() ? error.what() : fmt::format("{} is not known here", unknown.front());
}

int run(std::vector<std::string> words) {
  Options options;
  options.server.messages_per_minute = 600'000;
  CLI::App app("Receives telemetry messages over HTTP and keeps each of them once.",
               "reporter-collector");
  app.set_version_flag("--version", std::string("reporter-collector ") + version);
  app.require_subcommand(1);
  app.footer("Exit status: 0 ok, 1 failure, 2 usage.");

  CLI::App* serving = app.add_subcommand("serve", "Receive messages until it is told to end");
  serving->add_option("--listen", options.listen, "HOST:PORT; port 0 takes a free one")
      ->capture_default_str();
  serving->add_option("--db", options.db, "The database file")->required();
  serving
      ->add_option("--path", options.server.legacy_path,
                   "Also receive here, the legacy form without ts included")
      ->capture_default_str();
  auto* certificate = serving->add_option("--tls-cert", options.server.tls_certificate_file,
                                          "Certificate chain (PEM); serves https");
  auto* key = serving->add_option("--tls-key", options.server.tls_key_file, "Its key (PEM)");
  certificate->needs(key);
  key->needs(certificate);
  serving->add_option("--operator-token-file", options.operator_token_file,
                      "Token that allows DELETE /v1/instances/<id>");
  serving
      ->add_option("--rate", options.server.messages_per_minute,
                   "Messages a minute from one address; 0 is no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();

  CLI::App* querying = app.add_subcommand("query", "Print what was received");
  querying->add_option("--db", options.db, "The database file")->required();
  querying->add_flag("--json", options.as_json, "As JSON, version 1");

  try {
    std::ranges::reverse(words);  // as the parser wants them
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error);  // prints what --help or --version ask for
    }
    return complain(what_is_wrong(app, error), usage);
  }
  return serving->parsed() ? serve(options) : query(options);
}

}  // namespace
}  // namespace reporterd

int main(int argc, char** argv) try {
  return reporterd::run(reporterd::arguments_in_utf8(argc, argv));
} catch (const std::exception& error) {  // out of memory, and bugs
  std::fprintf(stderr, "reporter-collector: %s\n", error.what());
  return EXIT_FAILURE;
}
