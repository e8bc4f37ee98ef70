// [[auth.issuers]]: what is taken, and every way in which it can be wrong.
#include "issuer_settings.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "settings.h"

namespace gatehouse::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class IssuerSettings_ : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-issuers-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    write("secret", std::string(32, 's') + "\n");
    write("short", "short");
    write("known", "your-super-secret-jwt-key-change-in-production");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    chmod((folder_ / name).c_str(), 0600);
  }
  std::string path(const std::string& name) const { return '"' + (folder_ / name).string() + '"'; }
  void read(const std::string& text) {
    config::Sources sources;
    sources.file = config::Document{"g.toml", text};
    const config::Reading reading = config::read(settings_schema().keys(), sources);
    settings_ = settings_schema().settings(reading.values);
    faults_.clear();
    for (const config::Fault& fault : reading.faults) faults_.push_back(to_text(fault));
    for (const config::Fault& fault : cross_check(settings_, reading)) faults_.push_back(to_text(fault));
  }
  // The faults of one issuer that has a name, an issuer and an audience, and that.
  std::vector<std::string> faults_of(const std::string& more) {
    read("[[auth.issuers]]\nname = \"a\"\nissuer = \"https://a\"\naudience = \"x\"\n" + more);
    return faults_;
  }

  std::filesystem::path folder_;
  Settings settings_;
  std::vector<std::string> faults_;
};

TEST_F(IssuerSettings_, TakesEachKindOfKeys) {
  read(R"([[auth.issuers]]
name = "file"
issuer = "https://a"
audience = ["x", "y"]
jwks_file = "keys.json"
algorithms = ["RS256", "ES256"]
tenants = "demo"
[[auth.issuers]]
name = "url"
issuer = "https://b"
audience = "x"
jwks_url = "https://b/keys"
ca_file = "ca.pem"
tenant_claim = "org"
[[auth.issuers]]
name = "secret"
issuer = "c"
audience = "x"
secret_file = )" +
       path("secret") + R"(
[[auth.issuers]]
name = "legacy"
legacy = true
until = 2027-01-31
secret_file = )" +
       path("secret"));
  ASSERT_THAT(faults_, IsEmpty());
  const std::vector<IssuerSettings>& issuers = settings_.auth.issuers;
  ASSERT_EQ(issuers.size(), 4U);
  EXPECT_THAT(issuers[0].audience, ElementsAre("x", "y"));
  EXPECT_THAT(issuers[0].tenants, ElementsAre("demo"));
  EXPECT_EQ(algorithms_of(issuers[0]), wire::JwsAlgorithms(wire::JwsAlgorithm::rs256) | wire::JwsAlgorithm::es256);
  EXPECT_EQ(algorithms_of(issuers[1]), wire::JwsAlgorithms::asymmetric());
  EXPECT_EQ(issuers[1].tenant_claim, "org");
  EXPECT_EQ(issuers[1].user_claim, "sub");
  EXPECT_EQ(algorithms_of(issuers[2]), wire::JwsAlgorithm::hs256);
  EXPECT_EQ(issuers[3].until, "2027-01-31");
  EXPECT_EQ(secret_keys(issuers[3].secret_file)->keys().size(), 1U);
}

TEST_F(IssuerSettings_, NeedsOnePlaceForKeys) {
  EXPECT_THAT(faults_of(""), ElementsAre("g.toml:1:1: auth.issuers.jwks_file: there must be one of jwks_file, jwks_url and secret_file"));
  EXPECT_THAT(faults_of("jwks_file = \"a\"\njwks_url = \"https://a\"\n"),
              ElementsAre("g.toml:6:12: auth.issuers.jwks_url: there must be one of jwks_file, jwks_url and secret_file, not several"));
  EXPECT_THAT(faults_of("jwks_file = \"a\"\nsecret_file = " + path("secret")),
              ElementsAre("g.toml:6:15: auth.issuers.secret_file: there must be one of jwks_file, jwks_url and secret_file, not several"));
  EXPECT_THAT(faults_of("jwks_file = \"a\"\nca_file = \"b\"\n"),
              ElementsAre("g.toml:6:11: auth.issuers.ca_file: vouches for the server of jwks_url, and there is none"));
}

TEST_F(IssuerSettings_, FetchesOverHttpsAlone) {
  EXPECT_THAT(
      faults_of("jwks_url = \"http://127.0.0.1/keys\"\n"),
      ElementsAre("g.toml:5:12: auth.issuers.jwks_url: keys are fetched over https alone: who can change them on the way can make tokens",
                  StartsWith("g.toml:1:1: auth.issuers.jwks_file: there must be one")));
  EXPECT_THAT(faults_of("jwks_url = \"https://user@host/\"\n").front(), HasSubstr("it names a user"));
  EXPECT_THAT(faults_of("jwks_url = \"ftp://host/\"\n").front(), HasSubstr("must begin with https://"));
}

