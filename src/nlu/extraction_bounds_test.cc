#include <gmock/gmock.h>

#include <cmath>

#include "gatehouse/base/random.h"
#include "gatehouse/nlu/extraction.h"
#include "gatehouse/wire/json/utf8.h"
#include "test_oracle.h"
#include "test_vocabulary.h"

namespace gatehouse::nlu {
namespace {

const Model& bounded_model() {
  static const Model one = test_model();
  return one;
}

wire::NluKey key(std::string name, std::vector<wire::NluKey> below = {}) { return {.name = std::move(name), .below = std::move(below)}; }

std::string refusal(Request asked, Limits limits = {}) {
  Oracle oracle(bounded_model());
  oracle.answers("人: ", {"是"}).answers("人: 是, 地: ", {"北京"});
  Result<Extraction> extraction = Extraction::begin(bounded_model(), std::move(asked), limits);
  if (!extraction) return std::string(extraction.error().reason());
  const Result<std::vector<wire::NluPath>> paths = oracle.run(*extraction);
  return paths ? "none" : std::string(paths.error().reason());
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(ExtractionBounds, AreTheTextsLength) {
  const auto sized = [](std::size_t length) { return Request{.text = repeated("谷", length), .schema = {{key("人")}}}; };
  EXPECT_EQ(refusal(sized(0)), "text_empty");
  EXPECT_EQ(refusal(sized(20000)), "none");
  EXPECT_EQ(refusal(sized(20001)), "text_too_long");
}

TEST(ExtractionBounds, AreWhatASchemaMakesOfAText) {
  const Request asked{.text = repeated("是", 30) + "北京", .schema = {{key("人", {key("地")})}}};
  EXPECT_EQ(refusal(asked), "none");
  EXPECT_EQ(refusal(asked, {.slots = 2}), "none");
  EXPECT_EQ(refusal(asked, {.slots = 1}), "nlu_too_much");
  EXPECT_EQ(refusal(asked, {.asked = 31}), "none");
  EXPECT_EQ(refusal(asked, {.asked = 30}), "nlu_too_much");
  EXPECT_EQ(refusal(asked, {.found = 60}), "none");
  EXPECT_EQ(refusal(asked, {.found = 59}), "nlu_too_much");
  EXPECT_EQ(refusal(asked, {.answer_bytes = 1000}), "nlu_too_much");
}

TEST(ExtractionBounds, AreHowManyStretchesLabelsMake) {
  // 350 tokens of labels leave 33 of 384, and each stretch goes one further than the one before.
  const auto labelled = [](std::size_t body) {
    return Request{.text = repeated("谷", 346) + ",是|" + repeated("京", body), .schema = {{key("分类")}}};
  };
  EXPECT_EQ(refusal(labelled(50)), "none");
  EXPECT_EQ(refusal(labelled(2000)), "nlu_too_much");
}

TEST(ExtractionBounds, AreTheLogitsShape) {
  const auto take = [](std::size_t slots, std::size_t tokens, float value) {
    Extraction extraction = Extraction::begin(bounded_model(), {.text = "谷爱凌", .schema = {{key("人")}}}).value();
    const std::vector<float> values(tokens, value);
    const Status taken = extraction.take(std::vector<Logits>(slots, Logits{values, values}));
    return taken ? "none" : std::string(taken.error().reason());
  };
  EXPECT_EQ(take(1, 5, -1), "none");
  EXPECT_EQ(take(0, 5, -1), "nlu_logits_invalid");
  EXPECT_EQ(take(2, 5, -1), "nlu_logits_invalid");
  EXPECT_EQ(take(1, 4, -1), "nlu_logits_invalid");
  EXPECT_EQ(take(1, 5, std::nanf("")), "nlu_logits_invalid");
  EXPECT_EQ(take(1, 5, INFINITY), "nlu_logits_invalid");
}

// ---- Whatever the model says ----

std::vector<wire::NluKey> random_keys(SeededRandom& random, std::size_t level) {
  const std::string names[] = {"人物", "地理位置", "情感分类", "他在哪里？", "价格(产品)"};
  std::vector<wire::NluKey> keys;
  for (const std::string& name : names) {
    if (random.next_u64() % 2 == 0) continue;
    keys.push_back(key(name, level < 3 && random.next_u64() % 3 == 0 ? random_keys(random, level + 1) : std::vector<wire::NluKey>{}));
  }
  if (keys.empty() && level == 1) keys.push_back(key("人"));
  return keys;
}

Request random_request(SeededRandom& random) {
  const std::string pieces[] = {"谷爱凌", "在", "北京", "apple", " ", "😀", "é", ",", "，", "|", "｜", "\n", "\xFF", "[CLS]", "新"};
  Request asked{.text = random.next_u64() % 3 == 0 ? "好,不好|" : "", .schema = {random_keys(random, 1)}};
  for (std::uint64_t n = 1 + random.next_u64() % 80; n > 0; --n) asked.text += pieces[random.next_u64() % std::size(pieces)];
  if (random.next_u64() % 4 == 0) asked.labels = {"正向", "负向", " "};
  asked.decoding = static_cast<Decoding>(random.next_u64() % 3);
  if (random.next_u64() % 3 == 0) asked.answers = Answers::every_step;
  asked.unit = static_cast<wire::OffsetUnit>(random.next_u64() % 3);
  return asked;
}

// Every path is one of the schema's; every span with an offset stands there in the text that was sent.
void expect_sound(const Request& asked, const std::vector<wire::NluPath>& paths) {
  for (const wire::NluPath& path : paths) {
    const std::vector<wire::NluKey>* keys = &asked.schema.keys;
    for (const wire::NluStep& step : path) {
      const auto found = std::ranges::find(*keys, step.type, &wire::NluKey::name);
      ASSERT_NE(found, keys->end());
      keys = &found->below;
      EXPECT_TRUE(step.score >= 0 && step.score <= 1);
      if (step.offset && asked.unit == wire::OffsetUnit::byte) {
        EXPECT_EQ(asked.text.substr(step.offset->start, step.offset->end - step.offset->start), step.span);
      }
      if (step.offset && asked.unit == wire::OffsetUnit::codepoint) {
        EXPECT_EQ(Text(asked.text).slice({step.offset->start, step.offset->end}), step.span);
      }
    }
    EXPECT_TRUE(keys->empty() || asked.answers == Answers::every_step);
  }
}

TEST(ExtractionBounds, HoldWhateverTheModelSays) {
  SeededRandom random(20261127);
  Recipe recipe;
  recipe.window = {.size = 24, .stride = 20};
  recipe.longest_prompt = 16;
  const Model small = test_model(recipe);
  std::size_t answered = 0;
  for (int round = 0; round < 200; ++round) {
    const Request asked = random_request(random);
    Result<Extraction> extraction = Extraction::begin(small, asked, {.slots = 200, .asked = 300, .found = 300});
    if (!extraction) {
      EXPECT_EQ(extraction.error().reason(), "nlu_too_much") << "labels that fill a window";
      continue;
    }
    const float bias = static_cast<float>(random.next_u64() % 3) * -3;
    Status taken = ok();
    while (taken && !extraction->done()) {
      std::vector<std::vector<float>> values;
      for (const Slot& slot : extraction->slots()) {
        for (int side = 0; side < 2; ++side) {
          std::vector<float>& row = values.emplace_back(extraction->rows()[slot.text].ids.size());
          for (float& value : row) value = bias + static_cast<float>(random.next_u64() % 2001) / 200 - 5;
        }
      }
      std::vector<Logits> logits;
      for (std::size_t i = 0; i < values.size(); i += 2) logits.push_back({values[i], values[i + 1]});
      taken = extraction->take(logits);
    }
    if (!taken) {
      EXPECT_EQ(taken.error().reason(), "nlu_too_much");
      continue;
    }
    const Result<std::vector<wire::NluPath>> paths = extraction->answer();
    ASSERT_TRUE(paths.ok());
    expect_sound(asked, *paths);
    answered += paths->empty() ? 0 : 1;
  }
  EXPECT_GT(answered, 50) << "else this says little";
}

}  // namespace
}  // namespace gatehouse::nlu
