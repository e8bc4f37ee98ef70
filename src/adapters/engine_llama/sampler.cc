#include "sampler.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace gatehouse::adapters {
namespace {

using engine::Token;

// A vocabulary has 50,000 tokens or more and a draw needs a handful of them: whole blocks are passed over by their highest value.
constexpr std::size_t block = row_block;
constexpr double least_logprob = -9999;  // OpenAI's figure for what is very unlikely
constexpr float reach = 32.0F;           // e^-32: what is farther below the highest has less than a billionth of the probability in all

std::span<const float> block_of(std::span<const float> row, std::size_t index) {
  return row.subspan(index * block, std::min(block, row.size() - index * block));
}
std::size_t blocks_of(std::span<const float> row) { return (row.size() + block - 1) / block; }

// The weight of the whole row; that of each block stays in sums.
double weigh_row(std::span<const float> row, float top, float sharpness, SamplerScratch& scratch) {
  scratch.sums.assign(scratch.tops.size(), 0.0);
  double all = 0;
  for (std::size_t b = 0; b < scratch.tops.size(); ++b) {
    if (!((scratch.tops[b] - top) * sharpness >= -reach)) continue;
    scratch.sums[b] = scratch.scan->weight(block_of(row, b), top, sharpness);
    all += scratch.sums[b];
  }
  return all;
}

double weigh(std::vector<Candidate>& kept, float top, float sharpness) {
  double sum = 0;
  for (Candidate& c : kept) {
    c.weight = exp_negative((c.logit - top) * sharpness);
    sum += static_cast<double>(c.weight);
  }
  return sum;
}

void scan(std::span<const float> row, SamplerScratch& scratch) {
  scratch.tops.resize(blocks_of(row));
  scratch.scan->tops(row, scratch.tops);
}

float highest_top(const SamplerScratch& scratch) { return scratch.scan->highest(scratch.tops).top; }

// From a block on, in which it must be.
Token first_with(std::span<const float> row, std::size_t from_block, float top) {
  std::size_t at = from_block * block;
  while (at < row.size() && row[at] != top) ++at;
  return at < row.size() ? static_cast<Token>(at) : 0;
}

float logprob_of(float logit, double log_of_all) {
  const double logprob = static_cast<double>(logit) - log_of_all;
  return logprob >= least_logprob ? static_cast<float>(std::min(logprob, 0.0)) : static_cast<float>(least_logprob);  // no number: the least
}

bool higher(const Candidate& a, const Candidate& b) { return a.logit > b.logit || (a.logit == b.logit && a.token < b.token); }

void collect(std::span<const float> row, float floor, SamplerScratch& scratch) {
  scratch.kept.clear();
  for (std::size_t b = 0; b < scratch.tops.size(); ++b) {
    if (!(scratch.tops[b] >= floor)) continue;
    for (std::size_t i = b * block; i < std::min(row.size(), (b + 1) * block); ++i) {
      if (row[i] >= floor) scratch.kept.push_back(Candidate{row[i], 0, static_cast<Token>(i)});
    }
  }
}

// Count blocks have a value of at least the count-th highest of the blocks' tops: nothing below it is among the count highest.
void collect_highest(std::span<const float> row, std::size_t count, float floor, SamplerScratch& scratch) {
  if (count < scratch.tops.size()) {
    scratch.ranked = scratch.tops;
    const auto last = scratch.ranked.begin() + static_cast<std::ptrdiff_t>(count - 1);
    std::nth_element(scratch.ranked.begin(), last, scratch.ranked.end(), std::greater());
    floor = std::max(floor, *last);
  }
  collect(row, floor, scratch);
  if (count >= scratch.kept.size()) return;
  std::nth_element(scratch.kept.begin(), scratch.kept.begin() + static_cast<std::ptrdiff_t>(count), scratch.kept.end(), higher);
  scratch.kept.resize(count);
}

// The likeliest candidates until their weights add up to wanted; at least one. Halves instead of sorting: most need no order.
void keep_weight(std::vector<Candidate>& kept, double wanted) {
  auto low = kept.begin(), high = kept.end();
  while (high - low > 32) {
    const auto middle = low + (high - low) / 2;
    std::nth_element(low, middle, high, higher);
    double sum = 0;
    for (auto c = low; c != middle; ++c) sum += static_cast<double>(c->weight);
    if (sum >= wanted) {
      high = middle;
    } else {
      wanted -= sum;
      low = middle;
    }
  }
  std::sort(low, high, higher);
  while (low != high) {
    wanted -= static_cast<double>((low++)->weight);
    if (wanted <= 0) break;
  }
  kept.erase(low, kept.end());
}

}  // namespace

