// What the sampler draws, beside a chain that takes one step after the other over the whole row: Pearson's test over many draws.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

#include "gatehouse/base/random.h"
#include "sampler.h"

namespace gatehouse::adapters {
namespace {

using engine::Token;
using Settings = wire::engine::Sampling;
using Tokens = std::vector<Token>;

constexpr std::uint64_t seed = 20261127;
constexpr int draws_in_all = 1'000'000;

// ./run test soak draws as often for each of the settings.
int draws_of_each(std::size_t settings) {
  return std::getenv("GATEHOUSE_SOAK") != nullptr ? draws_in_all : draws_in_all / static_cast<int>(settings);
}

// ---- The reference ----

struct Kept {
  Token token;
  double logit, weight;
};

void weigh(std::vector<Kept>& kept, double temperature) {
  double all = 0;
  for (const Kept& one : kept) all += std::exp((one.logit - kept.front().logit) / temperature);
  for (Kept& one : kept) one.weight = std::exp((one.logit - kept.front().logit) / temperature) / all;
}

// All tokens, the likeliest first.
std::vector<Kept> adjusted(const Settings& s, const std::vector<float>& row, const Tokens& said) {
  std::vector<Kept> kept;
  for (std::size_t i = 0; i < row.size(); ++i) kept.push_back({static_cast<Token>(i), static_cast<double>(row[i]), 0});
  for (const wire::engine::TokenBias& one : s.logit_bias) kept[one.token].logit += static_cast<double>(one.bias);
  for (Kept& one : kept) {
    const auto times = std::ranges::count(said, one.token);
    one.logit -= static_cast<double>(times) * static_cast<double>(s.frequency_penalty);
    if (times > 0) one.logit -= static_cast<double>(s.presence_penalty);
  }
  std::ranges::sort(kept, {}, [](const Kept& one) { return std::pair(-one.logit, one.token); });
  return kept;
}

// The chance of each token to be the next.
std::map<Token, double> reference(const Settings& s, const std::vector<float>& row, const Tokens& said) {
  std::vector<Kept> kept = adjusted(s, row, said);
  if (s.top_k > 0) kept.resize(std::min<std::size_t>(s.top_k, kept.size()));
  if (s.top_p < 1) {
    weigh(kept, 1);
    double sum = 0;
    std::size_t n = 0;
    while (n < kept.size() && sum < static_cast<double>(s.top_p)) sum += kept[n++].weight;
    kept.resize(std::max<std::size_t>(n, 1));
  }
  const double highest_kept = kept.front().logit;
  std::erase_if(kept, [&](const Kept& one) { return std::exp(one.logit - highest_kept) < static_cast<double>(s.min_p); });
  weigh(kept, static_cast<double>(s.temperature));
  std::map<Token, double> chances;
  for (const Kept& one : kept) chances[one.token] = one.weight;
  return chances;
}

// ---- The test ----

// How far off the counts are, as a deviate of the normal distribution (Wilson and Hilferty). Rare outcomes are taken together; what has no
// chance must not have come.
double deviation(const std::map<Tokens, double>& chances, const std::map<Tokens, int>& counts, int draws) {
  double chi_square = 0, rare_expected = 0, rare_counted = 0, cells = 0;
  int counted_in_all = 0;
  const auto add = [&](double expected, double counted) {
    chi_square += (counted - expected) * (counted - expected) / expected;
    ++cells;
  };
  for (const auto& [outcome, chance] : chances) {
    const double expected = chance * draws;
    const auto found = counts.find(outcome);
    const int counted = found == counts.end() ? 0 : found->second;
    counted_in_all += counted;
    if (expected >= 10) {
      add(expected, counted);
    } else {
      rare_expected += expected, rare_counted += counted;
    }
  }
  EXPECT_EQ(counted_in_all, draws) << "what has no chance has come";
  if (rare_expected >= 1) add(rare_expected, rare_counted);
  const double freedom = cells - 1, part = 2 / (9 * freedom);
  return freedom > 0 ? (std::cbrt(chi_square / freedom) - (1 - part)) / std::sqrt(part) : 0;
}

constexpr double far_off = 4;  // once in thirty thousand tests, but for these seeds never

std::vector<float> made_up_row(std::size_t size) {
  SeededRandom dice(seed);
  std::vector<float> row(size);
  for (float& logit : row) {
    // A sum of uniforms: most tokens are unlikely, few stand out.
    for (int i = 0; i < 6; ++i) logit += static_cast<float>(dice.next_u64() >> 40) / 16777216.0F * 3.0F - 1.5F;
  }
  return row;
}

Settings made(float temperature, std::uint32_t top_k, float top_p, float min_p) {
  Settings s;
  s.temperature = temperature, s.top_k = top_k, s.top_p = top_p, s.min_p = min_p;
  return s;
}

std::vector<Settings> all_settings() {
  std::vector<Settings> all{made(1, 0, 1, 0),          made(0.7F, 40, 1, 0),         made(1.3F, 0, 0.9F, 0),
                            made(1, 0, 1, 0.05F),      made(0.8F, 50, 0.95F, 0.02F), made(2, 0, 0.5F, 0.1F),
                            made(0.3F, 5, 0.99F, 0.3F)};
  for (Settings s : {all[0], all[1], all[2], all[3], all[4]}) {
    s.logit_bias = {{3, 4.5F}, {64, -1.5F}, {130, 6.0F}, {149, 2.25F}, {77, -100.0F}};
    all.push_back(s);
  }
  return all;
}

// Single draws: nothing has been said before, so that penalties have no say.
TEST(SamplerChain, DrawsEachTokenAsOftenAsItShould) {
  SCOPED_TRACE(seed);
  std::vector<float> row = made_up_row(150);
  const std::vector<Settings> all = all_settings();
  const int draws = draws_of_each(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    std::map<Tokens, double> chances;
    for (const auto& [token, chance] : reference(all[i], row, {})) chances[{token}] = chance;
    std::vector<int> said(row.size());
    Sampler sampler(all[i], seed + i);
    SamplerScratch scratch;
    for (int draw = 0; draw < draws; ++draw) ++said[static_cast<std::size_t>(sampler.next(row, scratch))];
    std::map<Tokens, int> counts;
    for (std::size_t token = 0; token < said.size(); ++token) {
      if (said[token] > 0) counts[{static_cast<Token>(token)}] = said[token];
    }
    EXPECT_LT(deviation(chances, counts, draws), far_off);
  }
}

// With penalties each draw changes the next: what is compared are whole sequences.
void add_sequences(const Settings& s, const std::vector<float>& row, const Tokens& before, double chance, std::size_t length,
                   std::map<Tokens, double>& chances) {
  if (before.size() == length) {
    chances[before] = chance;
    return;
  }
  for (const auto& [token, next] : reference(s, row, before)) {
    Tokens longer = before;
    longer.push_back(token);
    add_sequences(s, row, longer, chance * next, length, chances);
  }
}

std::vector<Settings> penalising_settings() {
  std::vector<Settings> all;
  for (const auto& [frequency, presence] : {std::pair(0.6F, 0.4F), {-0.8F, 0.5F}, {1.1F, -0.3F}, {0.0F, 2.0F}, {-2.0F, -2.0F}}) {
    for (Settings s : {made(0.9F, 0, 1, 0), made(1.2F, 3, 0.85F, 0.1F)}) {
      s.frequency_penalty = frequency, s.presence_penalty = presence;
      s.logit_bias = {{2, 0.7F}, {4, -0.25F}};
      all.push_back(s);
    }
  }
  return all;
}

TEST(SamplerChain, DrawsEachSequenceAsOftenAsItShould) {
  SCOPED_TRACE(seed);
  std::vector<float> row{1.0F, 0.5F, 0.0F, -0.3F, 0.8F};
  const std::vector<Settings> all = penalising_settings();
  constexpr std::size_t length = 4;
  const int sequences = draws_of_each(all.size()) / static_cast<int>(length);
  for (std::size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    std::map<Tokens, double> chances;
    add_sequences(all[i], row, {}, 1, length, chances);
    std::map<Tokens, int> counts;
    SamplerScratch scratch;
    SeededRandom seeds(seed + i);
    Tokens said;
    for (int n = 0; n < sequences; ++n) {
      Sampler sampler(all[i], seeds.next_u64());
      said.clear();
      while (said.size() < length) said.push_back(sampler.next(row, scratch));
      ++counts[said];
    }
    EXPECT_LT(deviation(chances, counts, sequences), far_off);
  }
}

// The test itself must see what is wrong: a temperature a little off, a penalty that is not there.
TEST(SamplerChain, SeesASmallFault) {
  std::vector<float> row = made_up_row(150);
  Settings s = made(1, 0, 1, 0);
  Sampler sampler(s, seed);
  SamplerScratch scratch;
  constexpr int draws = 100'000;
  std::map<Tokens, int> counts;
  for (int draw = 0; draw < draws; ++draw) ++counts[{sampler.next(row, scratch)}];
  s.temperature = 1.03F;
  std::map<Tokens, double> chances;
  for (const auto& [token, chance] : reference(s, row, {})) chances[{token}] = chance;
  EXPECT_GT(deviation(chances, counts, draws), far_off);
}

TEST(SamplerChain, GivesTheSameTokensForTheSameSeedWhereverItGoesOn) {
  std::vector<float> row = made_up_row(150);
  for (Settings s : penalising_settings()) {
    s.seed = seed;
    Sampler first(s, 1), second(s, 2);
    SamplerScratch scratch, other_scratch;
    Tokens of_first, of_second;
    for (int i = 0; i < 200; ++i) {
      of_first.push_back(first.next(row, scratch));
      of_second.push_back(second.next(row, i % 2 == 0 ? scratch : other_scratch));
      if (i % 50 == 0) second = Sampler(second);  // as when a sequence moves to another seat
    }
    EXPECT_EQ(of_first, of_second);
  }
}

}  // namespace
}  // namespace gatehouse::adapters
