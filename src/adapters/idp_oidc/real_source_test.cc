// A source with real readers: files that are replaced, and a server that speaks TLS.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gatehouse/base/fake_clock.h"
#include "test_https_server.h"
#include "test_issuer.h"

namespace gatehouse::adapters {
namespace {

struct RealSource : testing::Test {
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "gatehouse-issuer-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override {
    if (source) {
      bool stopped = false;
      reactor.spawn(stop_source(*source, stopped));
      EXPECT_TRUE(until([&] { return stopped; }));
    }
    std::filesystem::remove_all(folder);
  }
  void start(const JwksOrigin& origin) {
    auto made = JwksSource::make(reactor, files, origin);
    ASSERT_TRUE(made) << made.error().describe();
    source = std::move(*made);
    source->start();
  }
  template <class F>
  [[nodiscard]] bool until(F condition) {
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      reactor.context().run_one_for(milliseconds(1));
    }
    return true;
  }
  [[nodiscard]] bool has(const std::vector<std::string>& kids) {
    return until([&] { return kids_of(source->keys()) == kids; });
  }
  // Lets the time come at which it looks again, until it has what it should.
  [[nodiscard]] bool has_soon(const std::vector<std::string>& kids) {
    return until([&] {
      clock.advance(seconds(1));
      reactor.tick();
      return kids_of(source->keys()) == kids;
    });
  }

  FakeClock clock;
  Reactor reactor{0, clock};
  WorkerPool files{"files", 1, 16};
  std::filesystem::path folder;
  std::unique_ptr<JwksSource> source;
};

TEST_F(RealSource, FollowsAFile) {
  JwksOrigin origin;
  origin.file = folder / "keys.json";
  std::ofstream(origin.file) << jwks_of({"a"});
  start(origin);
  EXPECT_TRUE(has({"a"}));
  std::ofstream(folder / "next") << jwks_of({"b"});
  std::filesystem::rename(folder / "next", origin.file);
  EXPECT_TRUE(has_soon({"b"}));
  std::ofstream(origin.file) << jwks_of({"c", "d"});
  EXPECT_TRUE(has_soon({"c", "d"}));
}

TEST_F(RealSource, FollowsAnAddress) {
  const Certificate authority = make_authority();
  const Certificate identity(CertificateWish(), &authority);
  std::ofstream(folder / "authorities.pem") << authority.pem();
  HttpsServer server(&identity, http_ok(jwks_of({"a"}), "Cache-Control: max-age=600\r\n"));
  JwksOrigin origin;
  origin.url = server.at("localhost");
  origin.authorities = folder / "authorities.pem";
  origin.deadline = std::chrono::hours(1000);  // of the clock that has_soon() moves
  start(origin);
  EXPECT_TRUE(has({"a"}));
  server.say("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + server.at("localhost") + "\r\n\r\n");
  source->reload();
  EXPECT_TRUE(until([&] { return server.visits() == 2; }));
  server.say(http_ok(jwks_of({"b"})));
  EXPECT_TRUE(has_soon({"b"}));
  EXPECT_EQ(server.visits(), 3) << "the redirect was not followed";
}

TEST_F(RealSource, NeedsOnePlaceToReadFrom) {
  JwksOrigin neither, both, bad;
  both.file = "keys.json";
  both.url = "https://example.com/";
  bad.url = "http://example.com/";
  EXPECT_EQ(JwksSource::make(reactor, files, neither).error().reason(), "jwks_origin_bad");
  EXPECT_EQ(JwksSource::make(reactor, files, both).error().reason(), "jwks_origin_bad");
  EXPECT_EQ(JwksSource::make(reactor, files, bad).error().reason(), "jwks_url_bad");
}

}  // namespace
}  // namespace gatehouse::adapters
