// bench/sampler_bench.cc — what it costs to draw a token from a row as long as a vocabulary: our sampler, in each width of vectors that
// this machine has, and llama.cpp's own chain over the same row with the same settings.
//
//   sampler_bench    prints its cases and widths as JSON, then a line of CPU microseconds a token, by case, for each line that it reads
#include <llama.h>

#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "../src/adapters/engine_llama/row_scan.h"  // private: measured by itself here
#include "../src/adapters/engine_llama/sampler.h"

namespace {

namespace ga = gatehouse::adapters;
using Settings = gatehouse::wire::engine::Sampling;

constexpr std::size_t vocabulary = 49152;  // SmolLM2's
constexpr int rows = 8;                    // more than one, as in a server; together they fit the second cache
constexpr int rounds = 40;

// Logits as a model gives them: a bell around nothing and a few that stand out.
std::vector<float> made_up_row(std::uint64_t seed) {
  std::vector<float> row(vocabulary);
  std::uint64_t state = seed * 2 + 1;
  const auto uniform = [&state] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<float>(state >> 40) / 16777216.0F;
  };
  for (float& logit : row) {
    for (int i = 0; i < 8; ++i) logit += (uniform() - 0.5F) * 5.0F;
  }
  for (int i = 0; i < 30; ++i) row[static_cast<std::size_t>(uniform() * vocabulary)] = 12.0F + uniform() * 8.0F;
  return row;
}

struct Case {
  std::string name;
  Settings settings;
};

std::vector<Case> cases() {
  Settings greedy, whole, top_k, top_p, all, penalties, logprobs;
  greedy.temperature = 0;
  whole.temperature = top_k.temperature = top_p.temperature = all.temperature = 0.8F;
  top_k.top_k = all.top_k = 40;
  top_p.top_p = all.top_p = 0.95F;
  all.min_p = 0.05F;
  penalties = logprobs = all;
  penalties.frequency_penalty = 0.5F, penalties.presence_penalty = 0.5F;
  logprobs.logprobs = true, logprobs.top_logprobs = 20;
  return {{"greedy", greedy}, {"temperature", whole},   {"top_k", top_k},      {"top_p", top_p},
          {"all", all},       {"penalties", penalties}, {"logprobs", logprobs}};
}

double cpu_microseconds() { return static_cast<double>(std::clock()) * 1e6 / CLOCKS_PER_SEC; }

template <class Draw>
double microseconds_a_token(const Draw& draw) {
  const double start = cpu_microseconds();
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t row = 0; row < rows; ++row) draw(row);
  }
  return (cpu_microseconds() - start) / (rounds * rows);
}

struct FreeChain {
  void operator()(llama_sampler* chain) const { llama_sampler_free(chain); }
};
using Chain = std::unique_ptr<llama_sampler, FreeChain>;

Chain chain_of(const Settings& s) {
  Chain chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
  const auto add = [&chain](llama_sampler* one) { llama_sampler_chain_add(chain.get(), one); };
  if (s.frequency_penalty != 0) add(llama_sampler_init_penalties(vocabulary, rows * rounds, 1.0F, s.frequency_penalty, s.presence_penalty));
  if (s.temperature <= 0) {
    add(llama_sampler_init_greedy());
    return chain;
  }
  if (s.top_k > 0) add(llama_sampler_init_top_k(static_cast<std::int32_t>(s.top_k)));
  if (s.top_p < 1) add(llama_sampler_init_top_p(s.top_p, 1));
  if (s.min_p > 0) add(llama_sampler_init_min_p(s.min_p, 1));
  add(llama_sampler_init_temp(s.temperature));
  add(llama_sampler_init_dist(7));
  return chain;
}

// As llama_sampler_sample does it, but for where the row comes from.
llama_token draw_by(llama_sampler* chain, const std::vector<float>& row, std::vector<llama_token_data>& candidates) {
  for (std::size_t i = 0; i < row.size(); ++i) candidates[i] = llama_token_data{static_cast<llama_token>(i), row[i], 0};
  llama_token_data_array array{candidates.data(), candidates.size(), -1, false};
  llama_sampler_apply(chain, &array);
  const llama_token token = array.data[array.selected].id;
  llama_sampler_accept(chain, token);
  return token;
}

class Bench {
 public:
  Bench() : candidates_(vocabulary) {
    for (int i = 0; i < rows; ++i) rows_.push_back(made_up_row(static_cast<std::uint64_t>(i)));
  }

  void introduce() const {
    std::printf("{\"cases\":[");
    for (const Case& one : cases_) std::printf("%s\"%s\"", &one == cases_.data() ? "" : ",", one.name.c_str());
    std::printf("],\"widths\":[");
    for (const ga::RowScan& scan : ga::row_scans()) std::printf("%s\"%s\"", &scan == ga::row_scans().data() ? "" : ",", scan.name);
    std::puts("]}");
    std::fflush(stdout);
  }

  void measure() {
    std::printf("{");
    for (const Case& one : cases_) {
      std::printf("%s\"%s\":{", &one == cases_.data() ? "" : ",", one.name.c_str());
      for (const ga::RowScan& scan : ga::row_scans()) {
        std::printf("%s\"%s\":%.3f", &scan == ga::row_scans().data() ? "" : ",", scan.name, ours(one.settings, scan));
      }
      if (!one.settings.logprobs) std::printf(",\"llama.cpp\":%.3f", theirs(one.settings));  // its chain measures nothing
      std::printf("}");
    }
    std::puts("}");
    std::fflush(stdout);
  }

 private:
  double ours(const Settings& settings, const ga::RowScan& scan) {
    ga::SamplerScratch scratch;
    scratch.scan = &scan;
    ga::Sampler sampler(settings, 7);
    return microseconds_a_token([&](std::size_t row) { sampler.next(rows_[row], scratch); });
  }
  double theirs(const Settings& settings) {
    const Chain chain = chain_of(settings);
    return microseconds_a_token([&](std::size_t row) { draw_by(chain.get(), rows_[row], candidates_); });
  }

  const std::vector<Case> cases_ = cases();
  std::vector<std::vector<float>> rows_;
  std::vector<llama_token_data> candidates_;
};

}  // namespace

int main() {
  Bench bench;
  bench.introduce();
  for (std::string line; std::getline(std::cin, line);) bench.measure();
  return 0;
}
