#include "gatehouse/wire/admin/budgets.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

TEST(BudgetBody, HasItsAmountInTheDigitsThatWereWritten) {
  for (const char* digits : {"7", "12.5", "0.000000001", "1000000000000000000", "123456.123456789"}) {
    JsonParser parser;
    const Result<BudgetBody> body = read_budget(*parser.parse(R"({"amount":)" + std::string(digits) + "}"));
    ASSERT_TRUE(body.ok()) << digits;
    EXPECT_EQ(body->amount->text, digits);
  }
  JsonParser parser;
  EXPECT_EQ(read_budget(*parser.parse(R"({"amount":1e-9})"))->amount->text, "0.000000001");
  EXPECT_EQ(read_budget(*parser.parse(R"({"amount":3.0})"))->amount->text, "3");
  EXPECT_FALSE(read_budget(*parser.parse("{}"))->amount.has_value());
}

TEST(BudgetBody, IsRefusedByTheFieldsThatAreWrong) {
  const auto faults = [](std::string_view json) {
    JsonParser parser;
    const Result<NewBudgetBody> body = read_new_budget(*parser.parse(json));
    std::vector<std::string> paths;
    if (!body) {
      for (const FieldFault& fault : body.error().faults()) paths.push_back(fault.path);
    }
    return paths;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(faults(R"({"user_id":null,"unit":"money","amount":0.5,"period":"total"})"), ElementsAre());
  EXPECT_THAT(faults(R"({"unit":"calls","amount":0,"period":"year","alert":1})"), ElementsAre("/unit", "/amount", "/period", "/alert"));
  EXPECT_THAT(faults(R"({"amount":2e18})"), ElementsAre("/amount", "/unit", "/period"));
  EXPECT_THAT(faults(R"({"user_id":"u","key_id":"k","unit":"tokens","amount":1,"period":"day"})"), ElementsAre("/key_id"));
}

TEST(BudgetBody, SaysInItsSchemaThatTokensAreWhole) {
  std::string text;
  JsonWriter json(text);
  new_budget_schema(json);
  EXPECT_THAT(text, ::testing::HasSubstr(R"("exclusiveMinimum":0)")) << text;
  EXPECT_THAT(text, ::testing::HasSubstr(R"("then":{"properties":{"amount":{"type":"integer"}}})"));
}

}  // namespace
}  // namespace gatehouse::wire