TEST_F(IssuerSettings_, HasAlgorithmsThatFitItsKeys) {
  EXPECT_THAT(faults_of("jwks_file = \"a\"\nalgorithms = []\n"),
              ElementsAre("g.toml:6:14: auth.issuers.algorithms: names none: no token could be taken"));
  EXPECT_THAT(faults_of("jwks_file = \"a\"\nalgorithms = [\"RS256\", \"HS256\"]\n"),
              ElementsAre(StartsWith("g.toml:6:14: auth.issuers.algorithms: HS256 needs a secret")));
  EXPECT_THAT(faults_of("secret_file = " + path("secret") + "\nalgorithms = \"HS256\"\n").front(), HasSubstr("must be a list of texts"));
  EXPECT_THAT(faults_of("secret_file = " + path("secret") + "\nalgorithms = [\"RS256\"]\n"),
              ElementsAre(StartsWith("g.toml:6:14: auth.issuers.algorithms: RS256 needs a key pair")));
  EXPECT_THAT(
      faults_of("jwks_file = \"a\"\nalgorithms = [\"none\", \"ES256\"]\n"),
      ElementsAre(
          "g.toml:6:15: auth.issuers.algorithms: 'none' is no algorithm for tokens; there are HS256, RS256, PS256, ES256 and EdDSA"));
}

TEST_F(IssuerSettings_, RefusesSecretsThatAreNone) {
  EXPECT_THAT(faults_of("secret_file = " + path("short")),
              ElementsAre(AllOf(StartsWith("g.toml:5:15: auth.issuers.secret_file: "), HasSubstr("at least 32 bytes"))));
  EXPECT_THAT(faults_of("secret_file = " + path("known")), ElementsAre(HasSubstr("stands in examples")));
  EXPECT_THAT(faults_of("secret_file = " + path("nowhere")).front(), HasSubstr("auth.issuers.secret_file: "));
  chmod((folder_ / "secret").c_str(), 0644);
  EXPECT_THAT(faults_of("secret_file = " + path("secret")).front(), HasSubstr("auth.issuers.secret_file: "));
}

TEST_F(IssuerSettings_, ALegacyIssuerHasASecretAndAnEnd) {
  read("[[auth.issuers]]\nname = \"a\"\nlegacy = true\nissuer = \"b\"\naudience = \"c\"\njwks_file = \"d\"\n");
  EXPECT_THAT(faults_, ElementsAre("g.toml:3:10: auth.issuers.legacy: is for tokens of HS256, with secret_file",
                                   StartsWith("g.toml:1:1: auth.issuers.until: is missing"),
                                   "g.toml:4:10: auth.issuers.issuer: a legacy issuer's tokens do not say it",
                                   "g.toml:5:12: auth.issuers.audience: a legacy issuer's tokens do not say it"));
}

TEST_F(IssuerSettings_, IsToldApartFromOthers) {
  read("[[auth.issuers]]\njwks_file = \"k\"\n");
  EXPECT_THAT(faults_, ElementsAre(StartsWith("g.toml:1:1: auth.issuers.name: is missing"),
                                   StartsWith("g.toml:1:1: auth.issuers.issuer: is missing"),
                                   StartsWith("g.toml:1:1: auth.issuers.audience: is missing")));
  EXPECT_THAT(faults_of("jwks_file = \"k\"\n[[auth.issuers]]\nname = \"a\"\nissuer = \"https://a\"\naudience = \"x\"\njwks_file = \"k\"\n"),
              ElementsAre("g.toml:7:8: auth.issuers.name: 'a' is another one's already",
                          "g.toml:8:10: auth.issuers.issuer: 'https://a' is another one's already"));
  read("[[auth.issuers]]\nname = \"a\"\nissuer = \"gatehouse\"\naudience = \"x\"\njwks_file = \"k\"\n");
  EXPECT_THAT(faults_, ElementsAre("g.toml:3:10: auth.issuers.issuer: 'gatehouse' is what our own tokens say"));
  read("[[auth.issuers]]\nname = \"a b\"\nissuer = \"c\"\naudience = \"x\"\njwks_file = \"k\"\n");
  EXPECT_THAT(faults_.front(), StartsWith("g.toml:2:8: auth.issuers.name: a name has"));
}

}  // namespace
}  // namespace gatehouse::app
