#include "gatehouse/wire/nlu/decisions.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

Result<DecisionsRequest> decisions_from(std::string_view json) {
  JsonParser parser;
  return read_decisions_request(parser.parse(json).value());
}

std::string faults_of_decisions(std::string_view json) {
  const Result<DecisionsRequest> request = decisions_from(json);
  if (request) return "none";
  std::string out;
  for (const FieldFault& fault : request.error().faults()) out.append(out.empty() ? "" : " ").append(fault.path);
  return out;
}

constexpr std::string_view three_questions = R"j({"model":"m","input":"房间很好","questions":[
    {"type":"predicate","name":"spam","instructions":"这是广告吗？"},
    {"type":"choice","instructions":"分类","choices":[{"value":"a","description":"体育"},{"value":true},{"value":"文化"}]},
    {"type":"score","name":"tone","instructions":"语气","levels":[{"label":"差"},{"label":"中"},{"label":"好"}]}]})j";

TEST(Decisions, AreReadWithWhatTheModelIsToReadOfThem) {
  const Result<DecisionsRequest> request = decisions_from(three_questions);
  ASSERT_TRUE(request.ok()) << request.error().describe();
  ASSERT_EQ(request->questions.size(), 3);
  EXPECT_EQ(request->input.text, "房间很好");
  EXPECT_THAT(labels_of(request->questions[0]), testing::ElementsAre("是的", "不是"));
  EXPECT_THAT(labels_of(request->questions[1]), testing::ElementsAre("体育", "是的", "文化"));
  EXPECT_THAT(labels_of(request->questions[2]), testing::ElementsAre("差", "中", "好"));
}

TEST(Decisions, AreAboutMessagesToo) {
  const Result<DecisionsRequest> request = decisions_from(
      R"j({"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},
          {"role":"user","content":"c"}],"questions":[{"type":"predicate","instructions":"x"}]})j");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->input.text, "a\nb\nc");
}

TEST(Decisions, NameWhatIsWrongWithThem) {
  EXPECT_EQ(faults_of_decisions("{}"), "/input /questions");
  EXPECT_EQ(faults_of_decisions(R"j({"input":"","questions":[]})j"), "/input /questions");
  EXPECT_EQ(
      faults_of_decisions(
          R"j({"input":"a","questions":[{"type":"choice","instructions":"x"},{"type":"score","instructions":"x","levels":[{"label":"a"}]},
      {"type":"predicate","instructions":"x","levels":[{"label":"a"},{"label":"b"}]},{"type":"rank","instructions":""}]})j"),
      "/questions/0/choices /questions/1/levels /questions/2/levels /questions/3/type /questions/3/instructions");
  EXPECT_EQ(faults_of_decisions(
                R"j({"input":"a","questions":[{"type":"choice","instructions":"x","choices":[{"value":1},{"value":""}]}],"stream":true})j"),
            "/questions/0/choices/0/value /questions/0/choices/1/value /stream");
  EXPECT_EQ(
      faults_of_decisions(
          R"j({"input":[{"role":"user","content":[{"type":"input_image"}]}],"questions":[{"type":"predicate","instructions":"x"}]})j"),
      "/input/0/content/0/type /input/0/content/0/text");
}

TEST(Decisions, AreAnsweredInTheirOwnForms) {
  const Result<DecisionsRequest> request = decisions_from(three_questions);
  std::string out;
  const std::vector<std::vector<double>> chances = {{0.75, 0.25}, {0.25, 0.5, 0.25}, {0, 0.5, 0.5}};
  write_decisions_reply(out, "m", request->questions, chances, 41);
  EXPECT_EQ(
      out,
      R"j({"model":"m","answers":[{"type":"predicate","name":"spam","probability":0.75},)j"
      R"j({"type":"choice","name":null,"choice":true,"probabilities":[{"value":"a","probability":0.25},{"value":true,"probability":0.5},)j"
      R"j({"value":"文化","probability":0.25}],"confidence":0.5},)j"
      R"j({"type":"score","name":"tone","score":1.5,"probabilities":[{"value":0,"label":"差","probability":0},)j"
      R"j({"value":1,"label":"中","probability":0.5},{"value":2,"label":"好","probability":0.5}],"confidence":0.5}],)j"
      R"j("usage":{"input_tokens":41,"input_tokens_details":{"cached_tokens":0},"output_tokens":0,"total_tokens":41}})j");
}

TEST(Decisions, ThatCannotBeMadeAreRefusals) {
  const Result<DecisionsRequest> request = decisions_from(R"j({"input":"a","questions":[{"type":"predicate","instructions":"x"}]})j");
  std::string out;
  const std::vector<std::vector<double>> none(1);
  write_decisions_reply(out, "m", request->questions, none, 0);
  EXPECT_THAT(out, testing::HasSubstr(R"j("answers":[{"type":"refusal","name":null}])j"));
}

}  // namespace
}  // namespace gatehouse::wire
