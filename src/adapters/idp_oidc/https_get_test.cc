// Over real TLS, to a server with certificates of all kinds.
#include "https_get.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "gatehouse/runtime/run_task.h"
#include "test_https_server.h"

namespace gatehouse::adapters {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct HttpsGetTest : testing::Test {
  HttpsGetTest() { trust(authority); }
  ~HttpsGetTest() override { std::filesystem::remove(trusted); }

  void trust(const Certificate& certificate) { std::ofstream(trusted, std::ios::trunc) << certificate.pem(); }
  Certificate signed_for(const std::string& names) const {
    CertificateWish wish;
    wish.names = names;
    return Certificate(wish, &authority);
  }
  HttpsGet asking(const std::string& url, milliseconds deadline = seconds(30)) {
    return HttpsGet(reactor, files, parse_url(url).value(), HttpsOptions(trusted, deadline, 100));
  }
  // The status and body, or the reason and what it says.
  std::string get(const std::string& url, milliseconds deadline = seconds(30)) {
    HttpsGet asker = asking(url, deadline);
    const Result<wire::HttpReply> reply = run_task(reactor, asker.get());
    return reply ? std::to_string(reply->status) + " " + reply->body
                 : std::string(reply.error().reason()) + " " + reply.error().public_text();
  }
  std::string get_from(const Certificate& identity, const std::string& host = "localhost") {
    const HttpsServer server(&identity, http_ok("hello"));
    return get(server.at(host));
  }

  static Task<void> keep(Task<Result<wire::HttpReply>> task, std::optional<Result<wire::HttpReply>>& reply) {
    reply.emplace(co_await std::move(task));
  }

