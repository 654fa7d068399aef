#include "daemon/config_keys.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace reporterd {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kib = 1U << 10;
constexpr std::uint64_t mib = 1U << 20;
constexpr std::uint64_t gib = 1U << 30;
constexpr Millis day = 24h;

constexpr const char* url_help =
    "\"\", https://HOST[:PORT]/PATH, or http:// to this machine (localhost, 127.x.x.x, [::1])";
constexpr const char* proxy_help =
    "\"\", or http://, https://, socks5:// or socks5h:// with HOST[:PORT]";
constexpr const char* no_proxy_help = "host names and domains, separated by commas, or *";
constexpr const char* version_help = "auto, or 1 to 64 of A-Z a-z 0-9 . + - _";

// Where a value lives: a function from the owner (const or not) to the member.
template <class Section, class T>
auto in(Section Config::* section, T Section::* member) {
  return [section, member](auto& config) -> auto& { return config.*section.*member; };
}
template <class T>
auto in(T ButlerConfig::* member) {
  return [member](auto& butler) -> auto& { return butler.*member; };
}

template <class Owner, class Place, class Kind>
Key<Owner> key(std::string section, std::string name, Place place, const Kind& kind) {
  const auto read = [place, kind](const GivenValue& given,
                                  Owner& owner) -> std::optional<std::string> {
    auto value = kind.read(given);
    if (!value) {
      return std::move(value.error());
    }
    auto& target = place(owner);
    target = static_cast<std::remove_reference_t<decltype(target)>>(*std::move(value));
    return std::nullopt;
  };
  const auto write = [place, kind](const Owner& owner) {
    const auto& value = place(owner);
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, int>) {
      return kind.write(static_cast<std::uint64_t>(value));
    } else {
      return kind.write(value);
    }
  };
  return {std::move(section), std::move(name), kind.allowed(), read, write};
}

// The keys of one section, so that its name stands once.
template <class Section>
class SectionKeys {
 public:
  SectionKeys(std::vector<Key<Config>>& keys, std::string name, Section Config::* section)
      : keys_(keys), name_(std::move(name)), section_(section) {}

  template <class T, class Kind>
  void add(std::string name, T Section::* member, const Kind& kind) const {
    keys_.push_back(key<Config>(name_, std::move(name), in(section_, member), kind));
  }

 private:
  std::vector<Key<Config>>& keys_;
  std::string name_;
  Section Config::* section_;
};

void add_telemetry_and_report(std::vector<Key<Config>>& keys) {
  using T = TelemetryConfig;
  const SectionKeys telemetry(keys, "telemetry", &Config::telemetry);
  telemetry.add("enabled", &T::enabled, SwitchKind{});
  telemetry.add("followButler", &T::follow_butler, SwitchKind{});
  telemetry.add("noticePeriod", &T::notice_period, DurationKind{0s, 365 * day});

  using R = ReportSettings;
  const SectionKeys report(keys, "report", &Config::report);
  report.add("interval", &R::interval, DurationKind{1s, 365 * day});
  report.add("startSpread", &R::start_spread, DurationKind{0s, day});
}

void add_destination(std::vector<Key<Config>>& keys) {
  using D = DestinationConfig;
  const ChoiceKind<std::string> types{{{"http", "http"}}};
  const ChoiceKind<BodyForm> bodies{{{"envelope", BodyForm::envelope}, {"data", BodyForm::data}}};
  const SectionKeys destination(keys, "destination", &Config::destination);
  destination.add("type", &D::type, types);
  destination.add("url", &D::url, TextKind{url_help, destination_url_problem});
  destination.add("body", &D::body, bodies);
  destination.add("batch", &D::batch, CountKind{1, 100});
  destination.add("inFlight", &D::in_flight, CountKind{1, 256});
  destination.add("connectTimeout", &D::connect_timeout, DurationKind{1ms, 10min});
  destination.add("timeout", &D::timeout, DurationKind{1ms, 1h});
  destination.add("caFile", &D::ca_file, FileNameKind{});
  destination.add("clientCertificateFile", &D::client_certificate_file, FileNameKind{});
  destination.add("clientKeyFile", &D::client_key_file, FileNameKind{});
  destination.add("proxy", &D::proxy, TextKind{proxy_help, proxy_url_problem});
  destination.add("proxyCredentialsFile", &D::proxy_credentials_file, FileNameKind{});
  destination.add("noProxy", &D::no_proxy, TextKind{no_proxy_help, no_problem});
  destination.add("functionKeyFile", &D::function_key_file, FileNameKind{});
}

void add_retry(std::vector<Key<Config>>& keys) {
  using R = RetrySettings;
  const SectionKeys retry(keys, "retry", &Config::retry);
  retry.add("base", &R::base, DurationKind{1ms, day});
  retry.add("cap", &R::cap, DurationKind{1ms, 30 * day});
  retry.add("messageBase", &R::message_base, DurationKind{1ms, day});
  retry.add("failuresToBackOff", &R::failures_to_back_off, CountKind{1, 1000});
  retry.add("networkBackWithin", &R::network_back_within, DurationKind{0s, 1h});
  retry.add("retryAfterMax", &R::retry_after_max, DurationKind{1s, 30 * day});
  retry.add("spreadRetryAfter", &R::spread_retry_after, SwitchKind{});
}

