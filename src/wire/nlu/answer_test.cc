#include "gatehouse/wire/nlu/answer.h"

#include <gtest/gtest.h>

namespace gatehouse::wire {
namespace {

std::string written(const std::vector<NluPath>& paths, NluForm form, NluScores scores = NluScores::shown) {
  std::string out;
  JsonWriter json(out);
  write_nlu_output(json, paths, form, scores);
  return out;
}

NluStep person() { return {.type = "人物", .span = "谷爱凌", .offset = NluOffset{3, 6}, .score = 0.5}; }
NluStep country() { return {.type = "国籍", .span = "中国", .offset = NluOffset{1, 3}, .score = 0.25}; }
NluStep game() { return {.type = "赛事", .span = "奥运", .offset = NluOffset{8, 10}, .score = 0.75}; }
NluStep label() { return {.type = "情感分类", .span = "正向", .offset = std::nullopt, .score = 1}; }

std::vector<NluPath> sample() { return {{person(), country()}, {person(), game()}, {country()}, {label()}}; }

TEST(NluOutput, HasFourForms) {
  EXPECT_EQ(written(sample(), NluForm::paths),
            R"([[{"type":"人物","span":"谷爱凌","offset":[3,6],"score":0.5},{"type":"国籍","span":"中国","offset":[1,3],"score":0.25}],)"
            R"([{"type":"人物","span":"谷爱凌","offset":[3,6],"score":0.5},{"type":"赛事","span":"奥运","offset":[8,10],"score":0.75}],)"
            R"([{"type":"国籍","span":"中国","offset":[1,3],"score":0.25}],[{"type":"情感分类","span":"正向","offset":null,"score":1}]])");
  EXPECT_EQ(
      written(sample(), NluForm::grouped),
      R"({"人物":[{"text":"谷爱凌","start":3,"end":6,"probability":0.5,"relations":)"
      R"({"国籍":[{"text":"中国","start":1,"end":3,"probability":0.25}],"赛事":[{"text":"奥运","start":8,"end":10,"probability":0.75}]}}],)"
      R"("国籍":[{"text":"中国","start":1,"end":3,"probability":0.25}],)"
      R"("情感分类":[{"text":"正向","start":null,"end":null,"probability":1}]})");
  EXPECT_EQ(written(sample(), NluForm::tree), R"([{"type":"人物","span":"谷爱凌","offset":[3,6],"score":0.5,"children":)"
                                              R"([{"type":"国籍","span":"中国","offset":[1,3],"score":0.25,"children":[]},)"
                                              R"({"type":"赛事","span":"奥运","offset":[8,10],"score":0.75,"children":[]}]},)"
                                              R"({"type":"国籍","span":"中国","offset":[1,3],"score":0.25,"children":[]},)"
                                              R"({"type":"情感分类","span":"正向","offset":null,"score":1,"children":[]}])");
  EXPECT_EQ(written(sample(), NluForm::flat),
            R"([{"type":"人物","span":"谷爱凌","offset":[3,6],"score":0.5},{"type":"国籍","span":"中国","offset":[1,3],"score":0.25},)"
            R"({"type":"赛事","span":"奥运","offset":[8,10],"score":0.75},{"type":"情感分类","span":"正向","offset":null,"score":1}])");
}

TEST(NluOutput, LeavesScoresOut) {
  EXPECT_EQ(written({{label()}}, NluForm::paths, NluScores::left_out), R"([[{"type":"情感分类","span":"正向","offset":null}]])");
  EXPECT_EQ(written({{country()}}, NluForm::grouped, NluScores::left_out), R"({"国籍":[{"text":"中国","start":1,"end":3}]})");
}

TEST(NluOutput, TellsWhatTheLexiconFound) {
  NluStep known = country();
  known.source = NluSource::lexicon;
  EXPECT_EQ(written({{known}}, NluForm::flat, NluScores::left_out), R"([{"type":"国籍","span":"中国","offset":[1,3],"source":"lexicon"}])");
  EXPECT_EQ(written({{known}}, NluForm::grouped), R"({"国籍":[{"text":"中国","start":1,"end":3,"probability":0.25,"source":"lexicon"}]})");
}

TEST(NluOutput, OfNothingIsEmpty) {
  EXPECT_EQ(written({}, NluForm::paths), "[]");
  EXPECT_EQ(written({}, NluForm::grouped), "{}");
  EXPECT_EQ(written({}, NluForm::tree), "[]");
  EXPECT_EQ(written({}, NluForm::flat), "[]");
}

// The same words at two places are two finds; at one place, under two parents, they are one below each.
TEST(NluOutput, PutsTogetherWhatStandsAtOnePlaceAlone) {
  NluStep later = country();
  later.offset = NluOffset{20, 22};
  EXPECT_EQ(written({{country()}, {later}}, NluForm::tree, NluScores::left_out),
            R"([{"type":"国籍","span":"中国","offset":[1,3],"children":[]},{"type":"国籍","span":"中国","offset":[20,22],"children":[]}])");
  EXPECT_EQ(
      written({{person(), country()}, {game(), country()}}, NluForm::flat, NluScores::left_out),
      R"([{"type":"人物","span":"谷爱凌","offset":[3,6]},{"type":"国籍","span":"中国","offset":[1,3]},{"type":"赛事","span":"奥运","offset":[8,10]}])");
  EXPECT_EQ(written({{person()}, {person(), country()}}, NluForm::grouped, NluScores::left_out),
            R"({"人物":[{"text":"谷爱凌","start":3,"end":6,"relations":{"国籍":[{"text":"中国","start":1,"end":3}]}}]})");
}

}  // namespace
}  // namespace gatehouse::wire