Token highest(std::span<const float> row, const RowScan& scan) {
  const BlockTop best = scan.highest(row);
  return first_with(row, best.block, best.top);
}

Sampler::Sampler(const wire::engine::Sampling& settings, std::uint64_t random_seed)
    : settings_(settings), state_(settings.seed.value_or(random_seed)) {
  for (const wire::engine::TokenBias& one : settings_.logit_bias) adjustment_of(static_cast<Token>(one.token)).bias += one.bias;
}

Token Sampler::next(std::span<float> row, SamplerScratch& scratch, engine::Constraint* constraint) {
  scratch.tops.clear();
  const double log_of_all = settings_.logprobs ? measure(row, scratch) : 0;
  if (!adjustments_.empty()) scratch.tops.clear();
  adjust(row, scratch.replaced);
  const Token token = constraint == nullptr ? pick(row, scratch) : pick_allowed(row, scratch, *constraint);
  put_back(row, scratch.replaced);
  if (settings_.logprobs) scratch.sampled_logprob = logprob_of(row[static_cast<std::size_t>(token)], log_of_all);
  if (settings_.frequency_penalty != 0 || settings_.presence_penalty != 0) ++adjustment_of(token).said;
  return token;
}

// Drawn again among those that are allowed, where the first is not: the same distribution as if only those had been there.
Token Sampler::pick_allowed(std::span<const float> row, SamplerScratch& scratch, engine::Constraint& constraint) {
  Token token = pick(row, scratch);
  if (!constraint.allows(token)) {
    scratch.tops.clear();
    token = pick(constraint.allowed(row), scratch);
  }
  constraint.accept(token);
  return token;
}

Sampler::Adjustment& Sampler::adjustment_of(Token token) {
  const auto at = std::ranges::lower_bound(adjustments_, token, {}, &Adjustment::token);
  if (at != adjustments_.end() && at->token == token) return *at;
  return *adjustments_.insert(at, Adjustment{token, 0, 0});
}

// A token that the row has not is none: adjustments end where the row does.
void Sampler::adjust(std::span<float> row, std::vector<float>& replaced) const {
  replaced.clear();
  for (const Adjustment& one : adjustments_) {
    if (static_cast<std::size_t>(one.token) >= row.size()) break;
    float& logit = row[static_cast<std::size_t>(one.token)];
    replaced.push_back(logit);
    logit += one.bias - settings_.frequency_penalty * static_cast<float>(one.said);
    if (one.said > 0) logit -= settings_.presence_penalty;
  }
}

void Sampler::put_back(std::span<float> row, const std::vector<float>& replaced) const {
  for (std::size_t i = 0; i < replaced.size(); ++i) row[static_cast<std::size_t>(adjustments_[i].token)] = replaced[i];
}

// The logarithm of the sum of what all tokens weigh; the likeliest stay in scratch.
double Sampler::measure(std::span<const float> row, SamplerScratch& scratch) const {
  scan(row, scratch);
  const float top = highest_top(scratch);
  const double log_of_all = static_cast<double>(top) + std::log(weigh_row(row, top, 1.0F, scratch));
  scratch.likeliest.clear();
  if (settings_.top_logprobs == 0) return log_of_all;
  collect_highest(row, settings_.top_logprobs, lowest, scratch);
  std::ranges::sort(scratch.kept, higher);
  for (const Candidate& one : scratch.kept) scratch.likeliest.push_back({one.token, logprob_of(one.logit, log_of_all)});
  return log_of_all;
}