void add_store(std::vector<Key<Config>>& keys) {
  using O = OutboxConfig;
  const SectionKeys outbox(keys, "outbox", &Config::outbox);
  outbox.add("maxBytes", &O::max_bytes, SizeKind{mib, 64 * gib});
  outbox.add("maxAge", &O::max_age, DurationKind{1s, 3650 * day});
  outbox.add("maxMessageBytes", &O::max_message_bytes, SizeKind{kib, mib});

  using H = HistoryConfig;
  const SectionKeys history(keys, "history", &Config::history);
  history.add("keep", &H::keep, DurationKind{0s, 3650 * day});
  history.add("maxBytes", &H::max_bytes, SizeKind{0, 64 * gib});
}

void add_limits_and_log(std::vector<Key<Config>>& keys) {
  using L = LimitsConfig;
  const SectionKeys limits(keys, "limits", &Config::limits);
  limits.add("lineBytes", &L::line_bytes, SizeKind{kib, 16 * mib});
  limits.add("connections", &L::connections, CountKind{1, 1024});
  limits.add("unanswered", &L::unanswered, CountKind{1, 65536});
  limits.add("responseBytes", &L::response_bytes, SizeKind{kib, 64 * mib});
  limits.add("keyBytes", &L::key_bytes, SizeKind{64 * kib, gib});

  const ChoiceKind<LogLevel> levels{{{"debug", LogLevel::debug},
                                     {"info", LogLevel::info},
                                     {"warn", LogLevel::warn},
                                     {"error", LogLevel::error}}};
  const SectionKeys log(keys, "log", &Config::log);
  log.add("level", &LogConfig::level, levels);
  log.add("file", &LogConfig::file, FileNameKind{});
  log.add("maxBytes", &LogConfig::max_bytes, SizeKind{64 * kib, gib});
  log.add("files", &LogConfig::files, CountKind{1, 100});
}

std::vector<ConfigRule> make_rules() {
  const auto has_key_without_certificate = [](const Config& c) {
    return !c.destination.client_key_file.empty() && c.destination.client_certificate_file.empty();
  };
  const auto has_credentials_without_proxy = [](const Config& c) {
    return !c.destination.proxy_credentials_file.empty() && c.destination.proxy.empty();
  };
  return {
      {{"retry.cap", "retry.base"},
       [](const Config& c) { return c.retry.cap < c.retry.base; },
       "retry.cap is shorter than retry.base",
       "a cap of at least the base"},
      {{"retry.cap", "retry.messageBase"},
       [](const Config& c) { return c.retry.cap < c.retry.message_base; },
       "retry.cap is shorter than retry.messageBase",
       "a cap of at least the base"},
      {{"destination.batch", "destination.body"},
       [](const Config& c) {
         return c.destination.batch > 1 && c.destination.body == BodyForm::data;
       },
       "batches need the body form envelope: the form data carries no ts",
       "batch: 1, or body: envelope"},
      {{"destination.clientKeyFile"},
       has_key_without_certificate,
       "a client key without a client certificate",
       "both, or the certificate file alone when it holds the key as well"},
      {{"destination.proxyCredentialsFile"},
       has_credentials_without_proxy,
       "credentials without a proxy",
       "with destination.proxy only"},
      {{"outbox.maxMessageBytes", "limits.lineBytes"},
       [](const Config& c) { return c.outbox.max_message_bytes > c.limits.line_bytes; },
       "outbox.maxMessageBytes is larger than limits.lineBytes, so such a message could not come "
       "in",
       "a message that fits into a line"},
      {{"outbox.maxBytes", "outbox.maxMessageBytes"},
       [](const Config& c) { return c.outbox.max_bytes / 4 < c.outbox.max_message_bytes; },
       "outbox.maxBytes holds less than four messages of outbox.maxMessageBytes",
       "room for four messages of full size"},
  };
}

}  // namespace

const std::vector<Key<Config>>& config_keys() {
  static const std::vector<Key<Config>> keys = [] {
    std::vector<Key<Config>> all;
    add_telemetry_and_report(all);
    add_destination(all);
    add_retry(all);
    add_store(all);
    add_limits_and_log(all);
    return all;
  }();
  return keys;
}

const std::vector<Key<ButlerConfig>>& butler_keys() {
  static const std::vector<Key<ButlerConfig>> keys = [] {
    using B = ButlerConfig;
    const std::string section(butlers_section);
    const TextKind version{version_help, version_problem};
    const ChoiceKind<std::string> feature_set{{{"5.1", "5.1"}, {"7.3", "7.3"}}};
    return std::vector<Key<B>>{
        key<B>(section, "configFile", in(&B::config_file),
               FileNameKind{"the name of that Butler's configuration file"}),
        key<B>(section, "version", in(&B::version), version),
        key<B>(section, "nodeVersion", in(&B::node_version), version),
        key<B>(section, "featureSet", in(&B::feature_set), feature_set),
    };
  }();
  return keys;
}

const std::vector<ConfigRule>& config_rules() {
  static const std::vector<ConfigRule> rules = make_rules();
  return rules;
}

}  // namespace reporterd
