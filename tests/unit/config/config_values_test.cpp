// The kinds of values at their edges.
#include "daemon/config_values.h"

#include <gtest/gtest.h>

#include <string>

namespace reporterd {
namespace {

GivenValue plain(const std::string& text) {
  return {text, false, ""};
}

}  // namespace

TEST(ConfigValues, DurationsAreReadInEveryUnit) {
  const DurationKind kind{Millis(0), std::chrono::hours(24 * 4000)};
  EXPECT_EQ(kind.read(plain("0s")), Millis(0));
  EXPECT_EQ(kind.read(plain("250ms")), Millis(250));
  EXPECT_EQ(kind.read(plain("30s")), std::chrono::seconds(30));
  EXPECT_EQ(kind.read(plain("15m")), std::chrono::minutes(15));
  EXPECT_EQ(kind.read(plain("12h")), std::chrono::hours(12));
  EXPECT_EQ(kind.read(plain("90d")), std::chrono::hours(24 * 90));
  EXPECT_EQ(kind.read({"30s", true, ""}), std::chrono::seconds(30));
}

TEST(ConfigValues, WhatIsNoDurationIsRefused) {
  const DurationKind kind{Millis(0), std::chrono::hours(24 * 4000)};
  for (const char* text : {"", "0", "30", "s", "30 s", " 30s", "-1s", "+1s", "1.5h", "1h30m", "30S",
                           "0x1s", "99999999999999999999d", "18446744073709551615d", "1w"}) {
    EXPECT_FALSE(kind.read(plain(text))) << text;
  }
}

TEST(ConfigValues, SizesAreReadInEveryUnit) {
  const SizeKind kind{0, 1ULL << 40};
  EXPECT_EQ(kind.read(plain("0")), 0U);
  EXPECT_EQ(kind.read(plain("512")), 512U);
  EXPECT_EQ(kind.read(plain("64KiB")), 64U << 10);
  EXPECT_EQ(kind.read(plain("16MiB")), 16U << 20);
  EXPECT_EQ(kind.read(plain("16GiB")), 16ULL << 30);
  for (const char* text : {"", "KiB", "64KB", "64k", "64 KiB", "-1", "1e3", "18446744073709551616",
                           "99999999999999999GiB"}) {
    EXPECT_FALSE(kind.read(plain(text))) << text;
  }
}

TEST(ConfigValues, RangesIncludeTheirEnds) {
  const CountKind kind{1, 3};
  EXPECT_FALSE(kind.read(plain("0")));
  EXPECT_EQ(kind.read(plain("1")), 1U);
  EXPECT_EQ(kind.read(plain("3")), 3U);
  EXPECT_FALSE(kind.read(plain("4")));
}

TEST(ConfigValues, ValuesAreWrittenInTheLargestUnitThatFits) {
  const DurationKind duration;
  EXPECT_EQ(duration.write(Millis(0)), "0s");
  EXPECT_EQ(duration.write(Millis(1500)), "1500ms");
  EXPECT_EQ(duration.write(std::chrono::minutes(90)), "90m");
  EXPECT_EQ(duration.write(std::chrono::hours(48)), "2d");
  const SizeKind size;
  EXPECT_EQ(size.write(0), "0");
  EXPECT_EQ(size.write(1025), "1025");
  EXPECT_EQ(size.write(64U << 10), "64KiB");
  EXPECT_EQ(size.write(3ULL << 30), "3GiB");
}

TEST(ConfigValues, PlainHttpGoesToThisMachineOnly) {
  for (const char* url :
       {"http://127.0.0.1:8480/v1", "http://localhost/", "http://LOCALHOST:1", "http://[::1]:8/x",
        "http://127.9.9.9", "HTTP://localhost/x", "https://example.com", "https://1.2.3.4:443/a?b",
        "https://[2001:db8::1]/a", ""}) {
    EXPECT_EQ(destination_url_problem(url), std::nullopt) << url;
  }
  for (const char* url :
       {"http://example.com/", "http://127.example.com/", "http://127.0.0.1.example.com/",
        "http://127.0.0/", "http://127.0.0.0.1/", "http://127.0.0.1./", "http://0.0.0.0/",
        "http://localhost.example.com/", "http://[::2]/", "http://10.0.0.1/"}) {
    EXPECT_EQ(destination_url_problem(url), "would send unencrypted to another machine") << url;
  }
}

TEST(ConfigValues, WhatIsNoUrlIsRefused) {
  for (const char* url :
       {"example.com", "https:/example.com", "https://", "https:///x", "ftp://example.com/",
        "file:///etc/passwd", "https://exa mple.com/", "https://example.com:0/",
        "https://example.com:65536/", "https://example.com:x/", "https://example.com:/",
        "https://[::1/", "https://ex*mple.com/", "https://a\\b/", "//example.com"}) {
    EXPECT_EQ(destination_url_problem(url), "is not an http or https URL") << url;
  }
  EXPECT_EQ(destination_url_problem("https://u:p@example.com/"), "holds a user name");
  EXPECT_EQ(destination_url_problem("http://127.0.0.1@example.com/"), "holds a user name");
  EXPECT_EQ(destination_url_problem("https://example.com/#a"),
            "holds a # part, which is never sent");
}

TEST(ConfigValues, ProxiesAreUrlsWithoutCredentialsAndPath) {
  for (const char* url : {"", "http://proxy:3128", "https://proxy.example.com/", "socks5h://p:1"}) {
    EXPECT_EQ(proxy_url_problem(url), std::nullopt) << url;
  }
  for (const char* url : {"proxy:3128", "ftp://proxy", "http://proxy/path", "http://"}) {
    EXPECT_EQ(proxy_url_problem(url), "is not the URL of a proxy") << url;
  }
  EXPECT_EQ(proxy_url_problem("http://u:p@proxy:3128"),
            "holds a user name; it belongs into destination.proxyCredentialsFile");
}

}  // namespace reporterd
