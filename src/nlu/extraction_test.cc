#include "gatehouse/nlu/extraction.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"
#include "test_oracle.h"
#include "test_vocabulary.h"

namespace gatehouse::nlu {
namespace {

using testing::ElementsAre;

const Model& model() {
  static const Model one = test_model();
  return one;
}

wire::NluSchema schema(std::string_view json) {
  wire::JsonParser parser;
  return wire::read_nlu_schema(*parser.parse(json)).value();
}

Request request(std::string text, std::string_view json) { return {.text = std::move(text), .schema = schema(json)}; }

// "人物 谷爱凌 [0,3] > 国籍 …", one line a path.
std::string lines(const Result<std::vector<wire::NluPath>>& paths) {
  if (!paths) return std::string(paths.error().reason());
  std::string out;
  for (const wire::NluPath& path : *paths) {
    for (const wire::NluStep& step : path) {
      out.append(&step == &path.front() ? (out.empty() ? "" : "\n") : " > ").append(step.type).append(" ").append(step.span);
      if (step.offset) out.append(" [" + std::to_string(step.offset->start) + "," + std::to_string(step.offset->end) + "]");
    }
  }
  return out;
}

std::string extracted(Oracle& oracle, Request asked, const Model& with = model()) {
  Result<Extraction> extraction = Extraction::begin(with, std::move(asked));
  return extraction ? lines(oracle.run(*extraction)) : std::string(extraction.error().reason());
}

TEST(Extraction, FindsWhatTheSchemaNames) {
  Oracle oracle(model());
  oracle.answers("人物: ", {"谷爱凌"}).answers("地: ", {"北京", "日本"});
  EXPECT_EQ(extracted(oracle, request("谷爱凌在北京夺得金牌", R"({"地":null,"时间":null,"人物":null})")),
            "地 北京 [4,6]\n人物 谷爱凌 [0,3]");
  EXPECT_EQ(oracle.steps, 1);
}

TEST(Extraction, GoesOnBelowEachFindDepthFirst) {
  Oracle oracle(model());
  oracle.answers("人: ", {"谷爱凌", "今天"}).answers("人: 谷爱凌, 地: ", {"北京"}).answers("人: 谷爱凌, 牌: ", {"金牌"});
  oracle.answers("人: 谷爱凌, 地: 北京, 国: ", {"日本", "大学"}).answers("人: 今天, 牌: ", {"金牌"});
  const char* text = "谷爱凌今天在北京金牌日本大学";
  constexpr std::string_view json = R"({"人":{"地":{"国":null},"牌":null}})";
  EXPECT_EQ(extracted(oracle, request(text, json)),
            "人 谷爱凌 [0,3] > 地 北京 [6,8] > 国 日本 [10,12]\n"
            "人 谷爱凌 [0,3] > 地 北京 [6,8] > 国 大学 [12,14]\n"
            "人 谷爱凌 [0,3] > 牌 金牌 [8,10]\n"
            "人 今天 [3,5] > 牌 金牌 [8,10]");
  EXPECT_EQ(oracle.steps, 3);
  Request every = request(text, R"({"人":{"地":null}})");
  every.answers = Answers::every_step;
  EXPECT_EQ(extracted(oracle, every), "人 谷爱凌 [0,3]\n人 谷爱凌 [0,3] > 地 北京 [6,8]\n人 今天 [3,5]");
}

TEST(Extraction, ComputesOnceWhatIsAskedTwice) {
  Oracle oracle(model());
  oracle.answers("人: ", {"谷爱凌"}).answers("人: 谷爱凌, 地: ", {"北京"});
  Extraction extraction = Extraction::begin(model(), request("谷爱凌谷爱凌在北京", R"({"人":{"地":null}})")).value();
  EXPECT_THAT(extraction.slots(), ElementsAre(Slot{0, 1}));
  EXPECT_EQ(extraction.rows().size(), 2);
  EXPECT_EQ(extraction.fresh_rows(), 0);
  ASSERT_TRUE(extraction.take(oracle.compute(extraction)).ok());
  EXPECT_THAT(extraction.slots(), ElementsAre(Slot{0, 2})) << "one for both places, and the text is read no more";
  EXPECT_EQ(extraction.fresh_rows(), 2);
  EXPECT_EQ(lines(oracle.run(extraction)), "人 谷爱凌 [0,3] > 地 北京 [7,9]\n人 谷爱凌 [3,6] > 地 北京 [7,9]");
  std::vector<std::size_t> tokens;
  for (const Row& row : extraction.rows()) tokens.push_back(row.ids.size());
  EXPECT_THAT(tokens, ElementsAre(11, 4, 10)) << "the text and two prompts";
}

TEST(Extraction, SaysWhatRowsTheModelReads) {
  const Extraction fixed = Extraction::begin(model(), request("北京", R"({"地":null})")).value();
  EXPECT_EQ(fixed.rows()[0], (Row{Row::Kind::text, 0, model().tokenizer.encode("北京").ids}));
  EXPECT_EQ(fixed.rows()[1], (Row{Row::Kind::prompt, 384, model().tokenizer.encode("地: ").ids}));
  Recipe recipe;
  recipe.prompt_base = std::nullopt;
  const Model behind = test_model(recipe);
  EXPECT_EQ(Extraction::begin(behind, request("北京", R"({"地":null})")).value().rows()[1].first_position, 4);
}

// ---- Labels ----

TEST(Extraction, ChoosesALabelInFrontOfTheText) {
  Oracle oracle(model());
  oracle.answers("分类: ", {"大学"});
  EXPECT_EQ(extracted(oracle, request("公司,大学|在北京大学", R"({"分类":null})")), "分类 大学 [3,5]");
  EXPECT_EQ(extracted(oracle, request("公司，大学｜在北京", R"({"分类":null})")), "分类 大学 [3,5]");
  Oracle silent(model());
  EXPECT_EQ(extracted(silent, request("公司,大学|在北京", R"({"分类":null})")), "分类 公司 [0,2]")
      << "one wins, however little it is worth";
}

TEST(Extraction, ChoosesALabelThatTheRequestBrings) {
  Oracle oracle(model());
  oracle.answers("分类: ", {"大学"});
  Request asked = request("在北京", R"({"分类":null})");
  asked.labels = {"公司", "大学"};
  EXPECT_EQ(extracted(oracle, asked), "分类 大学");
  asked.labels = {"公司"};
  EXPECT_EQ(extracted(oracle, asked), "invalid_value");
}

TEST(Extraction, KnowsTheLabelsOfSentiment) {
  Oracle oracle(model());
  oracle.answers("情感分类: ", {"正向"}).answers("人物: ", {"今天"});
  EXPECT_EQ(extracted(oracle, request("今天天气真好", R"({"情感分类":null})")), "情感分类 正向");
  EXPECT_EQ(extracted(oracle, request("今天天气真好", R"({"人物":null,"情感分类":null})")), "人物 今天 [0,2]\n情感分类 正向");
  EXPECT_EQ(extracted(oracle, request("很好,正向|今天", R"({"情感分类":null})")), "情感分类 正向 [3,5]");
}

TEST(Extraction, MayFindLabelsAsSpans) {
  Oracle oracle(model());
  oracle.answers("分类: ", {"大学", "公司"}).answers("情感分类: ", {"今天", "负向", "真好"});
  Request asked = request("公司,大学|在北京大学", R"({"分类":null})");
  asked.decoding = Decoding::compat;
  EXPECT_EQ(extracted(oracle, asked), "分类 公司 [0,2]\n分类 大学 [3,5]\n分类 大学 [9,11]");
  Request sentiment = request("今天真好", R"({"情感分类":null})");
  sentiment.decoding = Decoding::compat;
  EXPECT_EQ(extracted(oracle, sentiment), "情感分类 负向\n情感分类 今天 [0,2]\n情感分类 真好 [2,4]");
}

TEST(Extraction, MayChooseSeveralLabels) {
  Oracle oracle(model());
  oracle.answers("分类: ", {"大学", "公司"});
  Request asked = request("公司,今天,大学|在北京大学", R"({"分类":null})");
  asked.decoding = Decoding::multi;
  EXPECT_EQ(extracted(oracle, asked), "分类 公司 [0,2]\n分类 大学 [6,8]") << "labels alone, in their order";
  Request brought = request("在北京大学", R"({"分类":null,"地":null})");
  brought.decoding = Decoding::multi;
  brought.labels = {"大学", "新"};
  EXPECT_EQ(extracted(oracle, brought), "分类 大学\n地 大学") << "where the model points at none, the best one";
  Request found = request("在北京大学", R"({"分类":null})");
  found.decoding = Decoding::multi;
  EXPECT_EQ(extracted(oracle, found), "分类 大学 [3,5]") << "without labels it is a search";
}

TEST(Extraction, RepeatsLabelsInEveryWindow) {
  Recipe recipe;
  recipe.window = {.size = 20, .stride = 16};
  const Model small = test_model(recipe);
  std::string text = "公司,大学|";
  for (int i = 0; i < 20; ++i) text += "北京";
  Extraction extraction = Extraction::begin(small, request(text, R"({"分类":null})")).value();
  // 7 tokens in front, 12 of the text in each window, 4 of them shared: 40 = 12 + 3 * 8 + 4.
  ASSERT_EQ(extraction.slots().size(), 5);
  for (const Slot& slot : extraction.slots()) {
    const std::vector<TokenId>& ids = extraction.rows()[slot.text].ids;
    EXPECT_TRUE(std::equal(ids.begin(), ids.begin() + 7, small.tokenizer.encode(text).ids.begin()));
    EXPECT_EQ(ids.back(), small.tokenizer.vocabulary().end());
    EXPECT_LE(ids.size(), 20);
  }
  Oracle oracle(small);
  oracle.answers("分类: ", {"大学"});
  EXPECT_EQ(lines(oracle.run(extraction)), "分类 大学 [3,5]");
  EXPECT_EQ(extraction.rows().size(), 3) << "all windows but the last hold the same";
  Request crowded = request(text, R"({"分类":null})");
  crowded.labels.assign(9, "公司");
  EXPECT_EQ(extracted(oracle, crowded, small), "nlu_too_much");
}

// ---- Names that the tenant knows ----

TEST(Extraction, FindsTheNamesOfALexicon) {
  Oracle oracle(model());
  oracle.answers("人: ", {"谷", "今天"}).answers("人: 谷爱凌, 地: ", {"北京"});
  Request asked = request("谷爱凌今天在北京", R"({"人":{"地":null},"产品":null})");
  asked.lexicon = std::make_shared<Lexicon>(Lexicon::read("谷爱凌\t人\n今天\t人\n在北\t地\n北京\t产品").value());
  Extraction extraction = Extraction::begin(model(), asked).value();
  const Result<std::vector<wire::NluPath>> paths = oracle.run(extraction);
  EXPECT_EQ(lines(paths), "人 谷爱凌 [0,3] > 地 北京 [6,8]\n产品 北京 [6,8]") << "and none of them below the root";
  EXPECT_EQ(paths->front().front().source, wire::NluSource::lexicon);
  EXPECT_EQ(paths->front().back().source, wire::NluSource::model);
  asked.schema = schema(R"({"人":null})");
  EXPECT_EQ(extracted(oracle, asked), "人 谷爱凌 [0,3]\n人 今天 [3,5]") << "each name once";
}

// ---- Long texts and units ----

TEST(Extraction, FindsAcrossWindows) {
  Recipe recipe;
  recipe.window = {.size = 8, .stride = 6};
  const Model small = test_model(recipe);
  Oracle oracle(small);
  oracle.answers("人: ", {"谷爱凌"});
  for (int before = 0; before < 20; ++before) {
    std::string text;
    for (int i = 0; i < before; ++i) text += "是";
    text += "谷爱凌是是";
    Extraction extraction = Extraction::begin(small, request(text, R"({"人":null})")).value();
    EXPECT_EQ(lines(oracle.run(extraction)), "人 谷爱凌 [" + std::to_string(before) + "," + std::to_string(before + 3) + "]");
  }
}

TEST(Extraction, CountsInTheUnitOfTheCaller) {
  Oracle oracle(model());
  oracle.answers("人: ", {"谷爱凌"});
  Request asked = request("😀谷爱凌", R"({"人":null})");
  EXPECT_EQ(extracted(oracle, asked), "人 谷爱凌 [1,4]");
  asked.unit = wire::OffsetUnit::utf16;
  EXPECT_EQ(extracted(oracle, asked), "人 谷爱凌 [2,5]");
  asked.unit = wire::OffsetUnit::byte;
  EXPECT_EQ(extracted(oracle, asked), "人 谷爱凌 [4,13]");
}

}  // namespace
}  // namespace gatehouse::nlu
