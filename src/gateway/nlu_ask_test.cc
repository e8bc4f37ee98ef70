#include "nlu_ask.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "gatehouse/nlu/lexicon.h"

namespace gatehouse::gateway {
namespace {

wire::NluSchema schema_of(const std::string& name, const std::string& below) {
  wire::NluSchema schema;
  schema.keys.emplace_back().name = name;
  if (!below.empty()) schema.keys.back().below.emplace_back().name = below;
  return schema;
}

NluAsk an_ask() {
  NluAsk ask;
  ask.requests.push_back({.text = "谷爱凌在北京", .schema = schema_of("人物", "国籍")});
  return ask;
}

std::shared_ptr<const nlu::Lexicon> lexicon_of(std::string_view bytes) {
  return std::make_shared<const nlu::Lexicon>(nlu::Lexicon::read(bytes).value());
}

wire::DecisionQuestion choice(const std::string& value, const std::string& description) {
  wire::DecisionQuestion question;
  question.type = wire::DecisionKind::choice;
  question.instructions = "哪个？";
  question.choices.push_back({.value = {.text = value, .truth = std::nullopt}, .description = description});
  return question;
}

TEST(NluAsk, IsAnotherOneInAllThatAnAnswerDependsOn) {
  using Change = std::function<void(NluAsk&)>;
  const Change changes[] = {
      [](NluAsk&) {},
      [](NluAsk& ask) { ask.requests[0].text = "谷爱凌在上海"; },
      [](NluAsk& ask) { ask.requests[0].text = "谷爱凌在北京 "; },
      [](NluAsk& ask) { ask.requests[0].schema = schema_of("国籍", "人物"); },
      [](NluAsk& ask) { ask.requests[0].schema = schema_of("人物", ""); },
      [](NluAsk& ask) { ask.requests[0].schema.keys.emplace_back().name = "国籍"; },
      [](NluAsk& ask) { ask.requests[0].labels = {"是", "不是"}; },
      [](NluAsk& ask) { ask.requests[0].labels = {"不是", "是"}; },
      [](NluAsk& ask) { ask.requests[0].labels = {"是,不是"}; },
      [](NluAsk& ask) { ask.requests[0].decoding = nlu::Decoding::compat; },
      [](NluAsk& ask) { ask.requests[0].decoding = nlu::Decoding::multi; },
      [](NluAsk& ask) { ask.requests[0].unit = wire::OffsetUnit::byte; },
      [](NluAsk& ask) { ask.requests[0].lexicon = lexicon_of("飞鱼\t产品"); },
      [](NluAsk& ask) { ask.requests[0].lexicon = lexicon_of("飞鱼\t公司"); },
      [](NluAsk& ask) { ask.forms.form = wire::NluForm::grouped; },
      [](NluAsk& ask) { ask.forms.scores = wire::NluScores::left_out; },
      [](NluAsk& ask) { ask.requests.push_back(ask.requests.front()); },
      [](NluAsk& ask) { ask.questions = {choice("a", "")}; },
      [](NluAsk& ask) { ask.questions = {choice("a", "b")}; },
      [](NluAsk& ask) { ask.questions = {choice("a", ""), choice("a", "")}; },
      [](NluAsk& ask) { ask.questions = {choice("", "")}, ask.questions[0].choices[0].value.truth = true; },
      [](NluAsk& ask) { ask.questions = {choice("", "")}, ask.questions[0].choices[0].value.truth = false; },
      [](NluAsk& ask) { ask.questions = {choice("a", "")}, ask.questions[0].name = "哪个？"; },
      [](NluAsk& ask) { ask.questions = {choice("a", "")}, ask.questions[0].levels.push_back({"a"}); },
  };
  std::vector<std::string> all;
  for (const Change& change : changes) {
    NluAsk ask = an_ask();
    change(ask);
    all.push_back(all_that_is_asked(Action::nlu_extract, ask, "ner"));
    EXPECT_EQ(all.back(), all_that_is_asked(Action::nlu_extract, ask, "ner")) << "the same twice";
  }
  all.push_back(all_that_is_asked(Action::nlu_predict, an_ask(), "ner"));
  all.push_back(all_that_is_asked(Action::nlu_extract, an_ask(), "re"));
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end()) << *std::ranges::adjacent_find(all);
}

}  // namespace
}  // namespace gatehouse::gateway
