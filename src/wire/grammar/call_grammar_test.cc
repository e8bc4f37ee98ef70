#include "gatehouse/wire/grammar/call_grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::wire {
namespace {

using engine::CallForm;
using engine::Tool;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<Tool> two_tools{
    {"get_weather", "", R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]})", false}, {"now", "", "", false}};

TEST(CallGrammar, WritesEachToolWithItsArguments) {
  CallRules rules;
  rules.tools = two_tools;
  const std::string text = *call_grammar(rules);
  EXPECT_THAT(text, HasSubstr(R"("<tool_call>")"));
  EXPECT_THAT(text, HasSubstr(R"("</tool_call>")"));
  EXPECT_THAT(text, HasSubstr(R"("\"get_weather\"")"));
  EXPECT_THAT(text, HasSubstr(R"("\"city\"")"));
  EXPECT_THAT(text, HasSubstr(R"("\"now\"")"));
  EXPECT_THAT(text, HasSubstr("{0,31}"));
}

TEST(CallGrammar, OneCallIsOne) {
  CallRules rules;
  rules.tools = two_tools;
  rules.several = false;
  EXPECT_THAT(*call_grammar(rules), Not(HasSubstr("{0,31}")));
}

TEST(CallGrammar, ABareCallNamesParameters) {
  CallRules rules;
  rules.tools = two_tools;
  rules.form = CallForm::bare;
  EXPECT_THAT(*call_grammar(rules), HasSubstr(R"("{\"name\":")"));
  rules.begun = true;
  const std::string begun = *call_grammar(rules);
  EXPECT_THAT(begun, Not(HasSubstr(R"("{\"name\":")")));
  EXPECT_THAT(begun, HasSubstr(R"("\"parameters\"")"));
  EXPECT_EQ(call_beginning(CallForm::bare), R"({"name":)");
}

TEST(CallGrammar, AListOfCallsHasOneMark) {
  CallRules rules;
  rules.tools = two_tools;
  rules.form = CallForm::listed;
  const std::string whole = *call_grammar(rules);
  EXPECT_THAT(whole, HasSubstr(R"("[TOOL_CALLS]")"));
  EXPECT_THAT(whole, HasSubstr(R"("\"arguments\"")"));
  EXPECT_THAT(whole, HasSubstr("{0,31}"));
  rules.begun = true;
  EXPECT_THAT(*call_grammar(rules), Not(HasSubstr("TOOL_CALLS")));
  EXPECT_EQ(call_beginning(CallForm::listed), "[TOOL_CALLS]");
}

TEST(CallGrammar, ANamedCallIsTheNameAndItsArguments) {
  CallRules rules;
  rules.tools = two_tools;
  rules.form = CallForm::named;
  rules.begun = true;
  const std::string text = *call_grammar(rules);
  EXPECT_THAT(text, HasSubstr(R"("get_weather" "[ARGS]")"));
  EXPECT_THAT(text, HasSubstr(R"("[TOOL_CALLS]")")) << "before the next one";
  EXPECT_THAT(text, Not(HasSubstr(R"(\"name\")")));
  rules.several = false;
  EXPECT_THAT(*call_grammar(rules), Not(HasSubstr("{0,31}")));
}

TEST(CallGrammar, AnAnswerMayBeADocumentInstead) {
  CallRules rules;
  rules.tools = two_tools;
  rules.document = R"({"type":"object","properties":{"answer":{"type":"integer"}}})";
  EXPECT_THAT(*call_grammar(rules), HasSubstr(R"("\"answer\"")"));
}

// References lead into the schema of their own tool.
TEST(CallGrammar, EachSchemaIsItsOwnRoot) {
  const std::vector<Tool> tools{
      {"a", "", R"({"type":"object","properties":{"x":{"$ref":"#/$defs/d"}},"$defs":{"d":{"enum":["of a"]}}})", false},
      {"b", "", R"({"type":"object","properties":{"x":{"$ref":"#/$defs/d"}},"$defs":{"d":{"enum":["of b"]}}})", false}};
  CallRules rules;
  rules.tools = tools;
  const std::string text = *call_grammar(rules);
  EXPECT_THAT(text, HasSubstr("of a"));
  EXPECT_THAT(text, HasSubstr("of b"));
}

TEST(CallGrammar, RefusesWhatItCannotKeepToByTheToolsName) {
  std::vector<Tool> tools{{"f", "", R"({"type":"object","properties":{"x":{"pattern":"^a"}}})", false}};
  CallRules rules;
  rules.tools = tools;
  const auto refused = call_grammar(rules);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "schema_not_supported");
  EXPECT_EQ(refused.error().param(), "tools");
  EXPECT_THAT(refused.error().public_text(), HasSubstr("tool 'f'"));
  EXPECT_THAT(refused.error().public_text(), HasSubstr("'/properties/x'"));
  rules.lenient = true;
  EXPECT_TRUE(call_grammar(rules).ok()) << "any object will do";
  tools.front().strict = true;
  EXPECT_FALSE(call_grammar(rules).ok());
}

}  // namespace
}  // namespace gatehouse::wire
