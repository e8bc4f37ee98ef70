#include "sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

namespace gatehouse::adapters {
namespace {

using engine::Token;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

wire::engine::Sampling settings(float temperature) {
  wire::engine::Sampling s;
  s.temperature = temperature;
  s.seed = 7;
  return s;
}

// How often each token was drawn.
std::map<Token, int> drawn(const wire::engine::Sampling& s, std::vector<float> row, int times) {
  Sampler sampler(s, 0);
  SamplerScratch scratch;
  std::map<Token, int> counts;
  for (int i = 0; i < times; ++i) ++counts[sampler.next(row, scratch)];
  return counts;
}

TEST(Highest, IsTheFirstOfEquals) {
  for (const std::size_t size : {1UL, 15UL, 16UL, 17UL, 1023UL, 1024UL, 1025UL, 49152UL}) {
    std::vector<float> row(size, -3.0F);
    EXPECT_EQ(highest(row), 0) << size;
    row.back() = 2.0F;
    EXPECT_EQ(highest(row), static_cast<Token>(size - 1)) << size;
    row[size / 2] = 2.0F;
    EXPECT_EQ(highest(row), static_cast<Token>(size / 2)) << size;
  }
}

TEST(Highest, PassesOverWhatIsNoNumber) {
  EXPECT_EQ(highest(std::vector<float>{nan, -1.0F, nan, 1.0F, nan}), 3);
  EXPECT_EQ(highest(std::vector<float>{nan, nan}), 0);
  EXPECT_EQ(highest({}), 0);
}

TEST(Sampler, IsGreedyAtTemperatureZero) { EXPECT_EQ(drawn(settings(0), {0.0F, 3.0F, 2.9F}, 50), (std::map<Token, int>{{1, 50}})); }

TEST(Sampler, DrawsByProbability) {
  // Weights 1 : 2 : 4 at temperature 1, 1 : 4 : 16 at a half.
  const std::vector<float> row = {0.0F, std::log(2.0F), std::log(4.0F)};
  constexpr int times = 70'000;
  auto counts = drawn(settings(1), row, times);
  EXPECT_NEAR(counts[0], times / 7, 500);
  EXPECT_NEAR(counts[1], times * 2 / 7, 500);
  counts = drawn(settings(0.5F), row, times);
  EXPECT_NEAR(counts[0], times / 21, 400);
  EXPECT_NEAR(counts[2], times * 16 / 21, 500);
}

TEST(Sampler, KeepsWhatTheSettingsAllow) {
  const std::vector<float> row = {0.0F, std::log(2.0F), std::log(4.0F), std::log(3.0F)};
  auto s = settings(1);
  s.top_k = 2;
  EXPECT_EQ(drawn(s, row, 1000).size(), 2U);
  s = settings(1);
  s.top_p = 0.6F;  // 0.4 + 0.3
  auto counts = drawn(s, row, 1000);
  EXPECT_EQ(counts.size(), 2U);
  EXPECT_TRUE(counts.contains(2) && counts.contains(3));
  s.top_p = 0;
  EXPECT_EQ(drawn(s, row, 1000), (std::map<Token, int>{{2, 1000}}));
  s = settings(1);
  s.min_p = 0.45F;  // of 0.4: 0.18
  counts = drawn(s, row, 1000);
  EXPECT_EQ(counts.size(), 3U);
  EXPECT_FALSE(counts.contains(0));
}

TEST(Sampler, KeepsAShareOfALongRow) {
  std::vector<float> row(10'000, 0.0F);  // equal: half of the probability is half of the tokens
  auto s = settings(1);
  s.top_p = 0.5F;
  for (const auto& [token, count] : drawn(s, row, 500)) EXPECT_LT(token, 5001);
}

// The shortcuts over blocks must not change what is drawn from a row as long as a vocabulary.
TEST(Sampler, KeepsOfALongRowWhatSortingItWouldKeep) {
  std::vector<float> row(49'152);
  std::uint32_t noise = 12345;
  for (float& logit : row) logit = static_cast<float>((noise = noise * 1664525U + 1013904223U) >> 8) / 16777216.0F * 10.0F;
  std::vector<float> sorted = row;
  std::ranges::sort(sorted, std::greater());
  double all = 0, sum = 0;
  for (const float logit : sorted) all += std::exp(static_cast<double>(logit - sorted[0]));
  std::size_t share = 0;
  while (sum < 0.02 * all) sum += std::exp(static_cast<double>(sorted[share++] - sorted[0]));

  auto s = settings(1);
  s.top_k = 40;
  for (const auto& [token, count] : drawn(s, row, 500)) EXPECT_GE(row[static_cast<std::size_t>(token)], sorted[39]);
  EXPECT_EQ(drawn(s, row, 2000).size(), 40U);
  s = settings(1);
  s.top_p = 0.02F;
  float least = sorted[0];
  for (const auto& [token, count] : drawn(s, row, 3000)) least = std::min(least, row[static_cast<std::size_t>(token)]);
  EXPECT_GE(least, sorted[share]);
  EXPECT_LE(least, sorted[share * 3 / 4]);
  s = settings(1);
  s.min_p = 0.5F;
  for (const auto& [token, count] : drawn(s, row, 500)) EXPECT_GE(row[static_cast<std::size_t>(token)], sorted[0] - std::log(2.0F));
  // The whole row: the mean of the drawn logits is that of the distribution.
  double expected = 0, mean = 0;
  for (const float logit : sorted) expected += static_cast<double>(logit) * std::exp(static_cast<double>(logit - sorted[0])) / all;
  for (const auto& [token, count] : drawn(settings(1), row, 3000))
    mean += static_cast<double>(row[static_cast<std::size_t>(token)]) * count / 3000;
  EXPECT_NEAR(mean, expected, 0.08);
}

TEST(Sampler, DrawsAlikeForTheSameSeedOnly) {
  std::vector<float> row(1000, 1.0F);
  auto s = settings(1);
  Sampler a(s, 1), b(s, 2);
  s.seed.reset();
  Sampler c(s, 1), d(s, 2);
  SamplerScratch scratch;
  std::vector<Token> of_a, of_b, of_c, of_d;
  for (int i = 0; i < 20; ++i) {
    of_a.push_back(a.next(row, scratch));
    of_b.push_back(b.next(row, scratch));
    of_c.push_back(c.next(row, scratch));
    of_d.push_back(d.next(row, scratch));
  }
  EXPECT_EQ(of_a, of_b);
  EXPECT_NE(of_c, of_d);
}

std::vector<Token> said(Sampler& sampler, std::vector<float>& row, int times) {
  SamplerScratch scratch;
  std::vector<Token> tokens;
  for (int i = 0; i < times; ++i) tokens.push_back(sampler.next(row, scratch));
  return tokens;
}

TEST(Sampler, TakesThePenaltyOffForEachTimeThatATokenWasSaid) {
  std::vector<float> row = {3.0F, 2.9F, 2.5F};
  const std::vector<float> before = row;
  auto s = settings(0);
  s.frequency_penalty = 1;
  Sampler by_frequency(s, 0);
  // After each: {2, 2.9, 2.5}, {2, 1.9, 2.5}, {2, 1.9, 1.5}, {1, 1.9, 1.5}, {1, 0.9, 1.5}.
  EXPECT_EQ(said(by_frequency, row, 6), (std::vector<Token>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(row, before);

  s = settings(0);
  s.presence_penalty = 0.4F;
  Sampler by_presence(s, 0);
  // {2.6, 2.9, 2.5}, then {2.6, 2.5, 2.5}: nothing more comes off.
  EXPECT_EQ(said(by_presence, row, 5), (std::vector<Token>{0, 1, 0, 0, 0}));
  EXPECT_EQ(row, before);

  s = settings(0);
  s.frequency_penalty = 0.25F, s.presence_penalty = 0.25F;
  Sampler by_both(s, 0);
  // {2.5, 2.9, 2.5}, {2.5, 2.4, 2.5}, {2.25, 2.4, 2.5}, {2.25, 2.4, 2.0}
  EXPECT_EQ(said(by_both, row, 5), (std::vector<Token>{0, 1, 0, 2, 1}));
}

// What is raised stands far above what its block had as its highest; what is lowered was its block's highest.
TEST(Sampler, SeesWhatBiasesAndPenaltiesRaiseAndLowerInALongRow) {
  std::vector<float> row(10'000, 0.0F);
  row[77] = 5.0F;
  auto top_k = settings(1), top_p = settings(1), min_p = settings(1), whole = settings(1);
  top_k.top_k = 2, top_p.top_p = 0.9F, min_p.min_p = 0.1F;
  for (wire::engine::Sampling s : {settings(0), top_k, top_p, min_p, whole}) {
    s.logit_bias = {{8000, 100.0F}, {77, -100.0F}};
    EXPECT_EQ(drawn(s, row, 100), (std::map<Token, int>{{8000, 100}}));
    s.logit_bias = {{77, -100.0F}};
    EXPECT_FALSE(drawn(s, row, 2000).contains(77));
    s.logit_bias.clear();
    s.frequency_penalty = -20;  // more of the same, whatever came first
    Sampler sampler(s, 0);
    const std::vector<Token> tokens = said(sampler, row, 60);
    EXPECT_EQ(std::vector<Token>(tokens.begin() + 40, tokens.end()), std::vector<Token>(20, tokens.back()));
  }
}

TEST(Sampler, LeavesTheRowAsItWas) {
  std::vector<float> row(1000);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>((i * 7919) % 1000) / 100.0F;
  const std::vector<float> before = row;
  auto s = settings(1);
  s.frequency_penalty = 0.3F, s.presence_penalty = -0.7F, s.top_p = 0.95F;
  s.logit_bias = {{999, 3.3F}, {0, -1.1F}, {64, 0.1F}};
  Sampler sampler(s, 0);
  said(sampler, row, 500);
  EXPECT_EQ(row, before);
}

TEST(Sampler, HasNoUseForABiasBeyondTheRow) {
  auto s = settings(0);
  s.logit_bias = {{3, 100.0F}, {4'000'000'000U, 100.0F}};
  EXPECT_EQ(drawn(s, {0.0F, 3.0F, 2.9F}, 5), (std::map<Token, int>{{1, 5}}));
}

// Whatever is drawn, and however: the shares of the row as it came.
TEST(Sampler, MeasuresTheRowAsItCame) {
  std::vector<float> row(10'001);
  std::uint32_t noise = 99;
  for (float& logit : row) logit = static_cast<float>((noise = noise * 1664525U + 1013904223U) >> 8) / 16777216.0F * 20.0F - 5.0F;
  row[4321] = nan, row[17] = -std::numeric_limits<float>::infinity(), row[70] = -20'000.0F;
  double all = 0;
  for (const float logit : row) all += std::isnan(logit) ? 0 : std::exp(static_cast<double>(logit));
  const auto expected = [&](Token token) { return static_cast<double>(row[static_cast<std::size_t>(token)]) - std::log(all); };
  std::vector<Token> order;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!std::isnan(row[i])) order.push_back(static_cast<Token>(i));
  }
  std::ranges::sort(order, {}, [&](Token token) { return std::pair(-row[static_cast<std::size_t>(token)], token); });

  auto greedy = settings(0), warm = settings(1.7F), few = settings(1), biased = settings(0.5F);
  few.top_k = 3, few.min_p = 0.2F;
  biased.logit_bias = {{static_cast<std::uint32_t>(order[9000]), 100.0F}, {static_cast<std::uint32_t>(order[0]), -100.0F}};
  biased.frequency_penalty = 1;
  for (wire::engine::Sampling s : {greedy, warm, few, biased}) {
    s.logprobs = true, s.top_logprobs = 20;
    Sampler sampler(s, 0);
    SamplerScratch scratch;
    for (int i = 0; i < 20; ++i) {
      const Token token = sampler.next(row, scratch);
      EXPECT_NEAR(static_cast<double>(scratch.sampled_logprob), expected(token), 3e-6);
      ASSERT_EQ(scratch.likeliest.size(), 20U);
      for (std::size_t k = 0; k < 20; ++k) {
        EXPECT_EQ(scratch.likeliest[k].token, order[k]);
        EXPECT_NEAR(static_cast<double>(scratch.likeliest[k].logprob), expected(order[k]), 3e-6);
      }
    }
  }
}

TEST(Sampler, DrawsTheSameWhetherItMeasuresOrNot) {
  std::vector<float> row(3000);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>((i * 7919) % 1000) / 300.0F;
  auto greedy = settings(0), whole = settings(1), penalised = settings(1);
  penalised.frequency_penalty = 0.5F, penalised.top_p = 0.9F, penalised.logit_bias = {{5, 2.0F}};
  for (wire::engine::Sampling s : {greedy, whole, penalised}) {
    Sampler plain(s, 0);
    s.logprobs = true, s.top_logprobs = 3;
    Sampler measuring(s, 0);
    EXPECT_EQ(said(plain, row, 200), said(measuring, row, 200));
  }
}

TEST(Sampler, SaysOfWhatIsNextToImpossibleTheLeast) {
  auto s = settings(0);
  s.logprobs = true, s.top_logprobs = 5;
  Sampler sampler(s, 0);
  SamplerScratch scratch;
  std::vector<float> row = {0.0F, -20'000.0F, nan, -std::numeric_limits<float>::infinity()};
  EXPECT_EQ(sampler.next(row, scratch), 0);
  EXPECT_NEAR(scratch.sampled_logprob, 0, 1e-6);
  ASSERT_EQ(scratch.likeliest.size(), 3U);  // what is no number is not likely at all
  EXPECT_EQ(scratch.likeliest[1].token, 1);
  EXPECT_EQ(scratch.likeliest[1].logprob, -9999.0F);
  EXPECT_EQ(scratch.likeliest[2].logprob, -9999.0F);
  row = {nan, nan};
  EXPECT_EQ(sampler.next(row, scratch), 0);
  EXPECT_EQ(scratch.sampled_logprob, -9999.0F);
}

TEST(Sampler, TakesRowsThatAreNoNumbers) {
  EXPECT_EQ(drawn(settings(1), {nan, nan, nan}, 10), (std::map<Token, int>{{0, 10}}));
  EXPECT_EQ(drawn(settings(1), {nan, 1.0F, -std::numeric_limits<float>::infinity()}, 10), (std::map<Token, int>{{1, 10}}));
}

}  // namespace
}  // namespace gatehouse::adapters