  const SystemClock clock;
  Reactor reactor{0, clock};
  WorkerPool files{"files", 1, 16};
  const Certificate authority = make_authority();
  const Certificate good{CertificateWish(), &authority};
  const std::filesystem::path trusted =
      std::filesystem::temp_directory_path() / ("gatehouse-authorities-" + std::to_string(getpid()) + ".pem");
};

TEST_F(HttpsGetTest, TakesTheAnswerOfAServerThatIsWhoItShouldBe) {
  const HttpsServer server(&good, http_ok("hello"));
  EXPECT_EQ(get(server.at("localhost")), "200 hello");
  EXPECT_EQ(server.server_name(), "localhost");
  const std::string authority_of_url = server.at("localhost").substr(8, server.at("localhost").find("/keys") - 8);
  EXPECT_THAT(server.heard(), StartsWith("GET /keys?of=me HTTP/1.1\r\nHost: " + authority_of_url + "\r\nConnection: close\r\n"));
  EXPECT_EQ(get(server.at("LOCALHOST")), "200 hello");
}

TEST_F(HttpsGetTest, VerifiesAddressesToo) {
  EXPECT_EQ(get_from(good, "127.0.0.1"), "200 hello");
  EXPECT_THAT(get_from(signed_for("DNS:localhost,DNS:127.0.0.1"), "127.0.0.1"), HasSubstr("IP address mismatch"));
  EXPECT_THAT(get_from(signed_for("IP:127.0.0.2"), "127.0.0.1"), HasSubstr("IP address mismatch"));
}

TEST_F(HttpsGetTest, RefusesACertificateForAnotherHost) {
  for (const char* names : {"DNS:example.com", "DNS:localhost.example.com", "DNS:*.localhost", "IP:127.0.0.1", "email:localhost", ""}) {
    EXPECT_THAT(get_from(signed_for(names)), StartsWith("certificate_refused localhost")) << names;
    EXPECT_THAT(get_from(signed_for(names)), HasSubstr("ostname mismatch")) << names;
  }
}

TEST_F(HttpsGetTest, RefusesACertificateOutOfItsTime) {
  CertificateWish past, future;
  past.valid_from = -7200;
  past.valid_until = -3600;
  future.valid_from = 3600;
  future.valid_until = 7200;
  EXPECT_THAT(get_from(Certificate(past, &authority)), HasSubstr("expired"));
  EXPECT_THAT(get_from(Certificate(future, &authority)), HasSubstr("not yet valid"));
}

TEST_F(HttpsGetTest, RefusesWhomNobodyVouchesFor) {
  EXPECT_THAT(get_from(Certificate(CertificateWish())), StartsWith("certificate_refused"));
  const Certificate stranger = make_authority("Another authority");
  EXPECT_THAT(get_from(Certificate(CertificateWish(), &stranger)), StartsWith("certificate_refused"));
  const Certificate impostor = make_authority();  // of the same name
  EXPECT_THAT(get_from(Certificate(CertificateWish(), &impostor)), StartsWith("certificate_refused"));
}

TEST_F(HttpsGetTest, TakesNoCertificateThatAnOrdinaryOneHasSigned) {
  trust(good);
  EXPECT_THAT(get_from(Certificate(CertificateWish(), &good)), StartsWith("certificate_refused"));
}

TEST_F(HttpsGetTest, AsksTheSystemWhereNoAuthoritiesAreNamed) {
  const HttpsServer server(&good, http_ok("hello"));
  HttpsGet asker(reactor, files, parse_url(server.at("localhost")).value(), HttpsOptions({}, seconds(30), 100));
  const Result<wire::HttpReply> reply = run_task(reactor, asker.get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().reason(), "certificate_refused");
}

TEST_F(HttpsGetTest, SaysThatAuthoritiesCannotBeRead) {
  const HttpsServer server(&good, http_ok("hello"));
  std::ofstream(trusted, std::ios::trunc) << "nothing";
  EXPECT_THAT(get(server.at("localhost")), StartsWith("tls_authorities_unreadable '" + trusted.string()));
  std::filesystem::remove(trusted);
  EXPECT_THAT(get(server.at("localhost")), StartsWith("tls_authorities_unreadable"));
  EXPECT_EQ(server.visits(), 0);
}

TEST_F(HttpsGetTest, ReadsNoMoreThanItWants) {
  const HttpsServer declared(&good, "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", Manner::holds);
  EXPECT_THAT(get(declared.at("localhost")), StartsWith("reply_too_large"));
  const HttpsServer endless(&good, "HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'000, 'x'), Manner::holds);
  EXPECT_THAT(get(endless.at("localhost")), StartsWith("reply_too_large"));
  const HttpsServer chunked(&good, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + std::string(0xfff, 'x') + "\r\n",
                            Manner::holds);
  EXPECT_THAT(get(chunked.at("localhost")), StartsWith("reply_too_large"));
}

TEST_F(HttpsGetTest, WaitsNoLongerThanItSaid) {
  const HttpsServer silent(&good, "", Manner::silent);
  EXPECT_THAT(get(silent.at("localhost"), milliseconds(100)), StartsWith("reply_too_late"));
  const HttpsServer half(&good, "HTTP/1.1 200 OK\r\nContent-Le", Manner::holds);
  EXPECT_THAT(get(half.at("localhost"), milliseconds(200)), StartsWith("reply_too_late"));
  EXPECT_THAT(get(half.at("127.0.0.1"), milliseconds(200)), StartsWith("reply_too_late"));
}

TEST_F(HttpsGetTest, RefusesWhatIsNoReply) {
  for (const char* answer : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour", "HTTP/2.0 200 OK\r\n\r\n"}) {
    const HttpsServer server(&good, answer);
    EXPECT_THAT(get(server.at("localhost")), StartsWith("reply_malformed")) << answer;
  }
}

TEST_F(HttpsGetTest, DoesNotTakeACutConnectionForTheEnd) {
  const HttpsServer cut(&good, "HTTP/1.1 200 OK\r\n\r\nhalf of it", Manner::abrupt);
  EXPECT_THAT(get(cut.at("localhost")), StartsWith("connection_lost"));
  const HttpsServer orderly(&good, "HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_EQ(get(orderly.at("localhost")), "200 all of it");
  const HttpsServer counted(&good, http_ok("whole"), Manner::abrupt);
  EXPECT_EQ(get(counted.at("localhost")), "200 whole");
}

TEST_F(HttpsGetTest, SpeaksPlainHttpOnLoopback) {
  const HttpsServer server(nullptr, http_ok("hello"));
  EXPECT_EQ(get(server.at("127.0.0.1", "http")), "200 hello");
  EXPECT_EQ(get(server.at("localhost", "http")), "200 hello");
  EXPECT_THAT(get(server.at("localhost")), StartsWith("tls_failed"));
}

TEST_F(HttpsGetTest, ConnectsToNoAddressThatLeadsAstray) {
  for (const char* host : {"169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "[fd00:ec2::254]", "0.0.0.0", "[::]", "224.0.0.1",
                           "[ff02::1]", "255.255.255.255"}) {
    EXPECT_THAT(get(std::string("https://") + host + "/keys"), StartsWith("address_refused")) << host;
  }
}

TEST_F(HttpsGetTest, NamesWhomItDoesNotReach) {
  std::string url;
  {
    const HttpsServer server(nullptr, "");
    url = server.at("127.0.0.1");
  }
  EXPECT_THAT(get(url), StartsWith("connection_failed 127.0.0.1:"));
}

TEST_F(HttpsGetTest, GivesUpWhenItIsTold) {
  const HttpsServer silent(&good, "", Manner::silent);
  HttpsGet asker = asking(silent.at("127.0.0.1"));
  std::optional<Result<wire::HttpReply>> reply;
  reactor.spawn(keep(asker.get(), reply));
  while (silent.visits() == 0) reactor.context().run_one_for(milliseconds(1));
  asker.give_up();
  while (!reply) reactor.context().run_one_for(milliseconds(1));
  const Result<wire::HttpReply>& ended = *reply;
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().reason(), "given_up");
}

}  // namespace
}  // namespace gatehouse::adapters
