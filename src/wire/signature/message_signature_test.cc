#include "gatehouse/wire/signature/message_signature.h"

#include <gmock/gmock.h>

#include "gatehouse/base/base64url.h"
#include "signature/test_request.h"

namespace gatehouse::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The public secret of RFC 9421, appendix B.1.5.
std::string published_secret() {
  return *from_base64url("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ");
}

std::string reason_of(const std::string& input, const std::string& signature = "sig1=:AAAA:") {
  TestRequest request;
  const Result<MessageSignature> read = read_message_signature(request.with("Signature-Input", input).with("Signature", signature).head());
  return read ? "ok" : std::string(read.error().reason());
}

// One that covers these, of the request of the standard.
Result<std::string> base_of(const std::string& covered, const std::string& origin = "https://Example.com:443") {
  TestRequest request;
  const RequestHead head = request.with("Signature-Input", "sig1=(" + covered + ")").with("Signature", "sig1=:AAAA:").head();
  const Result<MessageSignature> read = read_message_signature(head);
  EXPECT_TRUE(read.ok()) << covered;
  return signature_base(*read, head, origin);
}

TEST(MessageSignature, IsTheOneOfTheStandardsVector) {
  TestRequest request;
  const RequestHead head =
      request.with("Signature-Input", R"(sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret")")
          .with("Signature", "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:")
          .head();
  const Result<MessageSignature> signature = read_message_signature(head);
  ASSERT_TRUE(signature.ok());
  EXPECT_THAT(signature->components, ElementsAre("date", "@authority", "content-type"));
  EXPECT_EQ(signature->created, 1618884473);
  EXPECT_EQ(signature->key_id, "test-shared-secret");
  EXPECT_EQ(signature->expires, std::nullopt);
  const Result<std::string> base = signature_base(*signature, head, "http://example.com");
  ASSERT_TRUE(base.ok());
  EXPECT_EQ(*base,
            "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
            "\"@authority\": example.com\n"
            "\"content-type\": application/json\n"
            "\"@signature-params\": (\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"");
  EXPECT_TRUE(is_signed_by(published_secret(), *base, signature->signature));
  EXPECT_FALSE(is_signed_by(published_secret() + "x", *base, signature->signature));
  EXPECT_FALSE(is_signed_by(published_secret(), *base + " ", signature->signature));
  EXPECT_FALSE(is_signed_by(published_secret(), *base, signature->signature.substr(1)));
  EXPECT_FALSE(is_signed_by(published_secret(), *base, ""));
}

TEST(MessageSignature, CoversWhatTheClientSeesOfTheTarget) {
  const Result<std::string> base = base_of(R"("@method" "@target-uri" "@authority" "@scheme" "@request-target" "@path" "@query")");
  ASSERT_TRUE(base.ok());
  EXPECT_THAT(*base, HasSubstr("\"@method\": POST\n"
                               "\"@target-uri\": https://Example.com:443/foo?param=Value&Pet=dog\n"
                               "\"@authority\": example.com\n"
                               "\"@scheme\": https\n"
                               "\"@request-target\": /foo?param=Value&Pet=dog\n"
                               "\"@path\": /foo\n"
                               "\"@query\": ?param=Value&Pet=dog\n"));
}

TEST(MessageSignature, KnowsThePathThatAProxyTakesAway) {
  const Result<std::string> base = base_of(R"("@target-uri" "@path" "@authority")", "http://example.com:8443/llm");
  ASSERT_TRUE(base.ok());
  EXPECT_THAT(*base, HasSubstr("\"@target-uri\": http://example.com:8443/llm/foo?param=Value&Pet=dog\n"
                               "\"@path\": /llm/foo\n"
                               "\"@authority\": example.com:8443\n"));
}

TEST(MessageSignature, TakesFieldsOfSeveralLinesAsOne) {
  TestRequest request;
  const RequestHead head = request.with("X-Part", "  one\t")
                               .with("x-part", "two")
                               .with("Signature-Input", R"(a=("x-part"))")
                               .with("Signature", "a=:AAAA:")
                               .head();
  const Result<MessageSignature> read = read_message_signature(head);
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(*signature_base(*read, head, "http://h"), HasSubstr("\"x-part\": one, two\n"));
}

TEST(MessageSignature, IsOverItsParametersInOneSpelling) {
  TestRequest request;
  const RequestHead head =
      request.with("Signature-Input", R"(  a=(  "@method"   "date" ); created=0017;x;y=?0;  nonce="a\\b";d=1.500;t=to/ken;b=:AA:)")
          .with("Signature", "a=:AAAA:")
          .head();
  const Result<MessageSignature> read = read_message_signature(head);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->parameters, R"(("@method" "date");created=17;x;y=?0;nonce="a\\b";d=1.5;t=to/ken;b=:AA==:)");
  EXPECT_EQ(read->nonce, "a\\b");
}

TEST(MessageSignature, IsRefusedWhereItCoversWhatIsNotThere) {
  for (const char* covered : {R"("x-missing")", R"("@status")", R"("@query-param")", R"("@unknown")"}) {
    const Result<std::string> base = base_of(covered);
    ASSERT_FALSE(base.ok()) << covered;
    EXPECT_EQ(base.error().reason(), "signature_incomplete");
    EXPECT_THAT(base.error().public_text(), HasSubstr(covered));
  }
}

TEST(MessageSignature, IsRefusedWhereItIsMalformed) {
  EXPECT_EQ(reason_of(R"(sig1=("date"))"), "ok");
  EXPECT_EQ(reason_of("sig1=()"), "ok");
  for (const char* input : {"", "sig1", "sig1=1", "sig1=(date)", R"(sig1=("Date"))", R"(sig1=(""))", R"(sig1=("date" "date"))",
                            R"(sig1=("date";sf))", R"(sig1=("date")", R"(sig1=("date"),)", R"(sig1=("date"x))", R"(Sig1=("date"))",
                            R"(sig1=("date");created="1")", R"(sig1=("date");created=1.5)", R"(sig1=("date");nonce=1)",
                            R"(sig1=("date");keyid=token)", R"(sig1=("date");alg)", "sig1=(\"da\x01te\")"}) {
    EXPECT_EQ(reason_of(input), "signature_malformed") << input;
  }
  for (const char* signature : {"", "sig1", "sig1=1", "sig1=:AAA", "sig1=:A===:", "sig1=(:AAAA:)", "sig2=:AAAA:", "sig1=:A-_A:"}) {
    EXPECT_EQ(reason_of(R"(sig1=("date"))", signature), "signature_malformed") << signature;
  }
}

TEST(MessageSignature, StandsAlone) {
  EXPECT_EQ(reason_of(R"(sig1=("date"), sig2=("date"))", "sig1=:AAAA:, sig2=:AAAA:"), "ambiguous_credentials");
}

}  // namespace
}  // namespace gatehouse::wire
