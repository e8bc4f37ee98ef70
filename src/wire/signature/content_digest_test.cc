#include "gatehouse/wire/signature/content_digest.h"

#include <gtest/gtest.h>

#include "signature/test_request.h"

namespace gatehouse::wire {
namespace {

// RFC 9530, section 2: of {"hello": "world"} with a line's end behind it.
constexpr const char* published_sha256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
const std::string published_body = "{\"hello\": \"world\"}\n";

Result<ContentDigest> digest_of(const std::string& field) {
  TestRequest request;
  return ContentDigest::read(request.with("Content-Digest", field).head());
}

TEST(ContentDigest, HoldsTheBodiesOfTheStandards) {
  const Result<ContentDigest> sha256 = digest_of(published_sha256), sha512 = digest_of(TestRequest::sha512());
  ASSERT_TRUE(sha256.ok() && sha512.ok());
  EXPECT_TRUE(sha256->holds(published_body));
  EXPECT_FALSE(sha256->holds(TestRequest::body()));
  EXPECT_TRUE(sha512->holds(TestRequest::body()));
  EXPECT_FALSE(sha512->holds(published_body));
  EXPECT_FALSE(sha512->holds(""));
}

TEST(ContentDigest, MustBeRightInAllThatIsKnownOfIt) {
  const Result<ContentDigest> with_unknown = digest_of("md5=:AAAA:, " + TestRequest::sha512());
  ASSERT_TRUE(with_unknown.ok());
  EXPECT_TRUE(with_unknown->holds(TestRequest::body()));
  const Result<ContentDigest> one_wrong = digest_of(std::string(published_sha256) + ", " + TestRequest::sha512());
  ASSERT_TRUE(one_wrong.ok());
  EXPECT_FALSE(one_wrong->holds(TestRequest::body()));
  EXPECT_FALSE(one_wrong->holds(published_body));
}

TEST(ContentDigest, IsRefusedWhereItIsNone) {
  for (const char* field :
       {"", "md5=:AAAA:", "sha-256", "sha-256=1", "sha-256=:AAAA:", "sha-256=(:AAAA:)", "sha-256=:AAAA:,", "SHA-256=:AAAA:"}) {
    const Result<ContentDigest> read = digest_of(field);
    ASSERT_FALSE(read.ok()) << field;
    EXPECT_EQ(read.error().reason(), "digest_malformed");
  }
}

}  // namespace
}  // namespace gatehouse::wire
