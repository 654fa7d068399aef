// Against the TLS of another program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"
#include "tests/support/test_ca.h"

namespace reporterd {
namespace {

// The same server is asked with TLS 1.1 and with 1.2: only the second comes to an agreement.
TEST(TlsOfAnotherProgram, LessThan12IsRefused) {
  TestCa ca;
  Site files;
  const Certificate certificate = ca.issue({"DNS:localhost"});
  files.write("ca.pem", ca.certificate_pem());
  files.write("server.pem", certificate.certificate_pem + certificate.key_pem);
  for (const bool modern : {false, true}) {
    const std::uint16_t port = closed_port();
    Program server({"/usr/bin/openssl", "s_server", "-quiet", "-state", "-www", "-naccept", "1",
                    "-accept", fmt::format("127.0.0.1:{}", port), "-cert", files / "server.pem",
                    "-cipher", "DEFAULT@SECLEVEL=0", modern ? "-tls1_2" : "-tls1_1"});
    Site site;
    site.configure({.destination = fmt::format(
                        "url: \"https://localhost:{}/\", caFile: \"{}\", timeout: 300ms", port,
                        files / "ca.pem")});
    site.start();
    ASSERT_EQ(site.submit(1), "queued");
    ASSERT_TRUE(server.wait().has_value());  // after its one client
    const bool agreed =
        server.output().find("SSL_accept:SSLv3/TLS write finished") != std::string::npos;
    EXPECT_EQ(agreed, modern) << server.output();
    EXPECT_TRUE(site.ledger_has("queued", 1));
  }
}

}  // namespace
}  // namespace reporterd
