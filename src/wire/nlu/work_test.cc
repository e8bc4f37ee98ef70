#include "gatehouse/wire/nlu/work.h"

#include <gmock/gmock.h>

#include <array>

namespace gatehouse::wire {
namespace {

NluWork sample_work() {
  return {.owner = 7,
          .rows = {{0, 0, {2, 10, 11, 3}}, {1, 384, {2, 20, 3}}, {1, 384, {2, 21, 22, 3}}},
          .pairs = {{0, 1}, {0, 2}},
          .batches = {1, 1}};
}

TEST(NluWork, ComesBackAsItWasSent) {
  const Result<NluWork> again = work_of(call_of(sample_work()));
  ASSERT_TRUE(again.ok()) << again.error().describe();
  EXPECT_EQ(*again, sample_work());
}

TEST(NluWork, FitsWhatTheModelSaysOfItself) {
  const engine::Infer call = call_of(sample_work());
  const engine::Signature signature = nlu_signature();
  ASSERT_EQ(call.inputs.size(), signature.inputs.size());
  for (std::size_t i = 0; i < call.inputs.size(); ++i) EXPECT_TRUE(check_fit(call.inputs[i], signature.inputs[i]).ok()) << i;
}

TEST(NluWork, ThatDoesNotHoldTogetherIsRefused) {
  const auto reason = [](auto change) {
    NluWork work = sample_work();
    change(work);
    const Result<NluWork> read = work_of(call_of(work));
    return read ? std::string("fine") : std::string(read.error().reason());
  };
  EXPECT_EQ(reason([](NluWork&) {}), "fine");
  EXPECT_EQ(reason([](NluWork& work) { work.pairs[1].prompt = 3; }), "invalid_tensor");
  EXPECT_EQ(reason([](NluWork& work) { work.pairs[1] = {1, 0}; }), "invalid_tensor");
  EXPECT_EQ(reason([](NluWork& work) { work.batches = {1}; }), "invalid_tensor");
  EXPECT_EQ(reason([](NluWork& work) { work.batches = {2, 0}; }), "invalid_tensor");
  EXPECT_EQ(reason([](NluWork& work) { work.rows[0].ids.clear(); }), "invalid_tensor");
  EXPECT_EQ(reason([](NluWork& work) { work.rows[0].kind = 2; }), "invalid_tensor");

  engine::Infer call = call_of(sample_work());
  call.inputs.pop_back();
  EXPECT_FALSE(work_of(call).ok());
  call = call_of(sample_work());
  call.inputs[1].shape = {9};
  EXPECT_FALSE(work_of(call).ok());
  call = call_of(sample_work());
  call.inputs[2].datatype = Datatype::int32;
  EXPECT_FALSE(work_of(call).ok());
}

TEST(NluWork, HasAnAnswerOfAsManyNumbersAsItsTextsHaveTokens) {
  const std::vector<NluLogits> logits = {{{1, 2}, {3, 4}}, {{5}, {6}}};
  const std::array<std::size_t, 2> sizes{2, 1};
  const auto again = logits_of(answer_of(logits), sizes);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, logits);
  const std::array<std::size_t, 2> others{2, 2};
  EXPECT_EQ(logits_of(answer_of(logits), others).error().reason(), "output_unexpected");
}

}  // namespace
}  // namespace gatehouse::wire