// The tops of the row's blocks, where they are known already, are in scratch.
Token Sampler::pick(std::span<const float> row, SamplerScratch& scratch) {
  const bool greedy = !(settings_.temperature > 0) || settings_.top_k == 1;
  if (greedy && scratch.tops.empty()) return highest(row, *scratch.scan);
  if (scratch.tops.empty()) scan(row, scratch);
  const float top = highest_top(scratch);
  if (greedy || !std::isfinite(top)) {
    return first_with(row, static_cast<std::size_t>(std::ranges::find(scratch.tops, top) - scratch.tops.begin()), top);
  }
  if (settings_.top_k == 0 && settings_.top_p >= 1.0F && settings_.min_p <= 0.0F) return draw_from_all(row, top, scratch);
  select(row, top, scratch);
  return draw_from(scratch.kept, top);
}

// What top_k, top_p and min_p leave.
void Sampler::select(std::span<const float> row, float top, SamplerScratch& scratch) const {
  const float widest = reach / std::min(sharpness(), 1.0F);
  const float min_floor = settings_.min_p > 0 ? top + std::log(std::min(settings_.min_p, 1.0F)) : top - widest;
  const auto share = static_cast<double>(std::max(settings_.top_p, 0.0F));
  if (settings_.top_k > 0) {
    // top_p's share is of what top_k leaves, min_p's floor comes behind it.
    collect_highest(row, settings_.top_k, top - widest, scratch);
    if (share < 1.0) keep_weight(scratch.kept, weigh(scratch.kept, top, 1.0F) * share);
  } else if (share < 1.0) {
    const double wanted = weigh_row(row, top, 1.0F, scratch) * share;
    // Mostly a few tokens hold that share: looks farther down only where they do not.
    for (float down = 4.0F;; down *= 2.0F) {
      collect(row, top - std::min(down, widest), scratch);
      if (weigh(scratch.kept, top, 1.0F) >= wanted || down >= widest) break;
    }
    keep_weight(scratch.kept, wanted);
  } else {
    collect(row, min_floor, scratch);
  }
  std::erase_if(scratch.kept, [min_floor](const Candidate& c) { return c.logit < min_floor; });
}

Token Sampler::draw_from(std::vector<Candidate>& kept, float top) {
  double left = draw() * weigh(kept, top, sharpness());
  for (const Candidate& c : kept) {
    left -= static_cast<double>(c.weight);
    if (left < 0) return c.token;
  }
  return kept.back().token;  // rounding ate the rest
}

Token Sampler::draw_from_all(std::span<const float> row, float top, SamplerScratch& scratch) {
  double left = draw() * weigh_row(row, top, sharpness(), scratch);
  std::size_t chosen = 0;
  for (std::size_t b = 0; b < scratch.sums.size(); ++b) {
    if (scratch.sums[b] <= 0) continue;
    chosen = b;
    if (scratch.sums[b] > left) break;
    left -= scratch.sums[b];
  }
  const std::size_t start = chosen * block;
  const std::span<const float> values = block_of(row, chosen);
  for (std::size_t i = 0; i < values.size(); ++i) {
    left -= static_cast<double>(exp_negative((values[i] - top) * sharpness()));
    if (left < 0) return static_cast<Token>(start + i);
  }
  return static_cast<Token>(start) + highest(values, *scratch.scan);  // rounding ate the rest
}

float Sampler::sharpness() const { return 1.0F / std::max(settings_.temperature, 1e-4F); }

double Sampler::draw() {
  state_ += 0x9E3779B97F4A7C15ULL;  // splitmix64
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

}  // namespace gatehouse::adapters
