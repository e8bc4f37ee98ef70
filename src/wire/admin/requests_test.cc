#include "gatehouse/wire/admin/requests.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

using ::testing::ElementsAre;

// The paths at fault, or nothing.
template <class Body>
std::vector<std::string> faults(Result<Body> (*read)(const JsonValue&), std::string_view json) {
  JsonParser parser;
  const Result<JsonValue> value = parser.parse(json);
  EXPECT_TRUE(value.ok()) << json;
  const Result<Body> body = read(*value);
  std::vector<std::string> paths;
  if (!body) {
    for (const FieldFault& fault : body.error().faults()) paths.push_back(fault.path);
  }
  return paths;
}

TEST(TenantBody, SaysOnlyWhatItSays) {
  JsonParser parser;
  const Result<TenantBody> body = read_tenant(*parser.parse(R"({"enabled":false,"models":[]})"));
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->enabled, false);
  EXPECT_EQ(body->models, std::vector<std::string>());
  EXPECT_EQ(body->tasks, std::nullopt);
  EXPECT_EQ(body->quota_per_day, std::nullopt);
}

TEST(TenantBody, KnowsNoFieldsOfOthers) {
  EXPECT_THAT(faults(&read_tenant, R"({"role":"admin","tenant_id":"x"})"), ElementsAre("/role", "/tenant_id"));
  EXPECT_THAT(faults(&read_new_tenant, R"({"quota":5})"), ElementsAre("/quota", "/tenant_id"));
  EXPECT_THAT(faults(&read_tenant, R"({"quota_per_day":-1})"), ElementsAre("/quota_per_day"));
}

TEST(NewKeyBody, NeedsATenantAndAName) {
  EXPECT_THAT(faults(&read_new_key, "{}"), ElementsAre("/tenant_id", "/name"));
  EXPECT_THAT(faults(&read_new_key, R"({"tenant_id":"a","name":"b","expires":null,"user_id":null})"), ElementsAre());
  EXPECT_THAT(faults(&read_new_key, R"({"tenant_id":"a","name":""})"), ElementsAre("/name"));
}

TEST(SigningRotationBody, MayBeEmpty) {
  EXPECT_THAT(faults(&read_signing_rotation, "{}"), ElementsAre());
  EXPECT_THAT(faults(&read_signing_rotation, R"({"algorithm":null,"overlap":"0s"})"), ElementsAre());
  EXPECT_THAT(faults(&read_signing_rotation, R"({"algorithm":1,"kid":"mine"})"), ElementsAre("/algorithm", "/kid"));
}

TEST(RevocationBody, NamesWhatItIsAboutInOneWay) {
  EXPECT_THAT(faults(&read_revocation, R"({"user_id":"a","issuer":"b"})"), ElementsAre());
  EXPECT_THAT(faults(&read_revocation, R"({"tenant_id":"a"})"), ElementsAre());
  EXPECT_THAT(faults(&read_revocation, R"({"tenant_id":"a","user_id":"b"})"), ElementsAre("/jti"));
  EXPECT_THAT(faults(&read_revocation, R"({"tenant_id":"a","issuer":"b"})"), ElementsAre("/issuer"));
  EXPECT_THAT(faults(&read_revocation, R"({"jti":"a","issuer":"b"})"), ElementsAre());
  EXPECT_THAT(faults(&read_revocation, R"({"jti":"a"})"), ElementsAre());
  EXPECT_THAT(faults(&read_revocation, R"({"token":"a"})"), ElementsAre());
  EXPECT_THAT(faults(&read_revocation, "{}"), ElementsAre("/jti"));
  EXPECT_THAT(faults(&read_revocation, R"({"jti":"a","token":"b"})"), ElementsAre("/jti"));
}

TEST(LoginBody, MeansAPasswordUnlessItSaysOtherwise) {
  JsonParser parser;
  const Result<LoginBody> body = read_login(*parser.parse(R"({"username":"a","password":"b"})"));
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->grant_type, "password");
  EXPECT_THAT(faults(&read_login, R"({"username":"a"})"), ElementsAre("/password"));
}

}  // namespace
}  // namespace gatehouse::wire
