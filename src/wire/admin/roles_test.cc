#include "gatehouse/wire/admin/roles.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

TEST(RoleBody, TellsNoCeilingFromNothingSaid) {
  JsonParser parser;
  const Result<RoleBody> body = read_role(*parser.parse(R"({"max_tokens":null,"temperature":0.5,"models":[]})"));
  ASSERT_TRUE(body.ok());
  EXPECT_TRUE(body->max_tokens.said);
  EXPECT_EQ(body->max_tokens.value, std::nullopt);
  EXPECT_TRUE(body->temperature.said);
  EXPECT_EQ(body->temperature.value, 0.5);
  EXPECT_FALSE(body->n.said);
  EXPECT_EQ(body->models, std::vector<std::string>());
  EXPECT_EQ(body->scopes, std::nullopt);
}

TEST(RoleBody, IsRefusedByTheFieldsThatAreWrong) {
  const auto faults = [](std::string_view json) {
    JsonParser parser;
    const Result<NewRoleBody> body = read_new_role(*parser.parse(json));
    std::vector<std::string> paths;
    if (!body) {
      for (const FieldFault& fault : body.error().faults()) paths.push_back(fault.path);
    }
    return paths;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(faults(R"({"name":"analyst","tenant_id":null,"n":1})"), ElementsAre());
  EXPECT_THAT(faults(R"({"max_tokens":0,"n":"2","temperature":2.5,"rates":[]})"),
              ElementsAre("/max_tokens", "/n", "/temperature", "/rates", "/name"));
  EXPECT_THAT(faults(R"({"name":"analyst","scopes":"llm","version":3})"), ElementsAre("/scopes", "/version"));
}

TEST(RoleBody, SaysInItsSchemaThatACeilingMayBeNull) {
  std::string text;
  JsonWriter json(text);
  role_body_schema(json);
  EXPECT_THAT(text, ::testing::HasSubstr(R"("max_tokens":{"type":["integer","null"])")) << text;
}

}  // namespace
}  // namespace gatehouse::wire
